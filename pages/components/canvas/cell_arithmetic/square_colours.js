// @ts-check
// The colour of a number in a square.
import { colourIndex } from '../shared/colormap.js';

/** @import { Bytes } from '../shared/payload.js' */

/**
 * Returns the place of a number in a table of colours; the first one where the range is empty.
 * @param {number} value
 * @param {number} low
 * @param {number} high
 */
export function shade(value, low, high) {
  return colourIndex(value, { low, high, signed: false });
}

/**
 * Returns red, green and blue.
 * @param {Bytes} lut
 * @param {number} value
 * @param {number} low
 * @param {number} high
 */
export function colourOf(lut, value, low, high) {
  const i = 3 * shade(value, low, high);
  return [lut[i], lut[i + 1], lut[i + 2]];
}
