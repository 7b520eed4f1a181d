// @ts-check
// The arithmetic of one cell. Hovering, arrow keys or "play" slide the window; a click takes the cell.
import { clamp } from '../shared/colormap.js';
import { statePerPlace } from '../shared/component.js';
import { find, findAll, say } from '../shared/elements.js';
import { fill } from '../shared/numbers.js';
import { floats, unpack } from '../shared/payload.js';
import { ARROWS, cellUnder } from '../shared/pointer.js';
import { bracketed, decimalsFor, precise } from './number_format.js';
import { connectPlay, pause } from './playback.js';
import { makeRows } from './rows.js';
import { paintCells } from './squares.js';
import { newState } from './state.js';
import { show } from './views.js';
import { overhang } from './window_arithmetic.js';

/** @import { Component, SetValue } from '../shared/component.js' */
/** @import { Bytes } from '../shared/payload.js' */
/** @import { Commit } from './playback.js' */
/** @import { Head, State } from './state.js' */

const SIDE = 208; // px, of the two maps
const KEY_WAIT = 300; // ms

/** @type {(parent: ShadowRoot) => State} */
const stateOf = statePerPlace(newState);

/**
 * Takes apart what came: colours, a map for each link, then a map and a kernel for each term that has one.
 * @param {State} state
 * @param {Uint8Array} data
 */
function read(state, data) {
  /** @type {{ head: Head, blocks: Bytes[] }} */
  const { head, blocks } = unpack(data);
  const [sequential, diverging, ...rest] = blocks;
  let taken = 0;
  const next = () => floats(rest[taken++]);
  const maps = head.links.map(next);
  const lutOf = (/** @type {boolean} */ signed) => (signed ? diverging : sequential);
  const terms = head.terms.map((term) => {
    const map = term.shape ? next() : null;
    const kernel = term.kernel ? next() : null;
    const painted = map && term.shape && paintCells(map, term.shape, lutOf(head.signed), head.low, head.high);
    return { ...term, map, kernel, painted };
  });
  const output = paintCells(maps[head.chosen], head.out, lutOf(head.outSigned), head.outLow, head.outHigh);
  Object.assign(state, { head, maps, terms, output, sequential, diverging, margin: overhang(head) });
}

/** @type {[string, string][]} where each text stands */
const TEXTS = [
  ['.output .title', 'output'],
  ['.output .range', 'outputRange'],
  ['.input .range', 'inputRange'],
  ['.patch .range', 'patchRange'],
  ['.kernel .range', 'kernelRange'],
  ['.agreement', 'agreement'],
  ['.page', 'page'],
];

/** @param {State} state */
function layOut(state) {
  const { root, head, terms } = state;
  const isSum = head.kind === 'sum';
  const hide = (/** @type {string} */ selector, /** @type {boolean} */ isHidden) => {
    for (const part of findAll(root, selector, HTMLElement)) part.hidden = isHidden;
  };
  for (const [selector, word] of TEXTS) say(root, selector, head.words[word]);
  for (const name of ['earlier', 'later']) {
    const button = find(root, `.${name}`, HTMLButtonElement);
    button.setAttribute('aria-label', head.words[name]);
    button.title = head.words[name];
    button.disabled = name === 'earlier' ? head.page <= 1 : head.page >= head.pages;
  }
  hide('.pages', head.pages < 2);
  hide('.input', !terms.some((term) => term.map && term.map.length > 1));
  hide('.kernel, .products, .hero .sign', !isSum);
  hide('.hero', !['sum', 'maximum', 'average'].includes(head.kind));
  find(root, 'canvas.result', HTMLCanvasElement).setAttribute('aria-label', head.words.outputAlternative);
  find(root, '.rows', HTMLElement).classList.toggle('merged', !isSum);
  makeRows(state);
}

/**
 * Reads one square of the selected term: number × weight = product.
 * @param {State} state
 * @param {HTMLCanvasElement} canvas
 * @param {MouseEvent} event
 */
function readSquare({ root, head, now, terms, selected }, canvas, event) {
  const { patch, products } = now.terms[selected];
  if (!patch) return;
  const { rows, columns, values, inside } = patch;
  const [y, x] = cellUnder(canvas.getBoundingClientRect(), event, rows.length, columns.length);
  const i = y * columns.length + x;
  const where = inside[i] ? fill(head.words.square, { row: rows[y], column: columns[x] }) : head.words.outside;
  const number = precise(values[i]);
  const { kernel } = terms[selected];
  if (!products || !kernel) return say(root, 'output', `${where}: ${number}`);
  say(root, 'output', `${where}: ${number} × ${bracketed(precise(kernel[i]))} = ${precise(products[i])}`);
}

/**
 * @param {State} state
 * @param {Commit} commit
 */
function listenToResult(state, commit) {
  const { root, head } = state;
  const canvas = find(root, 'canvas.result', HTMLCanvasElement);
  const cellAt = (/** @type {MouseEvent} */ event) => cellUnder(canvas.getBoundingClientRect(), event, ...head.out);
  canvas.onpointermove = (event) => state.playing || show(state, ...cellAt(event));
  canvas.onpointerleave = () => state.playing || state.timer || show(state, ...head.cell);
  const take = (/** @type {[number, number]} */ cell, /** @type {number} */ wait) => {
    pause(state);
    show(state, ...cell);
    commit(cell, wait);
  };
  canvas.onclick = (event) => take(cellAt(event), 0);
  canvas.onkeydown = (event) => {
    const step = ARROWS[event.key];
    if (!step) return;
    event.preventDefault();
    const [row, column] = state.at;
    take([clamp(row + step[0], 0, head.out[0] - 1), clamp(column + step[1], 0, head.out[1] - 1)], KEY_WAIT);
  };
}

/**
 * @param {State} state
 * @param {SetValue} setTriggerValue
 */
function connect(state, setTriggerValue) {
  const { root, head } = state;
  /** @type {Commit} */
  const commit = ([row, column], wait) => {
    clearTimeout(state.timer);
    if (row === head.cell[0] && column === head.cell[1]) return;
    state.timer = setTimeout(() => setTriggerValue('cell', [row, column]), wait);
  };
  listenToResult(state, commit);
  for (const canvas of findAll(root, '.hero canvas', HTMLCanvasElement)) {
    canvas.onpointermove = (event) => readSquare(state, canvas, event);
    canvas.onpointerleave = () => show(state, ...state.at);
  }
  state.select = (i) => {
    state.selected = i;
    for (const [place, row] of state.rows.terms.entries()) row.setAttribute('aria-pressed', String(place === i));
    show(state, ...state.at);
  };
  find(root, '.earlier', HTMLElement).onclick = () => setTriggerValue('page', head.page - 1);
  find(root, '.later', HTMLElement).onclick = () => setTriggerValue('page', head.page + 1);
  connectPlay(state, commit);
}

/** @param {HTMLElement} board */
function sideFor({ clientWidth: width }) {
  return width >= 640 ? SIDE : Math.max(100, Math.min(SIDE, (width - 16) / 2));
}

/**
 * @param {State} state
 * @param {HTMLElement} board
 */
function watch(state, board) {
  state.observer?.disconnect();
  let width = board.clientWidth;
  state.observer = new ResizeObserver(([{ contentRect }]) => {
    if (Math.abs(contentRect.width - width) < 1) return;
    width = contentRect.width;
    state.side = sideFor(board);
    show(state, ...state.at);
  });
  state.observer.observe(board);
}

/** @param {State} state */
function stop(state) {
  clearInterval(state.playing);
  clearTimeout(state.timer);
}

/** @param {Component} component */
export default function mount({ data, parentElement, setTriggerValue }) {
  const state = stateOf(parentElement);
  const before = state.head?.id;
  stop(state);
  Object.assign(state, { root: parentElement, playing: 0, timer: 0 });
  read(state, data);
  const { head, terms } = state;
  if (before !== head.id) state.selected = Math.max(0, terms.findIndex(({ map }) => map && map.length > 1));
  state.decimals = decimalsFor([...head.terms.map(({ value }) => value), head.rest, head.bias ?? 0, head.values[0]]);
  layOut(state);
  const board = find(parentElement, '.board', HTMLElement);
  state.side = sideFor(board);
  connect(state, setTriggerValue);
  state.at = head.cell;
  state.select(state.selected);
  watch(state, board);
  find(parentElement, 'canvas.result', HTMLCanvasElement).dataset.shown = head.id;
  return () => {
    stop(state);
    state.observer?.disconnect();
  };
}
