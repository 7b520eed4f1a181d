// @ts-check
// All stages and the layers of the chosen one; click, or left and right arrows, choose a layer.
import { statePerPlace } from '../shared/component.js';
import { element, find, findAll } from '../shared/elements.js';
import { ARROWS } from '../shared/pointer.js';

/** @import { Component } from '../shared/component.js' */
/** @typedef {{ name: string, short: string, kind: string, group: string, shape: number[] }} Layer */
/** @typedef {{ label: string, layers: Layer[] }} Stage */
/**
 * @typedef {object} Payload
 * @property {number} drawing tells whether the buttons have to be made anew
 * @property {Stage[]} stages
 * @property {string} chosen
 * @property {{ stages: string, layers: string }} words
 */
/**
 * @typedef {object} State
 * @property {ShadowRoot} root
 * @property {Payload} data
 * @property {string} chosen
 * @property {(name: string, list: string, wait?: number) => void} choose
 * @property {number} [drawn] of which drawing the buttons are
 * @property {number} [stage] of which stage the layers are
 * @property {number} [timer]
 */

const KEY_WAIT = 120; // ms until the page is told, so that a key held down does not tell it of each layer

/** @type {(parent: ShadowRoot) => State} */
const stateOf = statePerPlace(() => ({}));

/** @param {Layer} layer */
const shapeText = ({ shape }) => shape.join('×');

/** @param {Stage} stage */
const lastOf = ({ layers }) => layers[layers.length - 1];

/** @param {State} state */
function stageOf({ data, chosen }) {
  return data.stages.findIndex((stage) => stage.layers.some((layer) => layer.name === chosen));
}

/**
 * @param {string} text
 * @param {string} detail
 * @param {boolean} isChosen
 * @param {() => void} onClick
 */
function option(text, detail, isChosen, onClick) {
  const made = element('button');
  made.append(element('span', '', text), element('small', '', detail));
  made.setAttribute('role', 'option');
  select(made, isChosen);
  made.onclick = onClick;
  return made;
}

/**
 * @param {HTMLElement} button
 * @param {boolean} isChosen
 */
function select(button, isChosen) {
  button.setAttribute('aria-selected', String(isChosen));
  button.tabIndex = isChosen ? 0 : -1;
}

/**
 * Marks the chosen one among the same buttons as before.
 * @param {State} state
 */
function mark({ root, chosen }) {
  for (const button of findAll(root, '.layers button', HTMLElement)) select(button, button.dataset.layer === chosen);
  reveal(root);
}

/**
 * @param {ShadowRoot} root
 * @param {string} list
 */
function chosenIn(root, list) {
  return findAll(root, `${list} [aria-selected=true]`, HTMLElement)[0];
}

/** @param {ShadowRoot} root */
function reveal(root) {
  const chosen = chosenIn(root, '.layers');
  if (!chosen) return;
  const list = find(root, '.layers', HTMLElement);
  const left = chosen.offsetLeft - list.offsetLeft;
  const right = left + chosen.offsetWidth;
  if (left < list.scrollLeft || right > list.scrollLeft + list.clientWidth) {
    list.scrollLeft = left - list.clientWidth / 3;
  }
}

/**
 * @param {State} state
 * @param {Stage} stage
 * @param {boolean} isCurrent
 */
function stageOption(state, stage, isCurrent) {
  const last = lastOf(stage);
  const made = option(stage.label, shapeText(last), isCurrent, () => state.choose(last.name, '.stages'));
  made.style.flexGrow = String(Math.min(6, Math.max(1, Math.sqrt(stage.layers.length))));
  return made;
}

/**
 * @param {State} state
 * @param {Layer} layer
 */
function layerOption(state, layer) {
  const choose = () => state.choose(layer.name, '.layers');
  const made = option(layer.short, `${layer.kind} ${shapeText(layer)}`, layer.name === state.chosen, choose);
  made.dataset.group = layer.group;
  made.dataset.layer = layer.name;
  made.title = layer.name;
  return made;
}

/** @param {State} state */
function render(state) {
  const { root, data } = state;
  const focused = ['.stages', '.layers'].find((list) => root.querySelector(`${list}:focus-within`));
  const current = Math.max(0, stageOf(state));
  if (state.drawn === data.drawing && state.stage === current) return mark(state);
  Object.assign(state, { drawn: data.drawing, stage: current });
  const stages = data.stages.map((stage, i) => stageOption(state, stage, i === current));
  find(root, '.stages', HTMLElement).replaceChildren(...stages);
  const layers = data.stages[current].layers.map((layer) => layerOption(state, layer));
  find(root, '.layers', HTMLElement).replaceChildren(...layers);
  if (focused) chosenIn(root, focused)?.focus({ preventScroll: true });
  reveal(root);
}

/** @param {State} state */
function listen(state) {
  const { stages } = state.data;
  const names = stages.flatMap((stage) => stage.layers.map((layer) => layer.name));
  const ends = stages.map((stage) => lastOf(stage).name);
  const follow = (/** @type {Event} */ event, /** @type {string | undefined} */ name, /** @type {string} */ list) => {
    if (!name) return;
    event.preventDefault();
    state.choose(name, list, KEY_WAIT);
  };
  find(state.root, '.layers', HTMLElement).onkeydown = (event) => {
    const at = names.indexOf(state.chosen);
    /** @type {Record<string, number>} */
    const targets = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: names.length - 1 };
    follow(event, names[targets[event.key]], '.layers');
  };
  find(state.root, '.stages', HTMLElement).onkeydown = (event) => {
    const step = ARROWS[event.key]?.[1];
    if (step) follow(event, ends[stageOf(state) + step], '.stages');
  };
}

/** @param {Component<Payload>} component */
export default function mount({ data, parentElement, setStateValue }) {
  const state = stateOf(parentElement);
  Object.assign(state, { data, root: parentElement, chosen: data.chosen });
  find(parentElement, '.stages', HTMLElement).setAttribute('aria-label', data.words.stages);
  find(parentElement, '.layers', HTMLElement).setAttribute('aria-label', data.words.layers);
  state.choose = (name, list, wait = 0) => {
    state.chosen = name;
    clearTimeout(state.timer);
    if (wait) state.timer = setTimeout(() => setStateValue('layer', name), wait);
    else setStateValue('layer', name);
    render(state);
    chosenIn(parentElement, list)?.focus();
  };
  listen(state);
  render(state);
}
