// @ts-check
// Curves of a training while it runs: the median of all seeds, the band they span, hover, and lines that can be hidden.
import { clamp } from '../shared/colormap.js';
import { statePerPlace } from '../shared/component.js';
import { find } from '../shared/elements.js';
import { floats, unpack } from '../shared/payload.js';
import { listSeries, tellValues } from './legend.js';
import { drawChart } from './lines.js';
import { savePicture } from './png_export.js';
import { paintPlanes } from './decision_boundaries.js';
import { stepUnder } from './scales.js';
import { newState } from './state.js';

/** @import { Component } from '../shared/component.js' */
/** @import { Bytes } from '../shared/payload.js' */
/** @import { Head, State } from './state.js' */

/** @type {Record<string, number>} */
const MOVES = { ArrowRight: 1, ArrowLeft: -1, PageUp: 10, PageDown: -10 };

/** @type {(parent: ShadowRoot) => State} */
const stateOf = statePerPlace(newState);

/** @param {State} state */
function paint(state) {
  const { canvas } = state;
  if (!canvas.clientWidth) return;
  state.area = drawChart(state);
  tellValues(state, state.area);
  canvas.dataset.paints = String(Number(canvas.dataset.paints ?? 0) + 1);
}

/** @param {State} state */
function listen(state) {
  const { canvas, head } = state;
  const look = (/** @type {number | null} */ at) => {
    state.at = at;
    paint(state);
  };
  canvas.onpointermove = (event) => {
    if (!head.xLog && state.area) look(stepUnder(state.area, head.xRange, event.offsetX));
  };
  canvas.onpointerleave = canvas.onblur = () => look(null);
  canvas.onkeydown = (event) => {
    const move = MOVES[event.key];
    if (event.key === 'Escape') look(null);
    else if (move && !head.xLog) look(clamp((state.at ?? head.xRange[1]) + move, 0, head.xRange[1]));
    else return;
    event.preventDefault();
  };
}

/**
 * Takes the series of a payload, four blocks each, then the points of the plane and what each network makes of it.
 * @param {State} state
 * @param {Head} head
 * @param {Bytes[]} blocks
 */
function read(state, head, blocks) {
  const series = head.series.map((_, k) => {
    const [steps, middle, low, high] = blocks.slice(4 * k, 4 * k + 4).map(floats);
    return { steps, middle, low, high };
  });
  const [points, ...planes] = blocks.slice(4 * head.series.length);
  Object.assign(state, { head, series, planes, points: points ? floats(points) : [] });
}

/** @param {State} state */
function watch(state) {
  if (state.observer) return;
  state.observer = new ResizeObserver(() => {
    paint(state);
    paintPlanes(state);
  });
  state.observer.observe(state.canvas);
}

/** @param {Component} component */
export default function mount({ data, parentElement }) {
  const state = stateOf(parentElement);
  /** @type {{ head: Head, blocks: Bytes[] }} */
  const { head, blocks } = unpack(data);
  const canvas = find(parentElement, 'canvas', HTMLCanvasElement);
  Object.assign(state, { root: parentElement, canvas });
  read(state, head, blocks);
  canvas.setAttribute('aria-label', head.words.chart);
  const save = find(parentElement, '.save', HTMLElement);
  save.textContent = head.words.save;
  save.onclick = () => savePicture(state);
  listSeries(state, () => paint(state));
  paint(state);
  paintPlanes(state);
  listen(state);
  watch(state);
  Object.assign(canvas, { training: state }); // what a test looks at
  return () => {
    state.observer?.disconnect();
    state.observer = null;
  };
}
