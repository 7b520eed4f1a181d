// @ts-check
// What a map says at a place of the picture, between the centres of its cells.
import { colourIndex } from '../shared/colormap.js';

/** @import { Bytes } from '../shared/payload.js' */
/** @typedef {{ h: number, w: number, values: ArrayLike<number> }} Sampled */

/**
 * Returns the value of a map at a place of the picture, bilinear, as networks enlarge.
 * @param {Sampled} map
 * @param {number} y from 0 at the upper edge to 1 at the lower one
 * @param {number} x
 */
export function valueAt({ h, w, values }, y, x) {
  const row = Math.min(h - 1, Math.max(0, y * h - 0.5));
  const column = Math.min(w - 1, Math.max(0, x * w - 0.5));
  const [top, left] = [Math.floor(row), Math.floor(column)];
  const [bottom, right] = [Math.min(h - 1, top + 1), Math.min(w - 1, left + 1)];
  const [down, across] = [row - top, column - left];
  const upper = values[top * w + left] * (1 - across) + values[top * w + right] * across;
  const lower = values[bottom * w + left] * (1 - across) + values[bottom * w + right] * across;
  return upper * (1 - down) + lower * down;
}

/**
 * Writes the colours of a map into pixels of a square, opaque.
 * @param {Uint8ClampedArray} pixels
 * @param {number} size
 * @param {Sampled & { low: number, high: number, signed: boolean }} map
 * @param {Bytes} lut
 */
export function paintInto(pixels, size, map, lut) {
  for (let y = 0, p = 0; y < size; y++) {
    for (let x = 0; x < size; x++, p += 4) {
      const index = 3 * colourIndex(valueAt(map, (y + 0.5) / size, (x + 0.5) / size), map);
      pixels[p] = lut[index];
      pixels[p + 1] = lut[index + 1];
      pixels[p + 2] = lut[index + 2];
      pixels[p + 3] = 255;
    }
  }
}
