// @ts-check
// The colour of a number in a square.

/** @import { Bytes } from '../shared/payload.js' */

/**
 * Returns the place of a number in a table of colours; the first one where the range is empty.
 * @param {number} value
 * @param {number} low
 * @param {number} high
 */
export function shade(value, low, high) {
  const scaled = high > low ? Math.round(((value - low) / (high - low)) * 255) : 0;
  return scaled > 0 ? Math.min(255, scaled) : 0;
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
