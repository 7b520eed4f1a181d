// @ts-check
// The three views: the map with its chosen cell, the picture with what that cell sees, and that part alone.
import { heatLevel, largest } from '../shared/colormap.js';
import { paintPixels, pixelRatio, prepareSquare, style } from '../shared/drawing.js';
import { boxesOf, placeOfMap } from './boxes.js';
import { arrows, CASING, cross, frame, hatchAll, INK, ORANGE, outline } from './marks.js';

/** @import { Bytes, Floats } from '../shared/payload.js' */
/** @import { Cell } from './boxes.js' */
/** @import { Pens } from './marks.js' */
/** @import { Head, State } from './state.js' */

const SMALLEST_MARK = 9; // px of the frame around a cell of a fine map

/**
 * Returns the gradient's square root in colours, the less of it the more transparent; as `heat` in core does it.
 * @param {number} side
 * @param {Bytes} lut
 * @param {Floats} values
 */
export function paintHeat(side, lut, values) {
  const top = largest(values);
  return paintPixels(side, side, (i) => {
    const level = top > 0 ? heatLevel(values[i], top) : 0;
    return top > 0 ? [lut[3 * level], lut[3 * level + 1], lut[3 * level + 2], level] : [0, 0, 0, 0];
  });
}

/** @param {State} state */
export function draw(state) {
  drawCells(state);
  drawPicture(state);
  drawPart(state);
}

/** @param {State} state */
function drawCells({ canvases, head, map, chosen, hovered }) {
  const made = prepareSquare(canvases.cells);
  if (!made) return;
  const { context, side } = made;
  const { scale, left, top } = placeOfMap(head, side);
  context.imageSmoothingEnabled = false;
  context.drawImage(map, left, top, head.w * scale, head.h * scale);
  const ratio = pixelRatio();
  const size = Math.max(scale, SMALLEST_MARK * ratio);
  const mark = (/** @type {Cell} */ { row, column }, /** @type {string} */ colour, /** @type {number} */ thickness) => {
    const [x, y] = [left + (column + 0.5) * scale - size / 2, top + (row + 0.5) * scale - size / 2];
    frame(context, [x, y, size, size], colour, thickness * ratio);
  };
  mark(chosen, ORANGE, 2);
  if (hovered) mark(hovered, INK, 1);
}

/** @param {State} state */
export function drawPicture(state) {
  const { head, canvases, picture, grey, heat, chosen, hovered, opacity = 0 } = state;
  const made = prepareSquare(canvases.picture);
  if (!made) return;
  const { context, side } = made;
  const scale = side / (head.pixels + 2 * head.margin);
  const at = head.margin * scale;
  const size = head.pixels * scale;
  hatchAll(context, side, style(canvases.picture, '--st-border-color'));
  context.imageSmoothingEnabled = !head.exact;
  if (picture) context.drawImage(picture, at, at, size, size);
  if (grey && heat && !state.waiting) {
    context.globalAlpha = opacity / 100;
    context.drawImage(grey, at, at, size, size);
    context.imageSmoothingEnabled = false;
    context.drawImage(heat, at, at, size, size);
    context.globalAlpha = 1;
  }
  const pens = { context, scale, margin: head.margin, ratio: pixelRatio(), side };
  if (heat && head.share && !state.waiting && opacity) {
    const [top, bottom, left, right] = head.share;
    outline(pens, [top, left, bottom + 1, right + 1], { thickness: 1, colour: CASING, casing: INK });
  }
  drawField(pens, head, hovered || chosen);
}

/**
 * @param {Pens} pens
 * @param {Head} head
 * @param {Cell} cell
 */
function drawField(pens, head, cell) {
  if (!head.field) return;
  const { full, inside } = boxesOf(head.field, cell);
  const local = head.local && boxesOf(head.local, cell).full;
  if (local) outline(pens, local, { thickness: 2.5, colour: ORANGE, dashes: [2.5, 4] });
  if (full && String(full) !== String(inside)) outline(pens, full, { thickness: 2, colour: ORANGE, dashes: [7, 5] });
  if (inside) outline(pens, inside, { thickness: 2, colour: ORANGE, casing: CASING });
  const middle = head.local ? local : full;
  if (!middle) return;
  arrows(pens, middle);
  cross(pens, middle);
}

/**
 * Draws the pixels inside of the field, as large as they fit.
 * @param {State} state
 */
function drawPart({ head, canvases, picture, chosen, hovered }) {
  const made = prepareSquare(canvases.part);
  if (!made) return;
  const { context, side } = made;
  const inside = head.field ? boxesOf(head.field, hovered || chosen).inside : null;
  canvases.part.setAttribute('aria-label', head.words.part);
  if (!picture || !inside) return;
  const [top, left, bottom, right] = inside;
  const scale = side / Math.max(bottom - top, right - left);
  const [width, height] = [(right - left) * scale, (bottom - top) * scale];
  const [x, y, w, h] = [left, top, right - left, bottom - top].map((edge) => (edge * picture.width) / head.pixels);
  context.imageSmoothingEnabled = !head.exact && scale < 4;
  context.drawImage(picture, x, y, w, h, (side - width) / 2, (side - height) / 2, width, height);
}
