// @ts-check
// The legend: a button for each line, which hides it, and what it has at the step under the pointer.
import { element, find, findAll, say } from '../shared/elements.js';
import { digits, fill } from '../shared/numbers.js';
import { figure } from './lines.js';
import { nearest } from './scales.js';
import { FADED } from './state.js';

/** @import { Area } from './scales.js' */
/** @import { Entry, State } from './state.js' */

/**
 * Makes the buttons, but where they are the same as before, so that the focus stays.
 * @param {State} state
 * @param {() => void} repaint
 */
export function listSeries(state, repaint) {
  const { head, root } = state;
  const list = find(root, '.legend', HTMLElement);
  const keys = head.series.map((entry) => entry.key + entry.title).join();
  if (list.dataset.keys === keys) return;
  list.dataset.keys = keys;
  list.replaceChildren(...head.series.map((entry) => itemOf(state, entry, repaint)));
}

/**
 * @param {State} state
 * @param {Entry} entry
 * @param {() => void} repaint
 */
function itemOf({ head, hidden }, entry, repaint) {
  const item = element('li');
  const button = element('button');
  const mark = () => button.setAttribute('aria-pressed', String(!hidden.has(entry.key)));
  button.append(sampleOf(entry), element('span', '', entry.title), element('b'));
  button.title = head.words.hide;
  mark();
  button.onclick = () => {
    if (!hidden.delete(entry.key)) hidden.add(entry.key);
    mark();
    repaint();
  };
  item.append(button);
  return item;
}

/** @param {Entry} entry */
function sampleOf({ colour, dash, faded }) {
  const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
  const line = document.createElementNS('http://www.w3.org/2000/svg', 'line');
  const ends = { x1: 0, y1: 4, x2: 28, y2: 4 };
  const looks = { stroke: colour, 'stroke-width': 3, 'stroke-dasharray': dash.join(' '), opacity: faded ? FADED : 1 };
  for (const [name, value] of Object.entries({ ...ends, ...looks })) line.setAttribute(name, String(value));
  svg.append(line);
  return svg;
}

/**
 * Writes what all curves have at the step under the pointer, or at the end, into the legend, and draws a line there.
 * @param {State} state
 * @param {Area} area
 */
export function tellValues(state, area) {
  const { head, root, at } = state;
  for (const [k, value] of findAll(root, '.legend button b', HTMLElement).entries()) {
    value.textContent = textOf(state, k);
  }
  if (at === null) return say(root, 'output', head.words.hint);
  say(root, 'output', fill(head.words.at, { step: head.xLog ? digits(at) : Math.round(at) }));
  drawCursor(state, area, area.left + state.x.share(at) * (area.right - area.left));
}

/**
 * @param {State} state
 * @param {number} k
 */
function textOf({ head, series, at }, k) {
  const [entry, { steps, middle }] = [head.series[k], series[k]];
  if (entry.lost !== null && at === null) return entry.lostText;
  return steps.length ? figure(head, middle[at === null ? steps.length - 1 : nearest(steps, at)]) : '';
}

/**
 * @param {State} state
 * @param {Area} area
 * @param {number} x
 */
function drawCursor({ context, look }, area, x) {
  context.globalAlpha = 0.5;
  context.strokeStyle = look.text;
  context.beginPath();
  context.moveTo(x, area.top);
  context.lineTo(x, area.bottom);
  context.stroke();
  context.globalAlpha = 1;
}
