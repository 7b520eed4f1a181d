// @ts-check
// Hits of a search in rows: each the portion responsible beside its whole picture, with its score; one can be picked.
import { statePerPlace } from '../shared/component.js';
import { buttonUnder, element, find } from '../shared/elements.js';
import { fill } from '../shared/numbers.js';
import { ARROWS } from '../shared/pointer.js';

/** @import { Component } from '../shared/component.js' */
/**
 * @typedef {object} Item
 * @property {string} id
 * @property {string} title
 * @property {string} score
 * @property {string} detail
 * @property {string} crop
 * @property {string} whole
 * @property {[number, number, number, number]} region left, top, right, bottom, as shares of the whole
 */
/** @typedef {{ heading: string, note: string, items: Item[] }} Row */
/** @typedef {{ alternative: string, pick: string }} Words */
/** @typedef {{ rows: Row[], words: Words }} Payload */
/** @typedef {(id: string) => void} Pick */

const stateOf = statePerPlace(() => ({ shown: '' }));

/**
 * @param {string} source
 * @param {string} kind
 */
function picture(source, kind) {
  const image = element('img', kind);
  image.src = source;
  image.alt = '';
  return image;
}

/** @param {Item} item */
function framed(item) {
  const frame = element('span', 'frame');
  const holder = element('span', 'holder');
  const box = element('i');
  const [left, top, right, bottom] = item.region.map((edge) => 100 * edge);
  const place = { left: `${left}%`, top: `${top}%`, width: `${right - left}%`, height: `${bottom - top}%` };
  Object.assign(box.style, place);
  holder.append(picture(item.whole, 'whole'), box);
  frame.append(holder);
  return frame;
}

/**
 * @param {Item} item
 * @param {Words} words
 * @param {Pick} pick
 */
function figure(item, words, pick) {
  const button = element('button');
  const { title, score, detail } = item;
  button.setAttribute('aria-label', fill(words.alternative, { id: item.id, title, score, detail }));
  button.title = `${title}\n${detail}\n${words.pick}`;
  const pair = element('span', 'pair');
  const crop = element('span', 'frame');
  crop.append(picture(item.crop, 'crop'));
  pair.append(crop, framed(item));
  button.append(pair, element('span', 'score', score), element('span', 'name', title));
  button.onclick = () => pick(item.id);
  return button;
}

/**
 * @param {Row} row
 * @param {Words} words
 * @param {Pick} pick
 */
function section(row, words, pick) {
  const part = element('section');
  const list = element('div', 'row');
  list.setAttribute('role', 'group');
  list.setAttribute('aria-label', row.heading);
  list.append(...row.items.map((item) => figure(item, words, pick)));
  part.append(element('h4', '', row.heading), ...(row.note ? [element('span', 'note', row.note)] : []), list);
  return part;
}

/**
 * Draws all rows; the focus stays at its place.
 * @param {Component<Payload>} component
 */
function draw({ data, parentElement, setTriggerValue }) {
  const root = find(parentElement, '.hits', HTMLElement);
  const focused = [...root.querySelectorAll('button')].findIndex((button) => button === parentElement.activeElement);
  const pick = (/** @type {string} */ id) => setTriggerValue('picked', id);
  root.replaceChildren(...data.rows.map((row) => section(row, data.words, pick)));
  const buttons = [...root.querySelectorAll('button')];
  if (focused >= 0) buttons[Math.min(focused, buttons.length - 1)]?.focus();
  root.onkeydown = (event) => {
    const step = ARROWS[event.key]?.[1];
    if (!step) return;
    event.preventDefault();
    buttons[buttons.findIndex((button) => button === buttonUnder(event)) + step]?.focus();
  };
}

/** @param {Component<Payload>} component */
export default function mount(component) {
  const state = stateOf(component.parentElement);
  const shown = JSON.stringify(component.data);
  if (state.shown === shown) return;
  state.shown = shown;
  draw(component);
}
