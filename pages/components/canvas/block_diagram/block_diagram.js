// @ts-check
// A network as boxes within boxes; a click unfolds a group, or chooses a layer. What leads past something is a skip.
import { statePerPlace } from '../shared/component.js';
import { element, find, findAll } from '../shared/elements.js';
import { fill } from '../shared/numbers.js';
import { CARD, layOut, openAtFirst, pathOf, TITLE } from './layout.js';

/** @import { Component } from '../shared/component.js' */
/** @import { Box, Place } from './layout.js' */
/** @typedef {{ label: string, open: string, close: string, layers: string, input: string, output: string }} Words */
/** @typedef {{ drawing: number, whole: Box, chosen: string, words: Words }} Payload */
/**
 * @typedef {object} State
 * @property {Payload} data
 * @property {ShadowRoot} root
 * @property {string} chosen
 * @property {Set<string>} open
 * @property {(name: string) => void} choose
 * @property {number} [drawing]
 * @property {string} [shape] of the network, but for the sizes of its layers' outputs
 */
/** @typedef {{ frames: HTMLElement[], cards: HTMLElement[], paths: string[] }} Drawn */

/** @type {(parent: ShadowRoot) => State} */
const stateOf = statePerPlace(() => ({}));

/** @param {number[]} numbers */
function pixels([left, top, width, height]) {
  return { left: `${left}px`, top: `${top}px`, width: `${width}px`, height: `${height}px` };
}

/**
 * @param {State} state
 * @param {Place} place
 * @param {number} x
 * @param {number} y
 */
function card(state, { box, w, inside }, x, y) {
  const count = fill(state.data.words.layers, { count: box.layers });
  const detail = [box.parts ? count : box.kind, box.shape, box.cost].filter(Boolean).join(' · ');
  const label = box.parts ? `${inside ? '▾' : '▸'} ${box.label}` : box.label;
  const button = element('button', box.parts ? (inside ? 'title' : 'group') : 'layer');
  button.append(element('span', '', label), element('small', '', detail));
  button.title = [box.name, detail].join('\n');
  Object.assign(button.style, pixels([x, y, inside ? w : CARD.w, inside ? TITLE : CARD.h]));
  button.dataset.name = box.name;
  if (box.parts) {
    button.setAttribute('aria-expanded', String(Boolean(inside)));
    button.onclick = () => toggle(state, box.name);
  } else {
    button.dataset.role = box.role;
    button.setAttribute('aria-pressed', String(box.name === state.chosen));
    button.onclick = () => state.choose(box.name);
  }
  return button;
}

/**
 * @param {State} state
 * @param {string} name
 */
function toggle(state, name) {
  if (!state.open.delete(name)) state.open.add(name);
  draw(state);
  findAll(state.root, `[data-name="${CSS.escape(name)}"]`, HTMLElement)[0]?.focus({ preventScroll: true });
}

/**
 * Adds what is to be drawn of a place and of all inside of it.
 * @param {State} state
 * @param {Place} place
 * @param {[number, number]} corner
 * @param {number} depth
 * @param {Drawn} out
 */
function collect(state, place, [x, y], depth, out) {
  const { inside } = place;
  if (inside && depth) {
    const frame = element('div', `frame ${depth % 2 ? 'even' : 'odd'}`);
    Object.assign(frame.style, pixels([x, y, place.w, place.h]));
    out.frames.push(frame);
  }
  if (depth) out.cards.push(card(state, place, x, y));
  if (!inside) return;
  for (const child of inside.children) collect(state, child, [x + child.x, y + child.y], depth + 1, out);
  for (const edge of inside.edges) {
    const { d, isSkip } = pathOf(place, inside, edge);
    out.paths.push(`<path class="${isSkip ? 'skip' : ''}" transform="translate(${x},${y})" d="${d}"></path>`);
  }
}

/** @param {State} state */
function draw(state) {
  const board = find(state.root, '.board', HTMLElement);
  const whole = layOut(state.data.whole, state.open, true);
  /** @type {Drawn} */
  const out = { frames: [], cards: [], paths: [] };
  collect(state, whole, [0, 0], 0, out);
  const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
  svg.setAttribute('width', String(whole.w));
  svg.setAttribute('height', String(whole.h));
  svg.innerHTML = out.paths.join('');
  Object.assign(board.style, { width: `${whole.w}px`, height: `${whole.h}px` });
  board.replaceChildren(...out.frames, svg, ...out.cards);
}

/**
 * Decides what is open in another network; the same one at another size stays as it is.
 * @param {State} state
 */
function openAnother(state) {
  const { drawing, whole } = state.data;
  if (state.drawing === drawing) return;
  const shape = JSON.stringify((whole.parts ?? []).map((stage) => [stage.name, stage.layers]));
  if (state.shape !== shape) state.open = openAtFirst(whole);
  Object.assign(state, { drawing, shape });
}

/** @param {Component<Payload>} component */
export default function mount({ data, parentElement, setStateValue }) {
  const state = stateOf(parentElement);
  Object.assign(state, { data, root: parentElement, chosen: data.chosen });
  openAnother(state);
  find(parentElement, '.scroller', HTMLElement).setAttribute('aria-label', data.words.label);
  state.choose = (name) => {
    state.chosen = name;
    setStateValue('layer', name);
    draw(state);
  };
  draw(state);
}
