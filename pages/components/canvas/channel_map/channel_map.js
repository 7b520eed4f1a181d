// @ts-check
// One map enlarged, and the same map over the picture that the network received.
import { clamp } from '../shared/colormap.js';
import { statePerPlace } from '../shared/component.js';
import { contextOf, paintMap, pixelRatio } from '../shared/drawing.js';
import { find, say } from '../shared/elements.js';
import { fill, localise } from '../shared/numbers.js';
import { floats, unpack } from '../shared/payload.js';
import { ARROWS, cellUnder } from '../shared/pointer.js';
import { watchSize } from '../shared/resize.js';

/** @import { Component, SetValue } from '../shared/component.js' */
/** @import { Bytes, Floats } from '../shared/payload.js' */
/** @import { Context } from '../shared/drawing.js' */
/** @typedef {{ title: string, facts: string, opacity: string, large: string, over: string, hint: string, cell: string }} Words */
/**
 * @typedef {object} Head
 * @property {string} id
 * @property {number} h
 * @property {number} w
 * @property {number} low
 * @property {number} high
 * @property {boolean} signed
 * @property {number} opacity per cent
 * @property {number} picture tells it from others
 * @property {Words} words
 */
/**
 * @typedef {object} State
 * @property {Head} head
 * @property {Floats} values
 * @property {ShadowRoot} root
 * @property {HTMLCanvasElement} large
 * @property {HTMLCanvasElement} over
 * @property {HTMLCanvasElement} map
 * @property {[number, number] | null} [cursor] row and column under the pointer
 * @property {number} [opacity]
 * @property {number} [source] which picture is, or will be, there
 * @property {ImageBitmap} [picture]
 * @property {ResizeObserver} [observer]
 */

/** @type {(parent: ShadowRoot) => State} */
const stateOf = statePerPlace(() => ({}));

/** @param {State} state */
function drawBoth(state) {
  const { large, over, map, picture } = state;
  const side = Math.round(large.clientWidth * pixelRatio());
  if (!side) return;
  const [alone, context] = [large, over].map((canvas) => {
    canvas.width = canvas.height = side;
    return contextOf(canvas);
  });
  alone.imageSmoothingEnabled = false;
  alone.drawImage(map, 0, 0, side, side);
  context.imageSmoothingEnabled = true;
  if (picture) context.drawImage(picture, 0, 0, side, side);
  context.imageSmoothingEnabled = false;
  context.globalAlpha = (state.opacity ?? 0) / 100;
  context.drawImage(map, 0, 0, side, side);
  context.globalAlpha = 1;
  if (state.cursor) {
    for (const each of [alone, context]) outline(each, state.cursor, side / state.head.w, side / state.head.h);
  }
}

/**
 * Outlines a cell in white on black, so that it stands out on any colour.
 * @param {Context} context
 * @param {[number, number]} cell
 * @param {number} width
 * @param {number} height
 */
function outline(context, [y, x], width, height) {
  for (const [colour, line] of /** @type {const} */ ([['#000', 4], ['#fff', 2]])) {
    context.strokeStyle = colour;
    context.lineWidth = line;
    context.strokeRect(x * width, y * height, width, height);
  }
}

/**
 * @param {State} state
 * @param {[number, number] | null} cell
 */
function point(state, cell) {
  const { head, values, root } = state;
  state.cursor = cell;
  drawBoth(state);
  if (!cell) return say(root, 'output', head.words.hint);
  const [y, x] = cell;
  const value = localise(values[y * head.w + x].toPrecision(6));
  say(root, 'output', fill(head.words.cell, { x, y, value }));
}

/**
 * @param {State} state
 * @param {SetValue} setStateValue
 */
function connectOpacity(state, setStateValue) {
  const slider = find(state.root, 'input', HTMLInputElement);
  slider.value = String(state.opacity);
  slider.setAttribute('aria-label', state.head.words.opacity);
  slider.oninput = () => {
    state.opacity = Number(slider.value);
    drawBoth(state);
  };
  slider.onchange = () => setStateValue('opacity', state.opacity);
}

/**
 * @param {State} state
 * @param {SetValue} setTriggerValue
 */
function listen(state, setTriggerValue) {
  const { head, large, over } = state;
  for (const canvas of [large, over]) {
    const cellAt = (/** @type {MouseEvent} */ event) =>
      cellUnder(canvas.getBoundingClientRect(), event, head.h, head.w);
    canvas.onmousemove = (event) => point(state, cellAt(event));
    canvas.onmouseleave = () => point(state, null);
    canvas.onclick = (event) => setTriggerValue('cell', cellAt(event));
  }
  large.onblur = () => point(state, null);
  large.onkeydown = (event) => {
    const { cursor } = state;
    const step = ARROWS[event.key];
    if (event.key === 'Enter' && cursor) setTriggerValue('cell', cursor);
    else if (step && !cursor) point(state, [0, 0]);
    else if (step && cursor) {
      point(state, [clamp(cursor[0] + step[0], 0, head.h - 1), clamp(cursor[1] + step[1], 0, head.w - 1)]);
    } else return;
    event.preventDefault();
  };
}

/**
 * @param {State} state
 * @param {Bytes} bytes
 */
async function takePicture(state, bytes) {
  if (state.source === state.head.picture) return;
  state.source = state.head.picture;
  state.picture = await createImageBitmap(new Blob([bytes], { type: 'image/jpeg' }));
  drawBoth(state);
}

/** @param {Component} component */
export default function mount({ data, parentElement, setStateValue, setTriggerValue }) {
  const state = stateOf(parentElement);
  /** @type {{ head: Head, blocks: Bytes[] }} */
  const { head, blocks } = unpack(data);
  const [lut, raw, picture] = blocks;
  const values = floats(raw);
  const [large, over] = ['large', 'over'].map((name) => find(parentElement, `canvas.${name}`, HTMLCanvasElement));
  Object.assign(state, { head, values, root: parentElement, large, over, map: paintMap(head, lut, values) });
  state.opacity ??= head.opacity;
  for (const name of /** @type {const} */ (['title', 'facts', 'opacity'])) {
    say(parentElement, `.${name}`, head.words[name]);
  }
  large.setAttribute('aria-label', head.words.large);
  over.setAttribute('aria-label', head.words.over);
  takePicture(state, picture);
  drawBoth(state);
  say(parentElement, 'output', head.words.hint);
  connectOpacity(state, setStateValue);
  listen(state, setTriggerValue);
  large.dataset.shown = head.id;
  return watchSize(state, find(parentElement, '.pair', HTMLElement), () => drawBoth(state));
}
