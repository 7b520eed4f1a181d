// @ts-check
// The surface from above: how much ink a band has, and where places lie on the map.
import { clamp } from '../shared/colormap.js';

/** @import { Limits } from './projection.js' */
/** @import { Box, Point } from '../shared/pointer.js' */

/**
 * Returns the ink of a band: the lower, the more ink on paper, in the light theme and in the dark one.
 * @param {number} band
 * @param {number} bands
 */
export function bandInk(band, bands) {
  return 0.04 + 0.4 * (1 - band / (bands - 1)) ** 1.5;
}

/**
 * Returns where a place lies on the map.
 * @param {Limits} limits
 * @param {{ width: number, height: number }} map
 * @param {number} x
 * @param {number} y
 * @returns {[number, number]}
 */
export function toPixels([left, right, low, high], { width, height }, x, y) {
  return [((x - left) / (right - left)) * width, ((high - y) / (high - low)) * height];
}

/**
 * Returns the place under a pointer; the nearest one where that is beside the map.
 * @param {Limits} limits
 * @param {Box} box of the map on the screen
 * @param {Point} point
 * @returns {[number, number]}
 */
export function placeUnder([left, right, low, high], box, point) {
  const across = clamp((point.clientX - box.left) / box.width, 0, 1);
  const down = clamp((point.clientY - box.top) / box.height, 0, 1);
  return [left + across * (right - left), high - down * (high - low)];
}
