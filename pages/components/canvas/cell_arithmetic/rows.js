// @ts-check
// The rows under each other that add up, with bars that go on where the one above ends.
import { element, find } from '../shared/elements.js';
import { fixed, scaleOf } from './number_format.js';

/** @import { Arithmetic, State } from './state.js' */
/** @typedef {{ low: number, span: number }} Scale */

/**
 * Returns a row: of a term a small map with the window and its products, of all what they are, the number, the bar.
 * @param {string} title
 * @param {boolean} isTerm
 * @returns {HTMLElement}
 */
function makeRow(title, isTerm) {
  const row = element(isTerm ? 'button' : 'div', 'row');
  if (isTerm) row.append(element('canvas', 'thumb'), element('canvas', 'mini'));
  row.append(element('span', 'name', title), element('span', 'number'));
  const track = element('span', 'track');
  track.append(element('i', 'zero'), element('i', 'bar'));
  row.append(track);
  return row;
}

/**
 * Makes all rows anew: of the terms, of the rest, of the bias and of the result.
 * @param {State} state
 */
export function makeRows(state) {
  const { root, head, terms } = state;
  const list = find(root, '.rows', HTMLElement);
  const rows = terms.map((term) => makeRow(term.title, true));
  rows.forEach((row, i) => {
    row.setAttribute('aria-label', terms[i].title);
    row.onclick = () => state.select(i);
  });
  state.rows = {
    terms: rows,
    rest: head.others ? makeRow(head.words.others, false) : null,
    bias: head.bias === null ? null : makeRow(head.words.bias, false),
    result: head.operator ? makeRow(head.words.result, false) : null,
  };
  const { rest, bias, result } = state.rows;
  result?.classList.add('result');
  list.replaceChildren(...[...rows, rest, bias, result].filter((row) => row !== null));
  list.hidden = head.kind === 'maximum' || head.kind === 'average';
}

/**
 * Writes the numbers of a place into the rows and moves the bars; sums only: factors have no bars.
 * @param {State} state
 * @param {Arithmetic} at
 */
export function fillRows(state, at) {
  const { head, rows } = state;
  /** @type {[HTMLElement, number, number][]} each row with its number, and by how much that moves the sum */
  const parts = at.terms.map(({ value }, i) => [rows.terms[i], value, i && head.operator === '−' ? -value : value]);
  if (rows.rest) parts.push([rows.rest, at.rest, at.rest]);
  if (rows.bias && head.bias !== null) parts.push([rows.bias, head.bias, head.bias]);
  const isSum = head.operator === '+' || head.operator === '−';
  const ends = endsOf(parts.map(([, , step]) => step));
  const scale = isSum ? scaleOf([...ends, head.values[0]]) : null;
  parts.forEach(([row, value], i) => {
    find(row, '.number', HTMLElement).textContent = fixed(value, state.decimals);
    moveBar(row, scale, ends[i], ends[i + 1]);
  });
  if (!rows.result) return;
  find(rows.result, '.number', HTMLElement).textContent = `= ${fixed(at.values[0], state.decimals)}`;
  moveBar(rows.result, scale, 0, at.values[0]);
}

/**
 * Returns where each bar begins, and the last one ends.
 * @param {number[]} steps
 */
function endsOf(steps) {
  const ends = [0];
  for (const [i, step] of steps.entries()) ends.push(ends[i] + step);
  return ends;
}

/**
 * @param {HTMLElement} row
 * @param {Scale | null} scale
 * @param {number} from
 * @param {number} to
 */
function moveBar(row, scale, from, to) {
  find(row, '.track', HTMLElement).hidden = !scale;
  if (!scale) return;
  const percent = (/** @type {number} */ value) => ((value - scale.low) / scale.span) * 100;
  const bar = find(row, '.bar', HTMLElement);
  bar.style.left = `${percent(Math.min(from, to))}%`;
  bar.style.width = `${Math.abs(percent(to) - percent(from))}%`;
  bar.dataset.sign = to < from ? 'minus' : 'plus';
  find(row, '.zero', HTMLElement).style.left = `${percent(0)}%`;
}
