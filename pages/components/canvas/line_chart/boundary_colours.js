// @ts-check
// The colours of a decision boundary: which one a share of the second class has, and where an example lies.

/** @typedef {[number, number, number, number]} Limits left, right, low and high */

/**
 * Returns red, green, blue and opacity: from orange for the first class over the paper to blue for the second.
 * @param {number} byte the share of the second class, from 0 to 255
 * @returns {[number, number, number, number]}
 */
export function planeColour(byte) {
  const share = byte / 255;
  const opacity = 255 * (Math.abs(share - 0.5) * 1.5) * 0.75;
  return share > 0.5 ? [0, 114, 178, opacity] : [213, 94, 0, opacity];
}

/**
 * Returns where a point of the plane lies on a canvas.
 * @param {Limits} limits
 * @param {{ width: number, height: number }} canvas
 * @param {number} x
 * @param {number} y
 * @returns {[number, number]}
 */
export function planePlace([left, right, low, high], { width, height }, x, y) {
  return [((x - left) / (right - left)) * width, ((high - y) / (high - low)) * height];
}
