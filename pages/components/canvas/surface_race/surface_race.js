// @ts-check
// A race of optimizers: the surface with all paths, from above or as a block, and the values of f beside it, in step.
import { statePerPlace } from '../shared/component.js';
import { lookOf, prepare } from '../shared/drawing.js';
import { find, findAll, say } from '../shared/elements.js';
import { fill } from '../shared/numbers.js';
import { floats, unpack } from '../shared/payload.js';
import { watchSize } from '../shared/resize.js';
import { drawBlock } from './solid.js';
import { chooseView, connect, listEntrants } from './controls.js';
import { curveRange, readLines } from './curve_scales.js';
import { curveText, drawCurves } from './curves.js';
import { drawMap, paintSurface } from './flat_map.js';
import { play, seek, stopFrames } from './playback.js';
import { newState } from './state.js';

/** @import { Component } from '../shared/component.js' */
/** @import { Bytes } from '../shared/payload.js' */
/** @import { Head, State } from './state.js' */

/** @type {(parent: ShadowRoot) => State} */
const stateOf = statePerPlace(newState);

/** @param {State} state */
function tellStep(state) {
  const { head, root, map } = state;
  const step = Math.floor(state.t);
  say(root, '.step', fill(head.words.of, { step, steps: head.steps }));
  find(root, '.scrub', HTMLInputElement).value = String(step);
  for (const [k, value] of findAll(root, '.entrants button b', HTMLElement).entries()) {
    value.textContent = curveText(state, k, step);
  }
  map.canvas.dataset.step = String(step);
}

/** @param {State} state */
function draw(state) {
  if (state.isSolid) drawBlock(state);
  else drawMap(state);
  drawCurves(state);
  tellStep(state);
}

/**
 * Makes the canvases fit their places, and draws all anew.
 * @param {State} state
 */
function layOut(state) {
  const [map, curves] = ['map', 'curves'].map((name) => find(state.root, `canvas.${name}`, HTMLCanvasElement));
  if (!map.clientWidth) return;
  state.look = lookOf(map);
  state.map = { canvas: map, ...prepare(map) };
  state.curves = { canvas: curves, ...prepare(curves) };
  state.sheet = paintSurface(state);
  state.block = state.backdrop = state.tones = null;
  state.draw();
}

/**
 * Takes the head and the blocks of a payload; returns whether it is of another race than before.
 * @param {State} state
 * @param {Head} head
 * @param {Bytes[]} blocks
 */
function read(state, head, [bands, rawHeights, ...raw]) {
  const isNew = state.head?.id !== head.id;
  const rest = raw.map(floats);
  const count = head.entrants.length;
  const [paths, spreads] = [rest.slice(0, count), rest.slice(count)];
  const lines = readLines(paths, spreads);
  const range = curveRange(lines, head.entrants.map(({ diverged }) => diverged), head.lowest);
  Object.assign(state, {
    head,
    bands,
    heights: floats(rawHeights),
    paths,
    lines,
    range,
    draped: null,
    start: head.start,
  });
  if (isNew) state.t = 0;
  return isNew;
}

/**
 * Begins to play a new race, for those who want no motion at its end; the same one stays where it was.
 * @param {State} state
 * @param {boolean} isNew
 */
function begin(state, isNew) {
  const isCalm = globalThis.matchMedia('(prefers-reduced-motion: reduce)').matches;
  if (!state.map) return; // it has no place on the page yet
  if (isNew && isCalm) seek(state, state.head.steps);
  play(state, isNew ? !isCalm : Boolean(state.playing));
}

/** @param {Component} component */
export default function mount({ data, parentElement, setStateValue }) {
  const state = stateOf(parentElement);
  /** @type {{ head: Head, blocks: Bytes[] }} */
  const { head, blocks } = unpack(data);
  state.root = parentElement;
  state.draw = () => draw(state);
  const isNew = read(state, head, blocks);
  listEntrants(state);
  connect(state, setStateValue);
  chooseView(state, state.isSolid);
  layOut(state);
  begin(state, isNew);
  const stopWatching = watchSize(state, find(parentElement, '.views', HTMLElement), () => layOut(state));
  const map = find(parentElement, 'canvas.map', HTMLCanvasElement);
  map.dataset.shown = head.id;
  Object.assign(map, { race: state }); // what a test looks at
  return () => {
    stopFrames(state);
    if (state.turn) cancelAnimationFrame(state.turn);
    stopWatching();
  };
}
