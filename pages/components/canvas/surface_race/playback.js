// @ts-check
// The race is played, stopped, and gone through step by step.
import { find } from '../shared/elements.js';
import { icon } from './icons.js';

/** @import { State } from './state.js' */

/** @type {Record<string, number>} */
const MOVES = { ArrowRight: 1, ArrowLeft: -1, PageUp: 10, PageDown: -10 };

/**
 * @param {State} state
 * @param {number} step
 */
export function seek(state, step) {
  state.t = Math.min(state.head.steps, Math.max(0, step));
  state.draw();
}

/**
 * Stops, and goes on by so many steps.
 * @param {State} state
 * @param {number} steps
 */
export function moveBy(state, steps) {
  play(state, false);
  seek(state, Math.floor(state.t) + steps);
}

/**
 * @param {State} state
 * @param {boolean} isPlaying
 */
export function play(state, isPlaying) {
  const { words, steps } = state.head;
  state.playing = isPlaying;
  const button = find(state.root, '.play', HTMLElement);
  button.innerHTML = icon(isPlaying ? 'pause' : 'play');
  button.title = isPlaying ? words.pause : words.play;
  button.setAttribute('aria-label', button.title);
  stopFrames(state);
  if (!isPlaying) return;
  if (state.t >= steps) state.t = 0;
  let before = performance.now();
  const advance = (/** @type {number} */ now) => {
    state.t = Math.min(steps, state.t + (Math.max(0, now - before) / 1000) * state.speed);
    before = now;
    state.frames = (state.frames ?? 0) + 1;
    state.draw();
    if (state.t >= steps) play(state, false);
    else if (state.playing) state.frame = requestAnimationFrame(advance);
  };
  state.frame = requestAnimationFrame(advance);
}

/** @param {State} state */
export function stopFrames({ frame }) {
  if (frame) cancelAnimationFrame(frame);
}

/**
 * Returns whether the key means something.
 * @param {State} state
 * @param {string} key
 */
export function playByKey(state, key) {
  if (key === ' ') play(state, !state.playing);
  else if (key === 'Home') seek(state, 0);
  else if (key === 'End') seek(state, state.head.steps);
  else if (key in MOVES) moveBy(state, MOVES[key]);
  else return false;
  return true;
}
