// @ts-check
// A page of activation maps on one canvas: hover tells channel, position and value; click or arrow keys choose one.
import { clickChannel, hearSilencing } from '../shared/channel_toggle.js';
import { packedColours } from '../shared/colormap.js';
import { statePerPlace } from '../shared/component.js';
import { blank, contextOf, fontOf, paintScale, pixelRatio, prepareTall, style } from '../shared/drawing.js';
import { find, say } from '../shared/elements.js';
import { digits, fill } from '../shared/numbers.js';
import { unpack } from '../shared/payload.js';
import { followPointer, gridStep, scrollTo } from '../shared/pointer.js';
import { watchWidth } from '../shared/resize.js';
import { arrange, placeOf, spotAt } from './arrangement.js';
import { decode, fillAtlas, mapsAcross } from './map_pixels.js';

/** @import { Silencing, Toggles } from '../shared/channel_toggle.js' */
/** @import { Component, SetValue } from '../shared/component.js' */
/** @import { Context } from '../shared/drawing.js' */
/** @import { Bytes } from '../shared/payload.js' */
/** @import { Point } from '../shared/pointer.js' */
/** @import { Page, Spot, View } from './arrangement.js' */
/** @import { Coded, Codes } from './map_pixels.js' */
/** @typedef {'alternative' | 'low' | 'high' | 'range' | 'hint' | 'cell' | 'dead' | 'silenced'} Word */
/**
 * @typedef {object} Shown
 * @property {string} id
 * @property {string} layer
 * @property {number} page
 * @property {number[]} channels their numbers
 * @property {boolean[]} dead
 * @property {number} chosen
 * @property {Silencing} [silencing] where a click silences a channel rather than that it chooses one
 * @property {Record<Word, string>} words
 */
/** @typedef {Page & Coded & Shown} Head */
/**
 * @typedef {object} Own
 * @property {Head} head
 * @property {Codes} values
 * @property {ShadowRoot} root
 * @property {HTMLCanvasElement} canvas
 * @property {HTMLElement} box
 * @property {HTMLCanvasElement} atlas
 * @property {View} view
 * @property {number} chosen its place on the page, −1 for none
 * @property {number} hovered −1 for none
 * @property {number} [timer]
 * @property {ResizeObserver} [observer]
 */
/** @typedef {Own & Toggles} State */

const KEY_WAIT = 150; // ms
const NOWHERE = { columns: 0, rows: 0, cell: 0, tall: 0, step: 0 };

/** @returns {Partial<State>} what is known before anything came */
const newState = () => ({ view: NOWHERE, hovered: -1, clicks: [], silenced: new Set() });

/** @type {(parent: ShadowRoot) => State} */
const stateOf = statePerPlace(newState);

/**
 * Returns the maps of the page, coloured, side by side on a canvas of their own.
 * @param {Head} head
 * @param {Bytes} lut
 * @param {Codes} values
 */
function paintAtlas(head, lut, values) {
  const across = mapsAcross(head.n);
  const atlas = blank(across * head.w, Math.ceil(head.n / across) * head.h);
  const image = new ImageData(atlas.width, atlas.height);
  fillAtlas(new Uint32Array(image.data.buffer), atlas.width, head, packedColours(lut), values);
  contextOf(atlas).putImageData(image, 0, 0);
  return atlas;
}

/** @param {State} state */
function draw(state) {
  const { canvas, box, head } = state;
  const width = box.clientWidth;
  if (!width) return;
  const view = arrange(width, head);
  state.view = view;
  const context = prepareTall(canvas, width, view.rows * view.step);
  context.imageSmoothingEnabled = view.cell * pixelRatio() < head.w;
  context.imageSmoothingQuality = 'high';
  const ink = style(canvas, '--st-text-color');
  context.font = fontOf(canvas, 10);
  context.textBaseline = 'top';
  for (let k = 0; k < head.n; k++) drawCell(context, state, k, ink);
  outline(context, view, state.chosen, style(canvas, '--st-primary-color'), 3);
  if (state.hovered >= 0 && state.hovered !== state.chosen) outline(context, view, state.hovered, ink, 1);
}

/**
 * @param {Context} context
 * @param {State} state
 * @param {number} k
 * @param {string} ink
 */
function drawCell(context, { head, view, atlas, silenced }, k, ink) {
  const [left, top] = placeOf(view, k);
  const across = mapsAcross(head.n);
  const [x, y] = [(k % across) * head.w, Math.floor(k / across) * head.h];
  context.drawImage(atlas, x, y, head.w, head.h, left, top, view.cell, view.tall);
  context.fillStyle = ink;
  context.globalAlpha = 0.75;
  context.fillText(String(head.channels[k]), left, top + view.tall + 2);
  context.globalAlpha = 1;
  if (silenced.has(head.channels[k])) {
    context.fillStyle = 'rgba(20, 24, 30, 0.72)';
    context.fillRect(left, top, view.cell, view.tall);
    cross(context, left, top, view, '#ffffff', 2.5);
  } else if (head.dead[k]) cross(context, left, top, view, '#9aa3ad', 1.5);
}

/**
 * @param {Context} context
 * @param {number} left
 * @param {number} top
 * @param {View} view
 * @param {string} colour
 * @param {number} thickness
 */
function cross(context, left, top, { cell, tall }, colour, thickness) {
  context.strokeStyle = colour;
  context.lineWidth = thickness;
  context.beginPath();
  context.moveTo(left, top);
  context.lineTo(left + cell, top + tall);
  context.moveTo(left + cell, top);
  context.lineTo(left, top + tall);
  context.stroke();
}

/**
 * @param {Context} context
 * @param {View} view
 * @param {number} k
 * @param {string} colour
 * @param {number} thickness
 */
function outline(context, view, k, colour, thickness) {
  if (k < 0) return;
  const [left, top] = placeOf(view, k);
  const { cell, tall } = view;
  context.strokeStyle = colour;
  context.lineWidth = thickness;
  const inset = thickness / 2;
  context.strokeRect(left + inset, top + inset, cell - thickness, tall - thickness);
  if (thickness < 2) return;
  context.strokeStyle = '#ffffff'; // a thin inner line, so that the frame shows on any colour
  context.lineWidth = 1;
  const [x, y] = [left + thickness + 0.5, top + thickness + 0.5];
  context.strokeRect(x, y, cell - 2 * thickness - 1, tall - 2 * thickness - 1);
}

/**
 * @param {State} state
 * @param {Point} event
 */
function locate({ canvas, head, view }, event) {
  const box = canvas.getBoundingClientRect();
  return spotAt(view, head, event.clientX - box.left, event.clientY - box.top);
}

/**
 * @param {State} state
 * @param {Spot | null} spot
 */
function tell({ head, values, root, silenced }, spot) {
  if (!spot) return say(root, 'output', head.words.hint);
  const { k, x, y } = spot;
  const planes = head.planes ?? 1;
  const valueIn = (/** @type {number} */ plane) =>
    digits(decode(head, k, values[((k * planes + plane) * head.h + y) * head.w + x]));
  const [red, green, blue] = [0, 1, 2].map((plane) => (plane < planes ? valueIn(plane) : ''));
  const [low, high] = [digits(head.low[k]), digits(head.high[k])];
  const word = silenced.has(head.channels[k]) ? 'silenced' : head.dead[k] ? 'dead' : 'cell';
  const said = { channel: head.channels[k], x, y, value: red, red, green, blue, low, high };
  say(root, 'output', fill(head.words[word], said));
}

/**
 * @param {State} state
 * @param {number} k
 * @param {SetValue} setStateValue
 * @param {number} wait
 */
function choose(state, k, setStateValue, wait) {
  if (k < 0 || k >= state.head.n) return;
  state.chosen = k;
  draw(state);
  scrollTo(state.box, placeOf(state.view, k)[1], state.view.step);
  tell(state, { k, x: 0, y: 0 });
  clearTimeout(state.timer);
  state.timer = setTimeout(() => setStateValue('channel', state.head.channels[k]), wait);
}

/**
 * Crosses a channel out, or no longer, at once; the page confirms it.
 * @param {State} state
 * @param {number} k
 * @param {SetValue} setTriggerValue
 */
function toggle(state, k, setTriggerValue) {
  if (k < 0) return;
  clearTimeout(state.timer);
  state.chosen = k;
  clickChannel(state, state.head.channels[k], setTriggerValue);
  draw(state);
}

/**
 * Returns the map that a key leads to; null for a key that leads nowhere.
 * @param {State} state
 * @param {string} key
 */
function targetOf({ head, view, chosen }, key) {
  if (key === 'Home') return 0;
  if (key === 'End') return head.n - 1;
  const step = gridStep(key, view.columns);
  return step ? chosen + step : null;
}

/**
 * @param {State} state
 * @param {Component} component
 */
function listen(state, { setStateValue, setTriggerValue }) {
  const { canvas, head } = state;
  followPointer(state, { locate, tell, draw });
  canvas.onclick = (event) => {
    const spot = locate(state, event);
    if (!spot) return;
    if (head.silencing) toggle(state, spot.k, setTriggerValue);
    else choose(state, spot.k, setStateValue, 0);
    tell(state, spot);
  };
  canvas.onkeydown = (event) => {
    if (head.silencing && (event.key === 'Enter' || event.key === ' ')) {
      event.preventDefault();
      toggle(state, state.chosen, setTriggerValue);
      return;
    }
    const target = targetOf(state, event.key);
    if (target === null) return;
    event.preventDefault();
    choose(state, target, setStateValue, KEY_WAIT);
  };
}

/**
 * @param {State} state
 * @param {Bytes} lut
 */
function label({ root, canvas, head: { words } }, lut) {
  canvas.setAttribute('aria-label', words.alternative);
  paintScale(find(root, 'canvas.scale', HTMLCanvasElement), lut);
  for (const part of /** @type {const} */ (['range', 'low', 'high'])) say(root, `.${part}`, words[part]);
}

/** @param {Component} component */
export default function mount(component) {
  const { data, parentElement } = component;
  const state = stateOf(parentElement);
  /** @type {{ head: Head, blocks: Bytes[] }} */
  const { head, blocks } = unpack(data);
  const [lut, raw] = blocks;
  const values = head.levels > 255 ? new Uint16Array(raw.buffer, raw.byteOffset, raw.byteLength / 2) : raw;
  const canvas = find(parentElement, 'canvas.maps', HTMLCanvasElement);
  const box = find(parentElement, '.box', HTMLElement);
  const isSamePage = state.head?.page === head.page && state.head?.layer === head.layer;
  Object.assign(state, { head, values, root: parentElement, canvas, box, atlas: paintAtlas(head, lut, values) });
  state.chosen = head.channels.indexOf(head.chosen);
  if (head.silencing) hearSilencing(state, head.silencing);
  label(state, lut);
  if (!isSamePage) box.scrollTop = 0;
  draw(state);
  tell(state, null);
  listen(state, component);
  canvas.dataset.shown = head.id; // what is on the screen now
  return watchWidth(state, draw);
}
