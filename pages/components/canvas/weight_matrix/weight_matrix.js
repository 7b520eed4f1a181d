// @ts-check
// A matrix of weights, a row for each filter: hover tells filter, input channel and weight; click or arrow keys choose.
import { clamp, signedIndex } from '../shared/colormap.js';
import { statePerPlace } from '../shared/component.js';
import { fontOf, opaque, paintPixels, paintScale, pixelRatio, prepareTall, style } from '../shared/drawing.js';
import { find, say } from '../shared/elements.js';
import { digits, fill } from '../shared/numbers.js';
import { floats, unpack } from '../shared/payload.js';
import { followPointer, scrollTo } from '../shared/pointer.js';
import { watchWidth } from '../shared/resize.js';
import { arrange, cellAt, LABEL, numberedRows } from './arrangement.js';

/** @import { Component, SetValue } from '../shared/component.js' */
/** @import { Bytes, Floats } from '../shared/payload.js' */
/** @import { Context } from '../shared/drawing.js' */
/** @import { Point } from '../shared/pointer.js' */
/** @import { View } from './arrangement.js' */
/** @typedef {'alternative' | 'columns' | 'low' | 'high' | 'range' | 'hint' | 'cell' | 'dead'} Word */
/**
 * @typedef {object} Head
 * @property {string} id
 * @property {number} rows
 * @property {number} columns
 * @property {number[]} numbers of the filters
 * @property {number[]} firsts the first input channel of each filter
 * @property {number[]} reach the largest magnitude on the scale of each filter
 * @property {boolean[]} dead
 * @property {number} chosen
 * @property {Record<Word, string>} words
 */
/**
 * @typedef {object} State
 * @property {Head} head
 * @property {Floats} weights
 * @property {ShadowRoot} root
 * @property {HTMLCanvasElement} canvas
 * @property {HTMLElement} box
 * @property {HTMLCanvasElement} painted
 * @property {View} view
 * @property {number} chosen −1 for none
 * @property {number} hovered −1 for none
 * @property {number} [timer]
 * @property {ResizeObserver} [observer]
 */
/** @typedef {{ k: number, column: number }} Spot */

const KEY_WAIT = 150; // ms

/** @returns {Partial<State>} what is known before anything came */
const newState = () => ({ view: { wide: 0, tall: 0 }, hovered: -1 });

/** @type {(parent: ShadowRoot) => State} */
const stateOf = statePerPlace(newState);

/**
 * @param {Head} head
 * @param {Bytes} lut
 * @param {Floats} weights
 */
function paintWeights({ columns, rows, reach }, lut, weights) {
  return paintPixels(columns, rows, (i) => opaque(lut, signedIndex(weights[i], reach[Math.floor(i / columns)])));
}

/** @param {State} state */
function draw(state) {
  const { canvas, box, head, painted } = state;
  const width = box.clientWidth;
  if (!width) return;
  state.view = arrange(width, head);
  const { wide, tall } = state.view;
  const context = prepareTall(canvas, width, Math.ceil(head.rows * tall) + 1);
  context.imageSmoothingEnabled = wide * pixelRatio() < 1;
  context.imageSmoothingQuality = 'high';
  context.drawImage(painted, LABEL, 0, head.columns * wide, head.rows * tall);
  const ink = style(canvas, '--st-text-color');
  drawNumbers(context, state, ink);
  outline(context, state, state.chosen, style(canvas, '--st-primary-color'), 2);
  if (state.hovered >= 0 && state.hovered !== state.chosen) outline(context, state, state.hovered, ink, 1);
}

/**
 * @param {Context} context
 * @param {State} state
 * @param {string} ink
 */
function drawNumbers(context, { canvas, head, view, chosen }, ink) {
  context.font = fontOf(canvas, 10);
  context.textBaseline = 'middle';
  context.textAlign = 'right';
  context.fillStyle = ink;
  for (const k of numberedRows(view, head.rows, chosen)) {
    const text = head.dead[k] ? `${head.numbers[k]} ×` : String(head.numbers[k]);
    context.fillText(text, LABEL - 5, Math.max(5, (k + 0.5) * view.tall));
  }
}

/**
 * @param {Context} context
 * @param {State} state
 * @param {number} k
 * @param {string} colour
 * @param {number} thickness
 */
function outline(context, { head, view }, k, colour, thickness) {
  if (k < 0) return;
  context.strokeStyle = colour;
  context.lineWidth = thickness;
  context.strokeRect(LABEL - 1, k * view.tall - 0.5, head.columns * view.wide + 2, view.tall + 1);
}

/**
 * @param {State} state
 * @param {Point} event
 */
function locate({ canvas, head, view }, event) {
  const box = canvas.getBoundingClientRect();
  return cellAt(view, head, event.clientX - box.left, event.clientY - box.top);
}

/**
 * @param {State} state
 * @param {Spot | null} spot
 */
function tell({ head, weights, root }, spot) {
  if (!spot) return say(root, 'output', head.words.hint);
  const { k: row, column } = spot;
  const values = {
    channel: head.numbers[row],
    input: head.firsts[row] + column,
    value: digits(weights[row * head.columns + column]),
    low: digits(-head.reach[row]),
    high: digits(head.reach[row]),
  };
  say(root, 'output', fill(head.dead[row] ? head.words.dead : head.words.cell, values));
}

/**
 * @param {State} state
 * @param {number} row
 * @param {SetValue} setStateValue
 * @param {number} wait
 */
function choose(state, row, setStateValue, wait) {
  if (row < 0 || row >= state.head.rows) return;
  state.chosen = row;
  draw(state);
  scrollTo(state.box, row * state.view.tall, state.view.tall);
  clearTimeout(state.timer);
  state.timer = setTimeout(() => setStateValue('channel', state.head.numbers[row]), wait);
}

/**
 * @param {State} state
 * @param {SetValue} setStateValue
 */
function listen(state, setStateValue) {
  const { canvas, head } = state;
  followPointer(state, { locate, tell, draw });
  canvas.onclick = (event) => {
    const spot = locate(state, event);
    if (spot) choose(state, spot.k, setStateValue, 0);
  };
  canvas.onkeydown = (event) => {
    const at = state.chosen;
    /** @type {Record<string, number>} */
    const targets = {
      Home: 0,
      End: head.rows - 1,
      ArrowDown: at + 1,
      ArrowUp: at - 1,
      PageDown: at + 10,
      PageUp: at - 10,
    };
    const target = targets[event.key];
    if (target === undefined) return;
    event.preventDefault();
    choose(state, clamp(target, 0, head.rows - 1), setStateValue, KEY_WAIT);
  };
}

/** @param {Component} component */
export default function mount({ data, parentElement, setStateValue }) {
  const state = stateOf(parentElement);
  /** @type {{ head: Head, blocks: Bytes[] }} */
  const { head, blocks } = unpack(data);
  const [lut, raw] = blocks;
  const weights = floats(raw);
  const canvas = find(parentElement, 'canvas.weights', HTMLCanvasElement);
  const box = find(parentElement, '.box', HTMLElement);
  Object.assign(state, { head, weights, root: parentElement, canvas, box, painted: paintWeights(head, lut, weights) });
  state.chosen = head.numbers.indexOf(head.chosen);
  canvas.setAttribute('aria-label', head.words.alternative);
  paintScale(find(parentElement, 'canvas.scale', HTMLCanvasElement), lut);
  for (const part of /** @type {const} */ (['columns', 'low', 'high', 'range'])) {
    say(parentElement, `.${part}`, head.words[part]);
  }
  draw(state);
  tell(state, null);
  listen(state, setStateValue);
  canvas.dataset.shown = head.id; // what is on the screen now
  return watchWidth(state, draw);
}
