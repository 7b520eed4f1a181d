// @ts-check
// What is drawn for the cell that the window is at: the maps, the selected term enlarged, a line for each term.
import { style } from '../shared/drawing.js';
import { find, say } from '../shared/elements.js';
import { digits, fill } from '../shared/numbers.js';
import { exponentText, powerFor, precise } from './number_format.js';
import { fillRows } from './rows.js';
import { drawMini, drawSquares, drawWindow, isLegible } from './squares.js';
import { fillSteps } from './steps.js';
import { arithmeticAt, largestProduct, winnerOf } from './window_arithmetic.js';

/** @import { Bytes } from '../shared/payload.js' */
/** @import { Box, Squares } from './squares.js' */
/** @import { Arithmetic, Found, Patch, State } from './state.js' */

const SINGLE = 64; // px, of a map of one cell
const THUMB = 44; // px

/**
 * Draws everything for the cell that the window is at.
 * @param {State} state
 * @param {number} row
 * @param {number} column
 */
export function show(state, row, column) {
  const { root, head, terms } = state;
  state.at = [row, column];
  const at = (state.now = arithmeticAt(state, row, column));
  const accent = style(find(root, '.board', HTMLElement), '--st-primary-color');
  const side = state.output.width * state.output.height > 1 ? state.side : SINGLE;
  const result = find(root, 'canvas.result', HTMLCanvasElement);
  drawWindow(result, state.output, side, [0, 0], [row, column, row + 1, column + 1], accent);
  drawInput(state, at, accent);
  drawSelectedTerm(state, at);
  const limit = largestProduct(at);
  terms.forEach((_, i) => drawThumb(state, at.terms[i], i, limit, accent));
  fillRows(state, at);
  fillSteps(state, at);
  find(root, '.agreement', HTMLElement).style.visibility = at.exact ? 'visible' : 'hidden';
  say(root, 'output', fill(head.words.cell, { row, column, value: precise(at.stored[head.chosen]) }));
}

/**
 * @param {Patch | undefined} patch
 * @returns {Box | undefined}
 */
function boxOf(patch) {
  if (!patch) return undefined;
  const { rows, columns } = patch;
  return [rows[0], columns[0], rows[rows.length - 1] + 1, columns[columns.length - 1] + 1];
}

/**
 * @param {State} state
 * @param {Arithmetic} at
 * @param {string} accent
 */
function drawInput(state, at, accent) {
  const term = state.terms[state.selected];
  if (!term?.painted) return;
  say(state.root, '.input .title', term.title);
  const canvas = find(state.root, 'canvas.source', HTMLCanvasElement);
  canvas.setAttribute('aria-label', term.alternative);
  drawWindow(canvas, term.painted, state.side, state.margin, boxOf(at.terms[state.selected].patch), accent);
}

/**
 * @param {State} state
 * @param {Found} found
 * @param {number} i
 * @param {number} limit
 * @param {string} accent
 */
function drawThumb(state, { patch, products }, i, limit, accent) {
  const { map, painted } = state.terms[i];
  const row = state.rows.terms[i];
  const [thumb, mini] = [find(row, '.thumb', HTMLCanvasElement), find(row, '.mini', HTMLCanvasElement)];
  thumb.hidden = !painted || !map || map.length < 2;
  if (painted && !thumb.hidden) drawWindow(thumb, painted, THUMB, state.margin, boxOf(patch), accent);
  mini.hidden = !products;
  if (patch && products) drawMini(mini, squaresOf(state, patch, products, -limit, limit, state.diverging), THUMB);
}

/**
 * @param {State} state
 * @param {Patch} patch
 * @param {number[]} values
 * @param {number} low
 * @param {number} high
 * @param {Bytes} lut
 */
function squaresOf(state, patch, values, low, high, lut) {
  const inside = state.head.padding === 'zeros' ? patch.inside : null;
  const power = powerFor(Math.max(high, -low));
  return { values, columns: patch.columns.length, low, high, lut, inside, marked: -1, power };
}

/**
 * Draws the selected term enlarged: the numbers under the window, the weights, their products.
 * @param {State} state
 * @param {Arithmetic} at
 */
function drawSelectedTerm(state, at) {
  const { root, head, diverging } = state;
  const hero = find(root, '.hero', HTMLElement);
  const found = at.terms[state.selected];
  if (hero.hidden || !found.patch) return;
  const { patch, products } = found;
  const [rows, columns] = [patch.rows.length, patch.columns.length];
  const room = (hero.clientWidth - (head.kind === 'sum' ? 76 : 0)) / (head.kind === 'sum' ? 3 : 1);
  const unit = Math.max(2, Math.min(64, room / columns, 190 / rows));
  const lut = head.signed ? diverging : state.sequential;
  const marked = head.kind === 'maximum' ? winnerOf(patch) : -1;
  const squares = squaresOf(state, patch, patch.values, head.low, head.high, lut);
  drawPart(root, '.patch', { ...squares, marked, unit }, head.words.patch);
  const { kernel } = state.terms[state.selected];
  if (head.kind !== 'sum' || !kernel || !products) return;
  const weights = squaresOf(state, patch, [...kernel], -head.limit, head.limit, diverging);
  drawPart(root, '.kernel', { ...weights, inside: null, unit }, head.words.kernel);
  const limit = largestProduct(at);
  drawPart(
    root,
    '.products',
    { ...squaresOf(state, patch, products, -limit, limit, diverging), unit },
    head.words.products,
  );
  say(root, '.products .range', `±${digits(limit)}`);
}

/**
 * @param {ShadowRoot} root
 * @param {string} place
 * @param {Squares} squares
 * @param {string} title
 */
function drawPart(root, place, squares, title) {
  say(root, `${place} .title`, title + (isLegible(squares.unit) ? exponentText(squares.power) : ''));
  const canvas = find(root, `${place} canvas`, HTMLCanvasElement);
  canvas.setAttribute('aria-label', title);
  drawSquares(canvas, squares);
}
