// @ts-check
// Pictures with a title and lines below them, of which one is picked, by click or keyboard.
import { statePerPlace } from '../shared/component.js';
import { buttonUnder, element, find } from '../shared/elements.js';
import { gridStep } from '../shared/pointer.js';

/** @import { Component } from '../shared/component.js' */
/**
 * @typedef {object} Item
 * @property {string} title
 * @property {string} alternative
 * @property {string} source
 * @property {string[]} lines
 * @property {boolean} dim
 * @property {number | null} ratio
 */
/** @typedef {{ items: Item[], picked: number, label: string }} Payload */

const stateOf = statePerPlace(() => ({ shown: '' }));

/**
 * @param {Item} item
 * @param {boolean} isPicked
 * @param {() => void} pick
 */
function tile(item, isPicked, pick) {
  const button = element('button', item.dim ? 'dim' : '');
  button.setAttribute('aria-pressed', String(isPicked));
  button.setAttribute('aria-label', item.alternative);
  const image = element('img');
  image.src = item.source;
  image.alt = '';
  if (item.ratio) image.style.aspectRatio = String(item.ratio);
  const caption = element('span');
  caption.append(element('b', '', item.title), ...item.lines.map((line) => element('span', '', line)));
  button.append(image, caption);
  button.onclick = pick;
  return button;
}

/**
 * @param {HTMLElement} root
 * @param {Component<Payload>} component
 */
function draw(root, { data, parentElement, setTriggerValue }) {
  const focused = [...root.children].findIndex((child) => child === parentElement.activeElement);
  const pick = (/** @type {number} */ place) => () => setTriggerValue('picked', place);
  const buttons = data.items.map((item, place) => tile(item, place === data.picked, pick(place)));
  root.replaceChildren(...buttons);
  buttons[focused]?.focus();
  root.onkeydown = (event) => {
    const columns = getComputedStyle(root).gridTemplateColumns.split(' ').length;
    const step = gridStep(event.key, columns);
    if (!step) return;
    event.preventDefault();
    buttons[buttons.findIndex((button) => button === buttonUnder(event)) + step]?.focus();
  };
}

/** @param {Component<Payload>} component */
export default function mount(component) {
  const { data, parentElement } = component;
  const state = stateOf(parentElement);
  const root = find(parentElement, '.tiles', HTMLElement);
  root.setAttribute('aria-label', data.label);
  const shown = JSON.stringify(data);
  if (state.shown === shown) return;
  state.shown = shown;
  draw(root, component);
}
