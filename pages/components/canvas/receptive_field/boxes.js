// @ts-check
// Which pixels a cell sees, and where cells and pixels lie on square canvases.

/** @typedef {{ row: number, column: number }} Cell */
/** @typedef {[number, number, number, number]} Box [top, left, bottom, right], the ends behind the last */
/**
 * @typedef {object} Axis the fields of all cells along the height, or along the width
 * @property {number | null} size pixels; null for a field without bounds
 * @property {number} stride
 * @property {number} padding
 * @property {boolean} whole each cell sees all of the picture
 * @property {number[]} firsts the first pixel of the picture that each cell sees
 * @property {number[]} lasts and the last
 */
/** @typedef {[Axis, Axis]} Field */
/** @typedef {{ w: number, h: number }} Sized */

/**
 * Returns the boxes of a cell in pixels of the picture: the `full` one, and what lies `inside` of it; null for none.
 * @param {Field} field
 * @param {Cell} cell
 */
export function boxesOf([height, width], { row, column }) {
  return {
    full: join(fullSpan(height, row), fullSpan(width, column)),
    inside: join(insideSpan(height, row), insideSpan(width, column)),
  };
}

/**
 * @param {Axis} axis
 * @param {number} cell
 * @returns {[number, number] | null}
 */
function fullSpan({ size, stride, padding }, cell) {
  if (size === null) return null;
  const from = cell * stride - padding;
  return [from, from + size];
}

/**
 * @param {Axis} axis
 * @param {number} cell
 * @returns {[number, number] | null}
 */
function insideSpan({ firsts, lasts }, cell) {
  return firsts[cell] <= lasts[cell] ? [firsts[cell], lasts[cell] + 1] : null;
}

/**
 * @param {[number, number] | null} rows
 * @param {[number, number] | null} columns
 * @returns {Box | null}
 */
function join(rows, columns) {
  return rows && columns ? [rows[0], columns[0], rows[1], columns[1]] : null;
}

/**
 * Returns where in a square canvas a map lies, which need not be square.
 * @param {Sized} map
 * @param {number} side of the canvas
 */
export function placeOfMap({ w, h }, side) {
  const scale = side / Math.max(w, h);
  return { scale, left: (side - w * scale) / 2, top: (side - h * scale) / 2 };
}

/**
 * Returns the cell of a map at a point of a square canvas; null beside the map.
 * @param {Sized} map
 * @param {number} side of the canvas
 * @param {number} x from its left edge on
 * @param {number} y
 * @returns {Cell | null}
 */
export function cellAt(map, side, x, y) {
  const { scale, left, top } = placeOfMap(map, side);
  const column = Math.floor((x - left) / scale);
  const row = Math.floor((y - top) / scale);
  return row >= 0 && column >= 0 && row < map.h && column < map.w ? { row, column } : null;
}

/**
 * Returns the pixel of a picture at a point of a canvas that shows it with a margin; null on the margin.
 * @param {{ pixels: number, margin: number }} picture
 * @param {number} side of the canvas
 * @param {number} x from its left edge on
 * @param {number} y
 * @returns {Cell | null}
 */
export function pixelAt({ pixels, margin }, side, x, y) {
  const scale = (pixels + 2 * margin) / side;
  const [column, row] = [Math.floor(x * scale - margin), Math.floor(y * scale - margin)];
  return Math.min(row, column) < 0 || Math.max(row, column) >= pixels ? null : { row, column };
}
