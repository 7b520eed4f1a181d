// @ts-check
// A picture with a square over it: drag it, drag its corner to size it, or use the keys; told where it is let go.
import { statePerPlace } from '../shared/component.js';
import { prepareSquare } from '../shared/drawing.js';
import { find, say } from '../shared/elements.js';
import { unpack } from '../shared/payload.js';
import { watchSize } from '../shared/resize.js';
import { dragged, fitted, isInside, isOnCorner, movedByKey } from './square.js';

/** @import { Component, SetValue } from '../shared/component.js' */
/** @import { Bytes } from '../shared/payload.js' */
/** @import { Drag, Limits, Spot, Square } from './square.js' */
/** @typedef {{ title: string, facts: string, alternative: string, result: string }} Words */
/** @typedef {Limits & { id: number, square: Square, words: Words }} Head */
/**
 * @typedef {object} State
 * @property {Head} head
 * @property {ShadowRoot} root
 * @property {HTMLCanvasElement} canvas
 * @property {Square} square
 * @property {Drag | null} [drag]
 * @property {number} [source] of which pictures the images are, or will be
 * @property {ImageBitmap[]} [images] the picture, and what fills the square
 * @property {number} [timer]
 * @property {ResizeObserver} [observer]
 */

const HANDLE = 14; // px on the screen
const EXACT = 128; // px of the picture up to which each is to be seen as it is
const STEPS = 32; // key presses across the picture
const KEY_WAIT = 250; // ms

/** @type {(parent: ShadowRoot) => State} */
const stateOf = statePerPlace(() => ({}));

/** @param {State} state */
function draw(state) {
  const { canvas, head, images } = state;
  const made = images && prepareSquare(canvas);
  if (!made) return;
  const { context, side } = made;
  const scale = side / head.pixels;
  const [top, left, size] = state.square;
  context.imageSmoothingEnabled = head.pixels > EXACT;
  context.drawImage(images[0], 0, 0, side, side);
  context.drawImage(images[1], left, top, size, size, left * scale, top * scale, size * scale, size * scale);
  for (const [colour, thickness] of /** @type {const} */ ([['#20262e', 4], ['#ffffff', 2]])) {
    context.strokeStyle = context.fillStyle = colour;
    context.lineWidth = thickness;
    context.strokeRect(left * scale, top * scale, size * scale, size * scale);
    const grip = (HANDLE * side) / canvas.clientWidth / 2 + thickness - 3;
    context.fillRect((left + size) * scale - grip, (top + size) * scale - grip, 2 * grip, 2 * grip);
  }
}

/**
 * @param {State} state
 * @param {Square} square
 */
function move(state, square) {
  state.square = fitted(state.head, square);
  const isOld = state.square.join() !== state.head.square.join();
  find(state.root, 'output', HTMLElement).classList.toggle('old', isOld);
  draw(state);
}

/**
 * @param {State} state
 * @param {SetValue} setStateValue
 * @param {number} wait
 */
function release(state, setStateValue, wait) {
  clearTimeout(state.timer);
  if (state.square.join() === state.head.square.join()) return;
  state.timer = setTimeout(() => setStateValue('square', state.square), wait);
}

/**
 * @param {State} state
 * @param {MouseEvent} event
 * @returns {Spot}
 */
function spotOf({ canvas, head }, event) {
  const box = canvas.getBoundingClientRect();
  return [
    ((event.clientY - box.top) / box.width) * head.pixels,
    ((event.clientX - box.left) / box.width) * head.pixels,
  ];
}

/**
 * @param {State} state
 * @param {SetValue} setStateValue
 */
function listen(state, setStateValue) {
  const { canvas } = state;
  const isSizer = (/** @type {Spot} */ spot) =>
    isOnCorner(state.square, spot, (HANDLE * state.head.pixels) / canvas.clientWidth);
  canvas.onpointerdown = (event) => {
    const from = spotOf(state, event);
    const isSizing = isSizer(from);
    const side = state.square[2];
    if (!isSizing && !isInside(state.square, from)) move(state, [from[0] - side / 2, from[1] - side / 2, side]);
    state.drag = { from, start: state.square, isSizing };
    canvas.setPointerCapture(event.pointerId);
  };
  canvas.onpointermove = (event) => {
    const spot = spotOf(state, event);
    canvas.style.cursor = isSizer(spot) ? 'nwse-resize' : 'move';
    if (state.drag) move(state, dragged(state.drag, spot));
  };
  canvas.onpointerup = canvas.onpointercancel = () => {
    if (!state.drag) return;
    state.drag = null;
    release(state, setStateValue, 0);
  };
  canvas.onkeydown = (event) => {
    const moved = movedByKey(state.square, event.key, Math.max(1, Math.round(state.head.pixels / STEPS)));
    if (!moved) return;
    event.preventDefault();
    move(state, moved);
    release(state, setStateValue, KEY_WAIT);
  };
}

/**
 * @param {State} state
 * @param {Bytes[]} blocks
 */
async function takePictures(state, blocks) {
  if (state.source === state.head.id) return;
  state.source = state.head.id;
  state.images = await Promise.all(blocks.map((block) => createImageBitmap(new Blob([block]))));
  draw(state);
}

/** @param {Component} component */
export default function mount({ data, parentElement, setStateValue }) {
  const state = stateOf(parentElement);
  /** @type {{ head: Head, blocks: Bytes[] }} */
  const { head, blocks } = unpack(data);
  Object.assign(state, { head, root: parentElement, canvas: find(parentElement, 'canvas', HTMLCanvasElement) });
  say(parentElement, '.title', head.words.title);
  say(parentElement, 'small', head.words.facts);
  say(parentElement, 'output', head.words.result);
  state.canvas.setAttribute('aria-label', head.words.alternative);
  if (!state.drag) move(state, head.square);
  takePictures(state, blocks);
  draw(state);
  listen(state, setStateValue);
  state.canvas.dataset.shown = head.square.join();
  return watchSize(state, state.canvas, () => draw(state));
}
