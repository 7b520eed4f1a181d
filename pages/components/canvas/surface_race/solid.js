// @ts-check
// The solid surface and the paths on it. It is painted once for each orientation, pixel by pixel, each with a depth;
// from the depths it is known which part of a path lies behind a hill.
import { clamp } from '../shared/colormap.js';
import { blank, contextOf } from '../shared/drawing.js';
import { writeBlockAxes } from './solid_axes.js';
import { CORNER, cornersOf, inksOf, trianglesOf } from './solid_mesh.js';
import { drawMarks } from './marks.js';
import { drape, groundAt, LIFT, projection, toUnit } from './projection.js';
import { paintTriangle } from './rasterizer.js';

/** @import { Context } from '../shared/drawing.js' */
/** @import { Ground, Path3d, Project, Seen } from './projection.js' */
/** @import { Raster } from './rasterizer.js' */
/** @import { Placed, State } from './state.js' */
/** @typedef {Raster & { zoom: number, canvas: HTMLCanvasElement }} Block */

const SLACK = 0.03; // by which a place may lie deeper than what is painted there and still count as seen
const BEHIND = 0.3; // opacity of lines behind a hill
const FINE = 2; // pixels painted for one of the screen, but while it turns

/** @param {State} state */
export function drawBlock(state) {
  const { context, width, height } = state.map;
  const project = projection(state.view, width, height);
  const ground = { side: state.head.side, heights: state.heights };
  state.draped ??= state.paths.map((path) => drape(state.head.box, ground, path));
  if (!state.block) {
    const block = (state.block = paintBlock(state, ground, project, state.turning ? 1 : FINE));
    state.placed = state.draped.map((path) => placePath(block, path, project));
    state.spot = spotter(block, state.head.box, ground, project);
  }
  context.clearRect(0, 0, width, height);
  context.drawImage(state.block.canvas, 0, 0, width, height);
  drawMarks(state, state.spot, (k, end, alpha) => strokePlaced(context, state.placed[k], end, alpha));
}

/**
 * Returns the block as it is seen now, painted; `zoom` is how many times finer than the screen.
 * @param {State} state
 * @param {Ground} ground
 * @param {Project} project
 * @param {number} zoom
 * @returns {Block}
 */
function paintBlock(state, ground, project, zoom) {
  const { width, height, canvas } = state.map;
  const image = new ImageData(Math.round(width * zoom), Math.round(height * zoom));
  const raster = rasterFor(state, image);
  const corners = cornersOf(ground, state.view, project, zoom);
  const triangles = trianglesOf(ground.side);
  for (let t = 0; t < triangles.length; t += 3) {
    paintTriangle(raster, corners, CORNER * triangles[t], CORNER * triangles[t + 1], CORNER * triangles[t + 2]);
  }
  const fine = blank(image.width, image.height);
  contextOf(fine).putImageData(image, 0, 0);
  const shown = blank(canvas.width, canvas.height);
  const context = contextOf(shown);
  context.imageSmoothingQuality = 'high';
  context.drawImage(fine, 0, 0, shown.width, shown.height);
  context.setTransform(canvas.width / width, 0, 0, canvas.height / height, 0, 0);
  writeBlockAxes(state, context, project);
  return { ...raster, zoom, canvas: shown };
}

/**
 * @param {State} state
 * @param {ImageData} image
 * @returns {Raster}
 */
function rasterFor(state, { width, height, data }) {
  const [text, back] = (state.tones ??= [channelsOf(state.look.text), channelsOf(state.look.back)]);
  const depths = new Float32Array(width * height).fill(-Infinity);
  return { width, height, pixels: data, inks: inksOf(state.head), text, back, isDark: text[1] > back[1], depths };
}

/** @param {string} colour */
function channelsOf(colour) {
  const context = contextOf(document.createElement('canvas'));
  context.fillStyle = colour;
  context.fillRect(0, 0, 1, 1);
  return context.getImageData(0, 0, 1, 1).data;
}

/**
 * Returns whether a place is in sight, or behind what is painted there.
 * @param {Block} block
 * @param {Seen} place
 */
function isSeen({ depths, width, zoom }, [x, y, depth]) {
  return !(depths[Math.floor(y * zoom) * width + Math.floor(x * zoom)] > depth + SLACK);
}

/**
 * Puts a path onto the screen as it is seen now: pixels, and whether each place is in sight.
 * @param {Block} block
 * @param {Path3d} path
 * @param {Project} project
 * @returns {Placed}
 */
function placePath(block, { places, counts }, project) {
  const count = places.length / 3;
  const [screen, seen] = [new Float32Array(2 * count), new Uint8Array(count)];
  for (let i = 0; i < count; i++) {
    const place = project(places[3 * i], places[3 * i + 1], places[3 * i + 2]);
    [screen[2 * i], screen[2 * i + 1]] = place;
    seen[i] = Number(isSeen(block, place));
  }
  return { screen, seen, counts };
}

/**
 * Returns what tells of a place of the surface where it is on the canvas.
 * @param {Block} block
 * @param {State['head']['box']} box
 * @param {Ground} ground
 * @param {Project} project
 * @returns {State['spot']}
 */
function spotter(block, box, ground, project) {
  return (x, y) => {
    const asked = toUnit(box, x, y);
    const [u, v] = asked.map((value) => clamp(value, -0.5, 0.5));
    const place = project(u, v, (groundAt(ground, u, v) || 0) + LIFT);
    const isOutside = asked.some((value) => Math.abs(value) > 0.5);
    return { at: [place[0], place[1]], seen: isSeen(block, place), isOutside };
  };
}

/**
 * @param {Context} context
 * @param {Placed} placed
 * @param {number} end
 * @param {number} alpha
 */
function strokePlaced(context, { screen, seen, counts }, end, alpha) {
  for (const pass of [0, 1]) {
    context.beginPath();
    let isDown = false;
    for (let i = 0; i < counts[end]; i++) {
      const isHere = !Number.isNaN(screen[2 * i]);
      if (isHere && isDown && seen[i] === pass) context.lineTo(screen[2 * i], screen[2 * i + 1]);
      else if (isHere) context.moveTo(screen[2 * i], screen[2 * i + 1]);
      isDown = isHere;
    }
    context.globalAlpha = alpha * (pass ? 1 : BEHIND);
    context.stroke();
  }
}
