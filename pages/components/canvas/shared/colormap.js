// @ts-check
// From values to colours: which of the 256 colours of a table a value gets.

/** @import { Bytes } from './payload.js' */

/**
 * Returns a number, or the end of the range that it lies beyond.
 * @param {number} value
 * @param {number} low
 * @param {number} high
 */
export function clamp(value, low, high) {
  return Math.min(high, Math.max(low, value));
}

/**
 * Returns the place of a value in a table of colours, from 0 for `low` to 255 for `high`. Where both are the same it is
 * in the middle of a table for signed values, else at the start; there too for NaN.
 * @param {number} value
 * @param {{ low: number, high: number, signed: boolean }} range
 */
export function colourIndex(value, { low, high, signed }) {
  const span = high - low;
  const scaled = span > 0 ? ((value - low) / span) * 255 : signed ? 127.5 : 0;
  return Math.max(0, Math.min(255, Math.round(scaled) || 0));
}

/**
 * Returns the place of a weight in a table for signed values whose ends are −`reach` and `reach`; 0 for NaN.
 * @param {number} weight
 * @param {number} reach
 */
export function signedIndex(weight, reach) {
  const scaled = reach > 0 ? Math.round((weight / reach + 1) * 127.5) : 128;
  return Math.max(0, Math.min(255, scaled || 0));
}

/**
 * Returns the level, from 0 to 255, of a gradient of which `top` is the largest: its square root.
 * @param {number} value
 * @param {number} top
 */
export function heatLevel(value, top) {
  return Number.isFinite(value) ? Math.round(Math.sqrt(value / top) * 255) : 0;
}

/**
 * Returns the largest of the values that are finite; 0 where none is larger.
 * @param {Iterable<number>} values
 */
export function largest(values) {
  let top = 0;
  for (const value of values) if (value > top && Number.isFinite(value)) top = value;
  return top;
}

/**
 * Returns each colour of a table as one pixel of 32 bits, opaque.
 * @param {Bytes} lut
 */
export function packedColours(lut) {
  const colours = new Uint32Array(256);
  for (let i = 0; i < 256; i++) colours[i] = 0xff000000 | (lut[3 * i + 2] << 16) | (lut[3 * i + 1] << 8) | lut[3 * i];
  return colours;
}
