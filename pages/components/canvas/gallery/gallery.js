// @ts-check
// Small pictures of which one is chosen, by click or arrow keys.
import { element, find } from '../shared/elements.js';
import { gridStep } from '../shared/pointer.js';

/** @import { Component } from '../shared/component.js' */
/** @typedef {{ id: string, title: string, source: string }} Item */
/** @typedef {{ label: string, items: Item[], selected: string }} Payload */

const COLUMNS = 4; // as in gallery.css

/**
 * @param {Item} item
 * @param {boolean} isSelected
 * @param {() => void} choose
 */
function picture(item, isSelected, choose) {
  const button = element('button');
  const image = element('img');
  image.src = item.source;
  image.alt = item.title;
  button.title = item.title;
  button.setAttribute('aria-pressed', String(isSelected));
  button.append(image);
  button.onclick = choose;
  return button;
}

/** @param {Component<Payload>} component */
export default function mount({ data, parentElement, setTriggerValue }) {
  const list = find(parentElement, '.gallery', HTMLElement);
  list.setAttribute('aria-label', data.label);
  const choose = (/** @type {Item} */ item) => () => setTriggerValue('chosen', item.id);
  const buttons = data.items.map((item) => picture(item, item.id === data.selected, choose(item)));
  list.replaceChildren(...buttons);
  list.onkeydown = (event) => {
    const step = gridStep(event.key, COLUMNS);
    if (!step) return;
    event.preventDefault();
    const at = buttons.findIndex((button) => button === parentElement.activeElement);
    buttons[at + step]?.focus();
  };
}
