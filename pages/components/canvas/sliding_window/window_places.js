// @ts-check
// Where a window lies on a padded input, and which of the cells under it it reads.

/** @typedef {{ side: number, kernel: number, stride: number, padding: number, dilation: number, places: number }} Numbers */

/**
 * Returns whether a cell of the padded input belongs to the padding.
 * @param {Numbers} numbers
 * @param {number} row from the padding's edge on
 * @param {number} column
 */
export function isPadding({ side, padding }, row, column) {
  const isInside = (/** @type {number} */ place) => place >= padding && place < side + padding;
  return !isInside(row) || !isInside(column);
}

/**
 * Returns what a window does with a cell of the padded input: it reads it ("tap"), spans it ("under"), or neither ("").
 * @param {Numbers} numbers
 * @param {[number, number]} output row and column of the cell of the output whose window it is
 * @param {number} row of the padded input
 * @param {number} column
 */
export function roleOf({ kernel, stride, dilation }, output, row, column) {
  const reach = (kernel - 1) * dilation + 1;
  const [y, x] = [row - output[0] * stride, column - output[1] * stride];
  if (y < 0 || x < 0 || y >= reach || x >= reach) return '';
  return y % dilation === 0 && x % dilation === 0 ? 'tap' : 'under';
}
