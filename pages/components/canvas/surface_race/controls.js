// @ts-check
// The buttons, the slider, the list of entrants, and what the pointer and the keys do on the map.
import { element, find, say } from '../shared/elements.js';
import { digits, fill } from '../shared/numbers.js';
import { placeUnder } from './flat_places.js';
import { icon } from './icons.js';
import { moveBy, play, playByKey, seek } from './playback.js';
import { dragBlock, turnBack, turnByKey } from './rotation.js';

/** @import { SetValue } from '../shared/component.js' */
/** @import { Entrant, State } from './state.js' */

const SPEEDS = [10, 30, 60, 150]; // steps a second
const VIEWS = /** @type {const} */ (['flat', 'solid']);

/**
 * @param {State} state
 * @param {boolean} isSolid
 */
export function chooseView(state, isSolid) {
  const { root, head } = state;
  state.isSolid = isSolid;
  const map = find(root, 'canvas.map', HTMLCanvasElement);
  map.dataset.view = isSolid ? '3d' : 'map';
  map.setAttribute('aria-label', isSolid ? head.words.solid : head.words.map);
  for (const name of VIEWS) {
    const isChosen = (name === 'solid') === isSolid;
    find(root, `button.${name}`, HTMLElement).setAttribute('aria-pressed', String(isChosen));
    // The higher one's room is kept.
    find(root, `output .${name}`, HTMLElement).style.visibility = isChosen ? 'visible' : 'hidden';
  }
}

/** @param {State} state */
export function listEntrants(state) {
  const items = state.head.entrants.map((entrant, k) => itemOf(state, entrant, k));
  find(state.root, '.entrants', HTMLElement).replaceChildren(...items);
}

/**
 * @param {State} state
 * @param {Entrant} entrant
 * @param {number} k
 */
function itemOf(state, { title, colour, dash }, k) {
  const item = element('li');
  const button = element('button');
  const sample = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
  const looks = `stroke="${colour}" stroke-width="3" stroke-dasharray="${dash.join(' ')}"`;
  sample.innerHTML = `<line x1="0" y1="4" x2="28" y2="4" ${looks}/>`;
  const mark = () => button.setAttribute('aria-pressed', String(!state.hidden.has(k)));
  button.append(sample, element('span', '', title), element('b'));
  button.title = state.head.words.hide;
  mark();
  button.onclick = () => {
    if (!state.hidden.delete(k)) state.hidden.add(k);
    mark();
    state.backdrop = null;
    state.draw();
  };
  item.append(button);
  return item;
}

/**
 * @param {State} state
 * @param {SetValue} setStateValue
 */
export function connect(state, setStateValue) {
  const { root, head: { words } } = state;
  connectButtons(state);
  connectSpeed(state);
  find(root, 'canvas.curves', HTMLElement).setAttribute('aria-label', words.curves);
  connectViews(state);
  connectMap(state, setStateValue);
}

/** @param {State} state */
function connectButtons(state) {
  const { root, head: { words, steps } } = state;
  const button = (/** @type {'restart' | 'next'} */ name, /** @type {() => void} */ onClick) => {
    const found = find(root, `.${name}`, HTMLElement);
    found.innerHTML = icon(name);
    found.title = words[name];
    found.setAttribute('aria-label', words[name]);
    found.onclick = onClick;
  };
  button('restart', () => {
    seek(state, 0);
    play(state, true);
  });
  button('next', () => moveBy(state, 1));
  find(root, '.play', HTMLElement).onclick = () => play(state, !state.playing);
  const scrub = find(root, '.scrub', HTMLInputElement);
  scrub.max = String(steps);
  scrub.setAttribute('aria-label', words.scrub);
  scrub.oninput = () => {
    play(state, false);
    seek(state, Number(scrub.value));
  };
}

/** @param {State} state */
function connectSpeed(state) {
  const { root, head: { words } } = state;
  say(root, '.speed', words.speed);
  const speeds = find(root, 'select', HTMLSelectElement);
  if (!speeds.options.length) { for (const speed of SPEEDS) speeds.add(new Option(String(speed), String(speed))); }
  for (const option of speeds.options) option.textContent = fill(words.rate, { speed: option.value });
  speeds.value = String(state.speed);
  speeds.setAttribute('aria-label', words.speed);
  speeds.onchange = () => {
    state.speed = Number(speeds.value);
  };
}

/** @param {State} state */
function connectViews(state) {
  const { root, head: { words, high } } = state;
  find(root, '.switch', HTMLElement).setAttribute('aria-label', words.view);
  for (const name of VIEWS) {
    const button = find(root, `button.${name}`, HTMLElement);
    button.textContent = words[`${name}_name`];
    button.onclick = () => {
      chooseView(state, name === 'solid');
      state.draw();
    };
    say(root, `output .${name}`, fill(words[`${name}_hint`], { high: digits(high) }));
  }
}

/**
 * @param {State} state
 * @param {SetValue} setStateValue
 */
function connectMap(state, setStateValue) {
  const map = find(state.root, 'canvas.map', HTMLCanvasElement);
  map.onpointerdown = (event) => {
    map.setPointerCapture(event.pointerId);
    if (state.isSolid) dragBlock(state, event);
    else dragStart(state, event, setStateValue);
  };
  map.ondblclick = () => {
    if (state.isSolid) turnBack(state);
  };
  map.onkeydown = (event) => {
    if ((state.isSolid && turnByKey(state, event.key)) || playByKey(state, event.key)) event.preventDefault();
  };
}

/**
 * The start follows the pointer until it is let go.
 * @param {State} state
 * @param {MouseEvent} event
 * @param {SetValue} setStateValue
 */
function dragStart(state, event, setStateValue) {
  const { head, map: { canvas } } = state;
  const take = (/** @type {MouseEvent} */ at) => {
    state.start = placeUnder(head.box, canvas.getBoundingClientRect(), at);
  };
  play(state, false);
  state.t = 0;
  const move = (/** @type {MouseEvent} */ moved) => {
    take(moved);
    state.draw();
  };
  move(event);
  canvas.onpointermove = move;
  canvas.onpointerup = (up) => {
    canvas.onpointermove = canvas.onpointerup = null;
    take(up);
    setStateValue('start', state.start.map((value) => Number(value.toFixed(3))));
  };
}
