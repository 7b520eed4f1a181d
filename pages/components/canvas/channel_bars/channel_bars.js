// @ts-check
// Two lists of channels, each channel a bar; a click, or the enter key, silences it or lets it speak again.
import { clickChannel, hearSilencing } from '../shared/channel_toggle.js';
import { statePerPlace } from '../shared/component.js';
import { element, find, findAll } from '../shared/elements.js';
import { fill } from '../shared/numbers.js';

/** @import { Component } from '../shared/component.js' */
/** @import { Silencing, Toggles } from '../shared/channel_toggle.js' */
/** @typedef {[number, number, string]} Bar channel, length from 0 to 1, figure */
/** @typedef {{ title: string, bars: Bar[] }} List */
/** @typedef {{ channel: string, silenced: string, none: string }} Words */
/** @typedef {{ lists: List[], silencing: Silencing, words: Words }} Payload */
/** @typedef {Toggles & { data: Payload, root: HTMLElement, toggle: (channel: number) => void }} State */

/** @returns {Partial<State>} what is known before anything came */
const newState = () => ({ clicks: [], silenced: new Set() });

/** @type {(parent: ShadowRoot) => State} */
const stateOf = statePerPlace(newState);

/** @param {State} state */
function render(state) {
  const { root, data } = state;
  const focused = root.querySelector(':focus');
  const channel = focused instanceof HTMLElement ? focused.dataset.channel : undefined;
  root.replaceChildren(...data.lists.map((list, i) => drawList(state, list, i)));
  if (channel !== undefined) findAll(root, `[data-channel="${channel}"]`, HTMLElement)[0]?.focus();
}

/**
 * @param {State} state
 * @param {List} list
 * @param {number} i
 */
function drawList(state, { title, bars }, i) {
  const section = element('section');
  section.dataset.list = String(i);
  section.append(element('h4', '', title));
  if (!bars.length) section.append(element('p', '', state.data.words.none));
  section.append(...bars.map((bar) => drawBar(state, bar)));
  return section;
}

/**
 * @param {State} state
 * @param {Bar} bar
 */
function drawBar({ data: { words }, silenced, toggle }, [channel, length, figure]) {
  const button = element('button');
  const bar = element('i');
  const track = element('span');
  const isSilenced = silenced.has(channel);
  bar.style.width = `${Math.max(0.5, 100 * length)}%`;
  track.append(bar);
  button.append(element('b', '', String(channel)), track, element('em', '', figure));
  button.dataset.channel = String(channel);
  button.setAttribute('aria-pressed', String(isSilenced));
  const name = fill(words.channel, { channel, figure });
  button.setAttribute('aria-label', isSilenced ? `${name} · ${words.silenced}` : name);
  button.title = isSilenced ? words.silenced : '';
  button.onclick = () => toggle(channel);
  return button;
}

/** @param {Component<Payload>} component */
export default function mount({ data, parentElement, setTriggerValue }) {
  const state = stateOf(parentElement);
  Object.assign(state, { data, root: find(parentElement, '.lists', HTMLElement) });
  hearSilencing(state, data.silencing);
  state.toggle = (channel) => {
    clickChannel(state, channel, setTriggerValue);
    render(state);
  };
  render(state);
}
