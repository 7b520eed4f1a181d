// @ts-check
// A map of which one cell is chosen: hover, click and arrow keys, and what is said of a cell.
import { largest } from '../shared/colormap.js';
import { statePerPlace } from '../shared/component.js';
import { decodeWithGrey, paintMap, paintScale } from '../shared/drawing.js';
import { element, find, say } from '../shared/elements.js';
import { digits, fill, localise } from '../shared/numbers.js';
import { floats, unpack } from '../shared/payload.js';
import { ARROWS } from '../shared/pointer.js';
import { watchSize } from '../shared/resize.js';
import { boxesOf, cellAt, pixelAt } from './boxes.js';
import { newState } from './state.js';
import { draw, drawPicture, paintHeat } from './views.js';

/** @import { Component, SetValue } from '../shared/component.js' */
/** @import { Bytes } from '../shared/payload.js' */
/** @import { Cell } from './boxes.js' */
/** @import { Head, State } from './state.js' */

const LONG_TEXT = 45; // characters, from which on a fact takes two columns
const KEY_WAIT = 150; // ms

/** @type {(parent: ShadowRoot) => State} */
const stateOf = statePerPlace(newState);

/**
 * Says of a cell its value, and which pixels it depends on.
 * @param {State} state
 * @param {Cell} cell
 */
function tell({ head, values, root }, cell) {
  const value = localise(values[cell.row * head.w + cell.column].toPrecision(6));
  const lines = [fill(head.words.cell, { ...cell, value }), ...fieldLines(head, cell)];
  say(root, 'output', lines.join('\n'));
}

/**
 * @param {Head} head
 * @param {Cell} cell
 */
function fieldLines({ field, words }, cell) {
  if (!field) return [];
  if (field.every((axis) => axis.whole)) return [words.whole];
  const { inside } = boxesOf(field, cell);
  if (!inside) return [words.nothing];
  const [top, left, bottom, right] = inside;
  return [fill(words.sees, { top, left, bottom: bottom - 1, right: right - 1 })];
}

/**
 * Says of a pixel of the picture what the gradient is there.
 * @param {State} state
 * @param {MouseEvent} event
 */
function tellPixel({ head, canvases, gradient, waiting, root }, event) {
  const box = canvases.picture.getBoundingClientRect();
  const pixel = pixelAt(head, box.width, event.clientX - box.left, event.clientY - box.top);
  if (!pixel) return say(root, 'output', head.words.padding);
  if (!gradient || waiting) return say(root, 'output', fill(head.words.bare, pixel));
  const value = digits(gradient[pixel.row * head.pixels + pixel.column]);
  say(root, 'output', fill(head.words.pixel, { ...pixel, value }));
}

/**
 * @param {State} state
 * @param {Cell} cell
 * @param {SetValue} setStateValue
 * @param {number} wait
 */
function choose(state, cell, setStateValue, wait) {
  const isShown = isSame(cell, state.head); // what is there is of this very cell
  Object.assign(state, { chosen: cell, hovered: null, waiting: !isShown && Boolean(state.heat) });
  draw(state);
  tell(state, cell);
  showHeat(state);
  clearTimeout(state.timer ?? undefined);
  state.timer = setTimeout(() => {
    state.timer = null;
    setStateValue('cell', [cell.row, cell.column]);
  }, wait);
}

/**
 * @param {Cell | null | undefined} one
 * @param {Cell | null | undefined} other
 */
function isSame(one, other) {
  return one?.row === other?.row && one?.column === other?.column;
}

/** @param {State} state */
function showHeat(state) {
  const { root, gradient } = state;
  const top = gradient ? largest(gradient) : 0;
  const isShown = top > 0 && !state.waiting;
  find(root, '.heat', HTMLElement).classList.toggle('none', !isShown);
  say(root, '.unit', unitOf(state, top));
  say(root, '.high', digits(top));
  find(root, '.lines .effective', HTMLElement).hidden = !isShown;
}

/**
 * @param {State} state
 * @param {number} top
 */
function unitOf({ head: { words, pending }, gradient, waiting }, top) {
  if (waiting || pending) return words.waiting;
  if (!gradient) return words.absent;
  return top > 0 ? words.unit : words.zero;
}

/** @param {State} state */
function label({ head, root, canvases }) {
  say(root, '.left figcaption', head.words.map);
  say(root, '.middle figcaption', head.words.middle);
  say(root, '.right figcaption', head.words.right);
  for (const name of /** @type {const} */ (['solid', 'dashed', 'local', 'effective'])) {
    say(root, `.lines .${name}`, head.words[name]);
  }
  find(root, '.lines', HTMLElement).hidden = !head.field;
  find(root, '.lines .local', HTMLElement).hidden = !head.local;
  find(root, '.lines .dashed', HTMLElement).hidden = Boolean(head.field?.every((axis) => axis.whole));
  say(root, '.low', '0');
  say(root, '.opacity', head.words.opacity);
  canvases.cells.setAttribute('aria-label', head.words.cells);
  canvases.picture.setAttribute('aria-label', head.words.picture);
  find(root, '.facts', HTMLElement).replaceChildren(...head.facts.map(fact));
}

/** @param {[string, string]} fact */
function fact([name, text]) {
  const box = element('div', text.length > LONG_TEXT ? 'wide' : '');
  box.append(element('dt', '', name), element('dd', '', text));
  return box;
}

/**
 * @param {State} state
 * @param {Bytes} bytes
 */
async function takePicture(state, bytes) {
  if (state.source === state.head.picture) return;
  state.source = state.head.picture;
  Object.assign(state, await decodeWithGrey(bytes));
  draw(state);
}

/**
 * Returns the cell that a key leads to; null where that is none.
 * @param {State} state
 * @param {string} key
 */
function targetOf({ head, chosen }, key) {
  if (key === 'Home') return { row: 0, column: 0 };
  if (key === 'End') return { row: head.h - 1, column: head.w - 1 };
  const [down, right] = ARROWS[key];
  const cell = { row: chosen.row + down, column: chosen.column + right };
  return cell.row < 0 || cell.column < 0 || cell.row >= head.h || cell.column >= head.w ? null : cell;
}

/**
 * @param {State} state
 * @param {SetValue} setStateValue
 */
function listenToCells(state, setStateValue) {
  const { canvases: { cells }, head } = state;
  const hover = (/** @type {Cell | null} */ cell) => {
    state.hovered = cell;
    draw(state);
    tell(state, cell || state.chosen);
  };
  const cellUnder = (/** @type {MouseEvent} */ event) => {
    const box = cells.getBoundingClientRect();
    return cellAt(head, box.width, event.clientX - box.left, event.clientY - box.top);
  };
  cells.onmousemove = (event) => {
    const cell = cellUnder(event);
    if (!isSame(cell, state.hovered)) hover(cell);
  };
  cells.onmouseleave = () => hover(null);
  cells.onclick = (event) => {
    const cell = cellUnder(event);
    if (cell) choose(state, cell, setStateValue, 0);
  };
  cells.onkeydown = (event) => {
    if (!(event.key in ARROWS || event.key === 'Home' || event.key === 'End')) return;
    event.preventDefault();
    const cell = targetOf(state, event.key);
    if (cell) choose(state, cell, setStateValue, KEY_WAIT);
  };
}

/**
 * @param {State} state
 * @param {SetValue} setStateValue
 */
function listenToPicture(state, setStateValue) {
  const { canvases: { picture }, head, root } = state;
  picture.onmousemove = (event) => tellPixel(state, event);
  picture.onmouseleave = () => tell(state, state.chosen);
  const slider = find(root, 'input', HTMLInputElement);
  slider.value = String(state.opacity);
  slider.setAttribute('aria-label', head.words.opacity);
  slider.oninput = () => {
    state.opacity = Number(slider.value);
    drawPicture(state);
  };
  slider.onchange = () => setStateValue('opacity', state.opacity);
}

/**
 * Takes the head and the blocks of a payload.
 * @param {State} state
 * @param {Head} head
 * @param {Bytes[]} blocks
 */
function read(state, head, [lut, heatLut, raw, , rawHeat]) {
  const isSameMap = state.head?.id === head.id;
  Object.assign(state, { head, values: floats(raw), gradient: rawHeat.length ? floats(rawHeat) : null });
  state.map = paintMap(head, lut, state.values);
  state.heat = state.gradient ? paintHeat(head.pixels, heatLut, state.gradient) : null;
  state.opacity ??= head.opacity;
  if (state.timer && isSameMap) return; // another cell was chosen meanwhile, and its figures are on the way
  Object.assign(state, { chosen: { row: head.row, column: head.column }, waiting: false });
  if (!isSameMap) state.hovered = null;
}

/** @param {Component} component */
export default function mount({ data, parentElement, setStateValue }) {
  const state = stateOf(parentElement);
  /** @type {{ head: Head, blocks: Bytes[] }} */
  const { head, blocks } = unpack(data);
  const [cells, picture, part] = ['cells', 'picture', 'part'].map((name) =>
    find(parentElement, `canvas.${name}`, HTMLCanvasElement)
  );
  Object.assign(state, { root: parentElement, canvases: { cells, picture, part } });
  read(state, head, blocks);
  paintScale(find(parentElement, 'canvas.scale', HTMLCanvasElement), blocks[1]);
  label(state);
  showHeat(state);
  takePicture(state, blocks[3]);
  draw(state);
  tell(state, state.hovered || state.chosen);
  listenToCells(state, setStateValue);
  listenToPicture(state, setStateValue);
  cells.dataset.shown = `${head.id}/${head.row}/${head.column}`; // what is on the screen now
  return watchSize(state, find(parentElement, '.trio', HTMLElement), () => draw(state));
}
