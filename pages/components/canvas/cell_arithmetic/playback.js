// @ts-check
// The window slides by itself, row by row; for those who want no motion, one cell at each press.
import { find, say } from '../shared/elements.js';
import { show } from './views.js';

/** @import { State } from './state.js' */
/** @typedef {(cell: [number, number], wait: number) => void} Commit */

const PAUSE = 160; // ms that the window stays at each cell
const STEP_WAIT = 600; // ms

function isCalm() {
  return globalThis.matchMedia('(prefers-reduced-motion: reduce)').matches;
}

/**
 * @param {State} state
 * @param {Commit} commit
 */
export function connectPlay(state, commit) {
  const { root, head: { out: [rows, columns] } } = state;
  const button = find(root, '.play', HTMLElement);
  button.hidden = rows * columns < 2;
  label(state);
  const step = () => {
    const next = (state.at[0] * columns + state.at[1] + 1) % (rows * columns);
    show(state, Math.floor(next / columns), next % columns);
  };
  const isStepped = isCalm();
  button.onclick = () => {
    if (isStepped) {
      step();
      commit(state.at, STEP_WAIT);
    } else if (state.playing) {
      pause(state);
      commit(state.at, 0);
    } else {
      state.playing = setInterval(step, PAUSE);
      label(state);
    }
  };
}

/** @param {State} state */
export function pause(state) {
  clearInterval(state.playing);
  state.playing = 0;
  label(state);
}

/** @param {State} state */
function label({ root, head, playing }) {
  find(root, 'output', HTMLElement).setAttribute('aria-live', playing ? 'off' : 'polite');
  say(root, '.play', head.words[isCalm() ? 'step' : playing ? 'pause' : 'play']);
}
