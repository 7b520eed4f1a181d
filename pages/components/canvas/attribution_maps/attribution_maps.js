// @ts-check
// Maps over the picture in grey, side by side; hover reads the same place of all.
import { clamp } from '../shared/colormap.js';
import { statePerPlace } from '../shared/component.js';
import { blank, contextOf, decodeWithGrey, paintScale, prepareSquare } from '../shared/drawing.js';
import { element, find, say } from '../shared/elements.js';
import { digits, fill } from '../shared/numbers.js';
import { floats, unpack } from '../shared/payload.js';
import { watchSize } from '../shared/resize.js';
import { paintInto, valueAt } from './sampling.js';

/** @import { Component, SetValue } from '../shared/component.js' */
/** @import { Bytes, Floats } from '../shared/payload.js' */
/**
 * @typedef {object} Panel
 * @property {number} h 0 where there is no map
 * @property {number} w
 * @property {Floats} values
 * @property {string} title
 * @property {string} facts
 * @property {string} alternative
 * @property {string} message stands in the place of the map
 * @property {number} low
 * @property {number} high
 * @property {boolean} signed
 */
/**
 * @typedef {object} Head
 * @property {string} id
 * @property {Panel[]} panels
 * @property {number} columns
 * @property {number} picture tells it from others
 * @property {number} opacity per cent
 * @property {{ hint: string, cell: string, range?: string, opacity?: string }} words
 */
/**
 * @typedef {object} Figure
 * @property {HTMLElement} figure
 * @property {HTMLCanvasElement} canvas
 * @property {HTMLElement} message
 * @property {HTMLElement} title
 * @property {HTMLElement} facts
 */
/**
 * @typedef {object} State
 * @property {Head} head
 * @property {ShadowRoot} root
 * @property {Figure[]} figures
 * @property {[Bytes, Bytes]} luts for values that are not negative, and for signed ones
 * @property {number} [opacity]
 * @property {number} [source] which picture is, or will be, there
 * @property {ImageBitmap} [picture]
 * @property {HTMLCanvasElement} [grey]
 * @property {number} [side] of the picture
 * @property {(HTMLCanvasElement | null)[]} [maps]
 * @property {ResizeObserver} [observer]
 */

const EXACT = 128; // px of the picture up to which each is to be seen as it is
const FINEST = 256; // px of a coloured map, where it does not have more itself

/** @returns {Partial<State>} what is known before anything came */
const newState = () => ({ figures: [] });

/** @type {(parent: ShadowRoot) => State} */
const stateOf = statePerPlace(newState);

/**
 * Returns a map in colour, with at least the resolution of the picture.
 * @param {Panel} panel
 * @param {Bytes} lut
 * @param {number} side
 */
function paintSmooth(panel, lut, side) {
  const size = Math.max(side, panel.w);
  const canvas = blank(size, size);
  const image = new ImageData(size, size);
  paintInto(image.data, size, panel, lut);
  contextOf(canvas).putImageData(image, 0, 0);
  return canvas;
}

/** @returns {Figure} */
function makeFigure() {
  const figure = element('figure');
  const [title, facts] = [element('figcaption', 'title'), element('small', 'facts')];
  const [stage, canvas, message] = [element('div', 'stage'), element('canvas'), element('div', 'message')];
  canvas.setAttribute('role', 'img');
  stage.append(canvas, message);
  figure.append(title, facts, stage);
  return { figure, canvas, message, title, facts };
}

/**
 * @param {State} state
 * @param {number} place
 */
function drawPanel(state, place) {
  const panel = state.head.panels[place];
  const made = prepareSquare(state.figures[place].canvas);
  if (!made) return;
  const { context, side } = made;
  const own = state.side ?? 0;
  context.imageSmoothingEnabled = own > EXACT || side < own;
  const picture = panel.w ? state.grey : state.picture;
  if (picture) context.drawImage(picture, 0, 0, side, side);
  const map = state.maps?.[place];
  if (panel.message || !map) return;
  context.imageSmoothingEnabled = true;
  context.globalAlpha = (state.opacity ?? 0) / 100;
  context.drawImage(map, 0, 0, side, side);
}

/** @param {State} state */
function draw(state) {
  if (!state.maps) return; // the picture is on its way
  for (let place = 0; place < state.head.panels.length; place++) drawPanel(state, place);
}

/**
 * Reads all maps at a place of the picture.
 * @param {State} state
 * @param {[number, number] | null} spot
 */
function tell({ head, root, side = 0 }, spot) {
  if (!spot) return say(root, 'output', head.words.hint);
  const [y, x] = spot;
  const shown = head.panels.filter((panel) => panel.w);
  const values = shown.map((panel) => (panel.message ? '–' : digits(valueAt(panel, y, x))));
  const [row, column] = [Math.floor(y * side), Math.floor(x * side)];
  say(root, 'output', fill(head.words.cell, { row, column, value: values.join(' · ') }));
}

/** @param {State} state */
function label(state) {
  const { head, root } = state;
  const box = find(root, '.panels', HTMLElement);
  box.style.setProperty('--columns', String(head.columns));
  while (state.figures.length < head.panels.length) state.figures.push(makeFigure());
  state.figures.length = head.panels.length;
  box.replaceChildren(...state.figures.map(({ figure }) => figure));
  head.panels.forEach((panel, place) => labelPanel(state.figures[place], panel));
  const last = head.panels.at(-1);
  find(root, '.bar', HTMLElement).hidden = !head.words.range;
  say(root, '.range', head.words.range || '');
  say(root, '.low', last ? digits(last.low) : '');
  say(root, '.high', last ? digits(last.high) : '');
  say(root, '.opacity', head.words.opacity || '');
  find(root, 'label', HTMLElement).hidden = !head.words.opacity;
}

/**
 * @param {Figure} figure
 * @param {Panel} panel
 */
function labelPanel({ title, facts, canvas, message }, panel) {
  title.textContent = title.title = panel.title;
  facts.textContent = facts.title = panel.facts;
  message.textContent = panel.message;
  message.hidden = !panel.message;
  canvas.setAttribute('aria-label', panel.message || panel.alternative);
}

/**
 * @param {State} state
 * @param {Bytes} bytes
 */
async function takePicture(state, bytes) {
  if (state.source === state.head.picture) return;
  state.source = state.head.picture;
  const { picture, grey } = await decodeWithGrey(bytes);
  Object.assign(state, { picture, grey, side: picture.width });
  paint(state);
}

/** @param {State} state */
function paint(state) {
  const { head, luts, side } = state;
  if (!side) return;
  const finest = Math.min(side, FINEST);
  state.maps = head.panels.map((panel) => (panel.w ? paintSmooth(panel, luts[Number(panel.signed)], finest) : null));
  draw(state);
  find(state.root, '.panels', HTMLElement).dataset.shown = head.id; // what is on the screen now
}

/**
 * @param {State} state
 * @param {SetValue} setStateValue
 */
function listen(state, setStateValue) {
  for (const { canvas } of state.figures) {
    canvas.onmousemove = (event) => {
      const box = canvas.getBoundingClientRect();
      const [y, x] = [(event.clientY - box.top) / box.height, (event.clientX - box.left) / box.width];
      tell(state, [clamp(y, 0, 0.9999), clamp(x, 0, 0.9999)]);
    };
    canvas.onmouseleave = () => tell(state, null);
  }
  const slider = find(state.root, 'input', HTMLInputElement);
  slider.value = String(state.opacity);
  slider.setAttribute('aria-label', state.head.words.opacity || '');
  slider.oninput = () => {
    state.opacity = Number(slider.value);
    draw(state);
  };
  slider.onchange = () => setStateValue('opacity', state.opacity);
}

/** @param {Component} component */
export default function mount({ data, parentElement, setStateValue }) {
  const state = stateOf(parentElement);
  /** @type {{ head: Head, blocks: Bytes[] }} */
  const { head, blocks } = unpack(data);
  const [sequential, diverging, picture, ...raw] = blocks;
  raw.forEach((bytes, place) => {
    head.panels[place].values = floats(bytes);
  });
  Object.assign(state, { head, root: parentElement, luts: [sequential, diverging] });
  state.opacity = head.words.opacity ? (state.opacity ?? head.opacity) : head.opacity;
  label(state);
  const scale = find(parentElement, 'canvas.scale', HTMLCanvasElement);
  paintScale(scale, state.luts[Number(head.panels.at(-1)?.signed ?? false)]);
  takePicture(state, picture);
  paint(state);
  tell(state, null);
  listen(state, setStateValue);
  return watchSize(state, find(parentElement, '.panels', HTMLElement), () => draw(state));
}
