// @ts-check
// The triangles of the solid surface and their shading: ink by height, light by slope.
import { bandInk } from './flat_places.js';
import { FOOT, heightShare, TALL } from './projection.js';

/** @import { Ground, Project, View } from './projection.js' */

/** Numbers of a corner: x, y, depth, share of the height (−1 on a wall), light. */
export const CORNER = 5;
export const LEVELS = 1023;
const WALL_INK = 0.1;

/**
 * Returns ink by level of height, in the bands of the map: the lower, the more. The first is that of the walls.
 * @param {{ edges: number[], bands: number, lowest: number, unit: number, high: number }} head
 */
export function inksOf(head) {
  const found = new Float32Array(LEVELS + 2).fill(WALL_INK);
  const { edges, bands } = head;
  const shares = edges.map((edge) => heightShare(head, edge));
  for (let level = 0, band = 0; level <= LEVELS; level++) {
    while (band < bands - 1 && level / LEVELS >= shares[band + 1]) band++;
    found[level + 1] = bandInk(band, bands);
  }
  return found;
}

/**
 * Returns how light a place of the ground is, from 0 on.
 * @param {Ground} ground
 * @param {number} azimuth
 * @param {number} i column
 * @param {number} j row
 */
export function lightAt({ side, heights: h }, azimuth, i, j) {
  const [left, right] = [Math.max(0, i - 1), Math.min(side - 1, i + 1)];
  const [low, high] = [Math.max(0, j - 1), Math.min(side - 1, j + 1)];
  const du = ((h[j * side + right] - h[j * side + left]) * TALL * (side - 1)) / (right - left);
  const dv = ((h[high * side + i] - h[low * side + i]) * TALL * (side - 1)) / (high - low);
  // The lamp stands to the left of who looks, so that no orientation lies in the dark.
  const angle = 2.2 - azimuth;
  const light = (-du * Math.cos(angle) - dv * Math.sin(angle)) * 0.55 + 0.83;
  return Number.isNaN(light) ? 0.8 : Math.max(0, light) / Math.hypot(du, dv, 1); // beside a hole there is no slope
}

/**
 * Returns the corners of all triangles: those of the ground row by row, then those of four walls, above and below in turn.
 * @param {Ground} ground
 * @param {View} view
 * @param {Project} project
 * @param {number} zoom
 */
export function cornersOf(ground, view, project, zoom) {
  const { side, heights } = ground;
  const found = new Float32Array(CORNER * (side * side + 8 * side));
  let at = 0;
  /** @type {(i: number, j: number, w: number, level: number, light: number) => void} */
  const put = (i, j, w, level, light) => {
    const [x, y, depth] = project(i / (side - 1) - 0.5, j / (side - 1) - 0.5, w);
    found.set([x * zoom, y * zoom, depth, level, light], at);
    at += CORNER;
  };
  for (let j = 0; j < side; j++) {
    for (let i = 0; i < side; i++) {
      const height = heights[j * side + i];
      put(i, j, height * TALL, height, lightAt(ground, view.azimuth, i, j));
    }
  }
  for (const { places, light } of wallsOf(side, view.azimuth)) {
    for (const [i, j] of places) {
      put(i, j, heights[j * side + i] * TALL, -1, light);
      put(i, j, -FOOT, -1, light);
    }
  }
  return found;
}

/**
 * Returns of each wall the places along it, and how light it is.
 * @param {number} side
 * @param {number} azimuth
 */
function wallsOf(side, azimuth) {
  const last = side - 1;
  /** @type {{ facing: [number, number], place: (k: number) => [number, number] }[]} */
  const walls = [
    { facing: [0, -1], place: (k) => [k, 0] },
    { facing: [0, 1], place: (k) => [k, last] },
    { facing: [-1, 0], place: (k) => [0, k] },
    { facing: [1, 0], place: (k) => [last, k] },
  ];
  return walls.map(({ facing: [u, v], place }) => ({
    places: Array.from({ length: side }, (_, k) => place(k)),
    light: 0.62 + 0.3 * (u * Math.cos(2.6 - azimuth) + v * Math.sin(2.6 - azimuth)),
  }));
}

/**
 * Returns the corners of all triangles, three places in the list of corners each: two for each square.
 * @param {number} side
 */
export function trianglesOf(side) {
  /** @type {number[]} */
  const found = [];
  const square = (
    /** @type {number} */ a,
    /** @type {number} */ b,
    /** @type {number} */ d,
    /** @type {number} */ e,
  ) => {
    found.push(a, b, d, b, e, d);
  };
  for (let j = 0; j < side - 1; j++) {
    for (let i = 0; i < side - 1; i++) {
      square(j * side + i, j * side + i + 1, (j + 1) * side + i, (j + 1) * side + i + 1);
    }
  }
  for (let wall = 0; wall < 4; wall++) {
    const first = side * side + wall * 2 * side;
    for (let k = 0; k < side - 1; k++) square(first + 2 * k, first + 2 * k + 1, first + 2 * k + 2, first + 2 * k + 3);
  }
  return found;
}
