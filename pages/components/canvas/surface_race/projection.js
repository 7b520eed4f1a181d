// @ts-check
// The surface of a race as a solid block, seen from a side and from above, in parallel projection.
//
// Places are (u, v, w): u and v from −½ to ½ across the box, w from 0 for the lowest minimum to TALL for the highest
// place, on a logarithmic scale.
import { clamp } from '../shared/colormap.js';

/** @typedef {{ azimuth: number, elevation: number }} View radians */
/** @typedef {[number, number, number]} Seen pixels, and how near it is to who looks */
/** @typedef {(u: number, v: number, w: number) => Seen} Project */
/** @typedef {{ places: Float32Array, counts: Uint32Array }} Path3d places, and how many there are up to each step */
/** @typedef {{ side: number, heights: ArrayLike<number> }} Ground heights from 0 to 1 on a square grid */
/** @typedef {[number, number, number, number]} Limits left, right, low and high */

export const TALL = 0.42; // of the sides of the block, which are 1
export const FOOT = 0.07; // how far the block reaches below its lowest place
export const LIFT = 0.012; // of the paths above the ground
const ROOM = { left: 46, right: 22, top: 14, bottom: 26 }; // px around the block, for what is written there

/**
 * Returns what maps a place to the screen.
 * @param {View} view
 * @param {number} width
 * @param {number} height
 * @returns {Project}
 */
export function projection(view, width, height) {
  const [ca, sa] = [Math.cos(view.azimuth), Math.sin(view.azimuth)];
  const [ce, se] = [Math.cos(view.elevation), Math.sin(view.elevation)];
  const across = (width - ROOM.left - ROOM.right) / Math.SQRT2;
  const scale = Math.min(across, (height - ROOM.top - ROOM.bottom) / (Math.SQRT2 * se + (TALL + FOOT) * ce));
  const middle = (ROOM.left + width - ROOM.right) / 2;
  const ground = (ROOM.top + height - ROOM.bottom) / 2 + (scale * ce * (TALL - FOOT)) / 2;
  return (u, v, w) => {
    const [right, away] = [u * ca - v * sa, u * sa + v * ca];
    return [middle + scale * right, ground - scale * (away * se + w * ce), w * se - away * ce];
  };
}

/**
 * Returns where f stands on the scale of the heights, from 0 to 1.
 * @param {{ lowest: number, unit: number, high: number }} scale
 * @param {number} value
 */
export function heightShare({ lowest, unit, high }, value) {
  return Math.min(1, Math.log1p(Math.max(0, value - lowest) / unit) / Math.log1p(high / unit));
}

/**
 * Returns the height of the ground at a place, bilinear between those of the grid.
 * @param {Ground} ground
 * @param {number} u
 * @param {number} v
 */
export function groundAt({ side, heights: h }, u, v) {
  const [column, row] = [clamp((u + 0.5) * (side - 1), 0, side - 1), clamp((v + 0.5) * (side - 1), 0, side - 1)];
  const [i, j] = [Math.min(side - 2, Math.floor(column)), Math.min(side - 2, Math.floor(row))];
  const [a, b, at] = [column - i, row - j, j * side + i];
  return TALL * ((1 - b) * ((1 - a) * h[at] + a * h[at + 1]) + b * ((1 - a) * h[at + side] + a * h[at + side + 1]));
}

/**
 * Returns u and v of a place of the surface.
 * @param {Limits} box
 * @param {number} x
 * @param {number} y
 * @returns {[number, number]}
 */
export function toUnit([left, right, low, high], x, y) {
  return [(x - left) / (right - left) - 0.5, (y - low) / (high - low) - 0.5];
}

/**
 * Returns the part of the way from a to b that lies in the box, as two shares of it; none where it passes by.
 * @param {[number, number]} a
 * @param {[number, number]} b
 * @returns {[number, number] | null}
 */
export function insidePart(a, b) {
  let [from, to] = [0, 1];
  for (const axis of [0, 1]) {
    const step = b[axis] - a[axis];
    const [low, high] = [(-0.5 - a[axis]) / step, (0.5 - a[axis]) / step].sort((one, other) => one - other);
    if (step === 0 && Math.abs(a[axis]) > 0.5) return null;
    if (step !== 0) [from, to] = [Math.max(from, low), Math.min(to, high)];
  }
  return from <= to ? [from, to] : null;
}

/**
 * Lays a path on the ground, with NaN where it is out of the box.
 * @param {Limits} box
 * @param {Ground} ground
 * @param {ArrayLike<number>} path x, y and f of each step
 * @returns {Path3d}
 */
export function drape(box, ground, path) {
  /** @type {number[]} */
  const places = [];
  const counts = new Uint32Array(path.length / 3);
  let isBroken = true;
  /** @type {[number, number] | null} */
  let before = null;
  for (let i = 0; i < counts.length; i++) {
    const here = toUnit(box, path[3 * i], path[3 * i + 1]);
    isBroken = drapeStep(places, ground, before ?? here, here, isBroken);
    counts[i] = places.length / 3;
    before = here;
  }
  return { places: new Float32Array(places), counts };
}

/**
 * Adds the places of one step; returns whether it leaves the box.
 * @param {number[]} places
 * @param {Ground} ground
 * @param {[number, number]} start
 * @param {[number, number]} end
 * @param {boolean} isBroken the path was outside before
 */
function drapeStep(places, ground, start, end, isBroken) {
  const part = insidePart(start, end);
  if (!part) return true;
  const put = (/** @type {number} */ at) => {
    const [u, v] = [0, 1].map((axis) => start[axis] + at * (end[axis] - start[axis]));
    places.push(u, v, groundAt(ground, u, v) + LIFT);
  };
  const [from, to] = part;
  if (isBroken || from > 0) {
    places.push(NaN, NaN, NaN);
    put(from);
  }
  const pieces = Math.ceil(Math.hypot(end[0] - start[0], end[1] - start[1]) * (to - from) * (ground.side - 1) * 0.5);
  for (let k = 1; k <= pieces; k++) put(from + ((to - from) * k) / pieces);
  return to < 1;
}
