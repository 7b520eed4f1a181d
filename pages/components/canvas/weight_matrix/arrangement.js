// @ts-check
// Where the cells of a matrix lie on the screen, and which one is at a point.

/** @typedef {{ wide: number, tall: number }} View px of a cell */

export const LABEL = 34; // px to the left, for the numbers of filters
const CELL = { widest: 22, height: 420, lowest: 2 };

/**
 * Returns square cells where they are large enough; all columns in the width there is, the rows about as high as the screen.
 * @param {number} width
 * @param {{ rows: number, columns: number }} matrix
 * @returns {View}
 */
export function arrange(width, { rows, columns }) {
  const wide = Math.min(CELL.widest, Math.max(1, width - LABEL) / columns);
  const tall = Math.max(CELL.lowest, Math.min(Math.max(wide, 4), CELL.height / rows));
  return { wide, tall };
}

/**
 * Returns the row `k` and the column at a point, in px from the upper left corner; null beside the matrix.
 * @param {View} view
 * @param {{ rows: number, columns: number }} matrix
 * @param {number} x
 * @param {number} y
 */
export function cellAt(view, { rows, columns }, x, y) {
  const k = Math.floor(y / view.tall);
  const column = Math.floor((x - LABEL) / view.wide);
  return k >= 0 && k < rows && column >= 0 && column < columns ? { k, column } : null;
}

/**
 * Returns the rows that bear their number: as many as there is room for, and always the chosen one.
 * @param {View} view
 * @param {number} rows
 * @param {number} chosen −1 for none
 */
export function numberedRows(view, rows, chosen) {
  const every = Math.max(1, Math.ceil(12 / view.tall));
  const isNumbered = (/** @type {number} */ k) => {
    const isNear = chosen >= 0 && Math.abs(k - chosen) < every;
    return k === chosen || (k % every === 0 && !isNear);
  };
  return Array.from({ length: rows }, (_, k) => k).filter(isNumbered);
}
