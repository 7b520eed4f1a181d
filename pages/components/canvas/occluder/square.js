// @ts-check
// The square over a picture, [top, left, side] in pixels of it: kept inside, dragged, sized.
import { clamp } from '../shared/colormap.js';

/** @typedef {[number, number, number]} Square */
/** @typedef {[number, number]} Spot [y, x] in pixels of the picture */
/** @typedef {{ pixels: number, smallest: number, largest: number }} Limits the picture's side, and those of a square */
/** @typedef {{ from: Spot, start: Square, isSizing: boolean }} Drag */

/**
 * Returns the square that is nearest to the one wished for, in whole pixels inside of the picture.
 * @param {Limits} limits
 * @param {Square} square
 * @returns {Square}
 */
export function fitted({ pixels, smallest, largest }, [top, left, side]) {
  const size = clamp(Math.round(side), smallest, largest);
  return [clamp(Math.round(top), 0, pixels - size), clamp(Math.round(left), 0, pixels - size), size];
}

/**
 * Returns the square that a drag to a spot makes of the one at its beginning.
 * @param {Drag} drag
 * @param {Spot} spot
 * @returns {Square}
 */
export function dragged({ from, start, isSizing }, [y, x]) {
  const [top, left, side] = start;
  if (isSizing) return [top, left, side + Math.max(y - from[0], x - from[1])];
  return [top + y - from[0], left + x - from[1], side];
}

/**
 * Returns whether a spot is on the lower right corner of a square, by which it is sized.
 * @param {Square} square
 * @param {Spot} spot
 * @param {number} reach pixels of the picture to each side
 */
export function isOnCorner([top, left, side], [y, x], reach) {
  return Math.abs(y - top - side) < reach && Math.abs(x - left - side) < reach;
}

/**
 * Returns whether a spot is on a square.
 * @param {Square} square
 * @param {Spot} spot
 */
export function isInside([top, left, side], [y, x]) {
  return y >= top && x >= left && y < top + side && x < left + side;
}

/**
 * Returns the square that a key makes of one, or null for a key without a meaning.
 * @param {Square} square
 * @param {string} key
 * @param {number} step pixels of the picture
 * @returns {Square | null}
 */
export function movedByKey([top, left, side], key, step) {
  /** @type {Record<string, Square>} */
  const changed = {
    ArrowUp: [top - step, left, side],
    ArrowDown: [top + step, left, side],
    ArrowLeft: [top, left - step, side],
    ArrowRight: [top, left + step, side],
    '+': [top, left, side + step],
    '-': [top, left, side - step],
  };
  return changed[key] ?? null;
}
