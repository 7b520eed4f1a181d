// @ts-check
// Where the maps of a page lie on the screen, and which pixel of which one is at a point.

/**
 * @typedef {object} Page how many maps of which size; and px of a cell and of all of them, where not the usual ones
 * @property {number} n
 * @property {number} h
 * @property {number} w
 * @property {number} [smallest]
 * @property {number} [largest]
 * @property {number} [height]
 */
/**
 * @typedef {object} View
 * @property {number} columns
 * @property {number} rows
 * @property {number} cell px, the width of a map
 * @property {number} tall px, its height
 * @property {number} step px from one row to the next
 */
/** @typedef {{ k: number, x: number, y: number }} Spot */

const GAP = 3;
const LABEL = 13; // px under a map for its channel number
const USUAL = { smallest: 44, largest: 116, height: 420 };

/**
 * Returns cells as large as fit the width, the whole about as high as the screen allows, never unreadably small; full rows
 * where they come easily.
 * @param {number} width
 * @param {Page} page
 * @returns {View}
 */
export function arrange(width, page) {
  const { n, h, w, smallest, largest, height } = { ...USUAL, ...page };
  const ideal = Math.ceil(Math.sqrt((n * width * h) / w / height));
  const fewest = Math.ceil(width / (largest + GAP));
  const most = Math.max(1, Math.floor(width / (smallest + GAP)));
  const even = [ideal, ideal - 1, ideal + 1].find((count) => count >= 4 && n % count === 0) ?? ideal;
  const columns = Math.max(1, Math.min(Math.max(even, fewest), most));
  const cell = Math.floor((width + GAP) / columns) - GAP;
  const tall = Math.max(1, Math.round((cell * h) / w));
  return { columns, cell, tall, rows: Math.ceil(n / columns), step: tall + LABEL + GAP };
}

/**
 * Returns the left and the upper edge of a map.
 * @param {View} view
 * @param {number} k
 * @returns {[number, number]}
 */
export function placeOf(view, k) {
  return [(k % view.columns) * (view.cell + GAP), Math.floor(k / view.columns) * view.step];
}

/**
 * Returns the map and its pixel at a point, in px from the upper left corner; null between the maps.
 * @param {View} view
 * @param {Page} page
 * @param {number} x
 * @param {number} y
 * @returns {Spot | null}
 */
export function spotAt(view, { n, h, w }, x, y) {
  const [column, row] = [Math.floor(x / (view.cell + GAP)), Math.floor(y / view.step)];
  const k = row * view.columns + column;
  const [inX, inY] = [x - column * (view.cell + GAP), y - row * view.step];
  if (column < 0 || column >= view.columns || k < 0 || k >= n || inX >= view.cell || inY >= view.tall) return null;
  return { k, x: Math.floor((inX / view.cell) * w), y: Math.floor((inY / view.tall) * h) };
}
