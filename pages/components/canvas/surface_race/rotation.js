// @ts-check
// The solid surface turns as the pointer drags it, or by keys.
import { clamp } from '../shared/colormap.js';
import { FIRST_VIEW } from './state.js';

/** @import { State } from './state.js' */

const TURN = 0.01; // radians a pixel
const KEY_TURN = 0.1; // radians a key
/** @type {[number, number]} */
const ELEVATIONS = [0.2, 1.45];
/** @type {Record<string, [number, number]>} */
const KEY_TURNS = {
  ArrowRight: [KEY_TURN, 0],
  ArrowLeft: [-KEY_TURN, 0],
  ArrowUp: [0, -KEY_TURN],
  ArrowDown: [0, KEY_TURN],
};

/**
 * @param {State} state
 * @param {number} azimuth
 * @param {number} elevation
 * @param {boolean} isTurning
 */
function turnTo(state, azimuth, elevation, isTurning = false) {
  state.view = { azimuth, elevation: clamp(elevation, ...ELEVATIONS) };
  state.turning = isTurning;
  state.block = null;
  if (state.turn) cancelAnimationFrame(state.turn);
  state.turn = requestAnimationFrame(() => state.draw());
}

/**
 * @param {State} state
 * @param {number} right
 * @param {number} up
 * @param {boolean} isTurning
 */
function turnBy(state, right, up, isTurning = false) {
  turnTo(state, state.view.azimuth + right, state.view.elevation + up, isTurning);
}

/** @param {State} state */
export function turnBack(state) {
  turnTo(state, FIRST_VIEW.azimuth, FIRST_VIEW.elevation);
}

/**
 * Follows the pointer from here on until it is let go.
 * @param {State} state
 * @param {MouseEvent} event
 */
export function dragBlock(state, event) {
  const { canvas } = state.map;
  let [x, y] = [event.clientX, event.clientY];
  canvas.onpointermove = (moved) => {
    turnBy(state, (moved.clientX - x) * TURN, (moved.clientY - y) * TURN, true);
    [x, y] = [moved.clientX, moved.clientY];
  };
  canvas.onpointerup = canvas.onpointercancel = () => {
    canvas.onpointermove = canvas.onpointerup = canvas.onpointercancel = null;
    turnBy(state, 0, 0);
  };
}

/**
 * Returns whether the key turns the block.
 * @param {State} state
 * @param {string} key
 */
export function turnByKey(state, key) {
  const turn = KEY_TURNS[key];
  if (turn) turnBy(state, ...turn);
  return Boolean(turn);
}
