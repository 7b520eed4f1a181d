// @ts-check
// Patches, products and sums under a window: where windows lie, what is in them, and what follows from it at any cell.

/** @import { Arithmetic, Found, Head, Patch, Slide, Term } from './state.js' */
/** @typedef {Pick<Head, 'rows' | 'columns' | 'padding'>} Windows */

/**
 * Returns the places along an axis that the window of a cell reads.
 * @param {Slide} slide
 * @param {number} cell
 */
export function covered(slide, cell) {
  return Array.from({ length: slide.sizes[cell] }, (_, i) => slide.firsts[cell] + slide.dilation * i);
}

/**
 * Returns where a number is read for a place that may lie outside of the map.
 * @param {number} place
 * @param {number} cells
 * @param {string} padding
 */
export function readAt(place, cells, padding) {
  if (padding === 'circular') return ((place % cells) + cells) % cells;
  let inside = place;
  if (padding === 'reflect') {
    inside = Math.abs(inside);
    inside = Math.min(inside, 2 * (cells - 1) - inside);
  }
  return Math.max(0, Math.min(cells - 1, inside));
}

/**
 * Returns the cells of a map that the window of an output cell covers: numbers, and whether each is one of the map's.
 * @param {Windows} head
 * @param {ArrayLike<number>} map
 * @param {[number, number]} shape
 * @param {number} row
 * @param {number} column
 * @returns {Patch}
 */
export function patchOf(head, map, [height, width], row, column) {
  const down = head.rows ? covered(head.rows, row) : [Math.min(row, height - 1)];
  const across = head.columns ? covered(head.columns, column) : [Math.min(column, width - 1)];
  /** @type {Patch} */
  const patch = { rows: down, columns: across, values: [], inside: [] };
  for (const y of down) {
    for (const x of across) {
      const inside = y >= 0 && x >= 0 && y < height && x < width;
      const counts = inside || head.padding !== 'zeros';
      const from = readAt(y, height, head.padding) * width + readAt(x, width, head.padding);
      patch.values.push(counts ? map[from] : 0);
      patch.inside.push(inside);
    }
  }
  return patch;
}

/**
 * Returns a term at a place: its patch and products, where it has a map, and what it contributes.
 * @param {Windows} head
 * @param {Pick<Term, 'value' | 'shape' | 'map' | 'kernel'>} term
 * @param {number} row
 * @param {number} column
 * @param {boolean} exact
 * @returns {Found}
 */
export function termAt(head, { map, shape, kernel, value }, row, column, exact) {
  if (!map || !shape) return { value };
  const patch = patchOf(head, map, shape, row, column);
  if (!kernel) return { patch, value: exact || head.rows ? value : patch.values[0] };
  const products = patch.values.map((number, i) => number * kernel[i]);
  return { patch, products, value: exact ? value : sumOf(products) };
}

/**
 * Returns everything at a place. At the chosen cell all numbers are the server's; elsewhere those of the links are the
 * tensors' own, and the terms that are not shown contribute what is missing.
 * @param {{ head: Head, terms: Term[], maps: ArrayLike<number>[] }} state
 * @param {number} row
 * @param {number} column
 * @returns {Arithmetic}
 */
export function arithmeticAt({ head, terms, maps }, row, column) {
  const exact = row === head.cell[0] && column === head.cell[1];
  const stored = maps.map((map) => map[row * head.out[1] + column]);
  const values = exact ? head.values : stored;
  const found = terms.map((term) => termAt(head, term, row, column, exact));
  const shown = sumOf(found.map(({ value }) => value));
  const rest = exact ? head.rest : values[0] - (head.bias ?? 0) - shown;
  return { row, column, exact, terms: found, rest, values, stored };
}

/** @param {number[]} values */
export function sumOf(values) {
  return values.reduce((sum, value) => sum + value, 0);
}

/**
 * Returns by what the sum of a window is divided for its average.
 * @param {Pick<Head, 'divisor' | 'rows' | 'columns'>} head
 * @param {number} row
 * @param {number} column
 */
export function divisorAt({ divisor, rows, columns }, row, column) {
  return divisor ?? (rows?.counted[row] ?? 1) * (columns?.counted[column] ?? 1);
}

/**
 * Returns the place in a window of its first largest number, as NaN is; −1 where none is the map's.
 * @param {Pick<Patch, 'values' | 'inside'>} patch
 */
export function winnerOf({ values, inside }) {
  const first = values.findIndex((value, i) => inside[i] && Number.isNaN(value));
  if (first >= 0) return first;
  return values.reduce((best, value, i) => (inside[i] && (best < 0 || value > values[best]) ? i : best), -1);
}

/**
 * Returns how many cells windows reach over the borders of a map, [up or down, sideways], so that a drawing leaves room.
 * @param {Pick<Head, 'rows' | 'columns'>} head
 * @returns {[number, number]}
 */
export function overhang({ rows, columns }) {
  return rows && columns ? [reachOver(rows), reachOver(columns)] : [0, 0];
}

/** @param {Slide} slide */
function reachOver({ firsts, sizes, dilation, cells }) {
  return Math.max(0, ...firsts.map((first, i) => Math.max(-first, first + dilation * (sizes[i] - 1) - cells + 1)));
}

/**
 * Returns the largest magnitude of all products at a place.
 * @param {{ terms: Found[] }} at
 */
export function largestProduct({ terms }) {
  return terms.reduce((largest, { products = [] }) => Math.max(largest, ...products.map(Math.abs)), 0);
}
