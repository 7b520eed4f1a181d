// @ts-check
// Two grids: the input with its padding, and the output, each cell of which is one place of the window.
import { statePerPlace } from '../shared/component.js';
import { element, find, say } from '../shared/elements.js';
import { fill, localise } from '../shared/numbers.js';
import { ARROWS } from '../shared/pointer.js';
import { isPadding, roleOf } from './window_places.js';

/** @import { Component } from '../shared/component.js' */
/** @import { Numbers } from './window_places.js' */
/** @typedef {{ numbers: Numbers, words: { input: string, output: string, cell: string } }} Payload */
/**
 * @typedef {object} State
 * @property {Payload} data
 * @property {ShadowRoot} root
 * @property {[number, number]} at the cell of the output
 * @property {HTMLElement[]} cells of the input
 * @property {HTMLElement[]} buttons of the output
 */

/** @returns {Partial<State>} what is known before anything came */
const newState = () => ({ at: [0, 0] });

/** @type {(parent: ShadowRoot) => State} */
const stateOf = statePerPlace(newState);

/**
 * @param {number} side
 * @param {number} at
 * @returns {[number, number]}
 */
const placeIn = (side, at) => [Math.floor(at / side), at % side];

/** @param {Numbers} numbers */
function inputCells(numbers) {
  const whole = numbers.side + 2 * numbers.padding;
  return Array.from({ length: whole * whole }, (_, at) => {
    const cell = element('div');
    cell.classList.toggle('pad', isPadding(numbers, ...placeIn(whole, at)));
    return cell;
  });
}

/**
 * @param {State} state
 * @param {number} row
 * @param {number} column
 */
function outputCell(state, row, column) {
  const { places } = state.data.numbers;
  const button = element('button');
  button.setAttribute('role', 'gridcell');
  button.setAttribute('aria-label', `${row}, ${column}`);
  button.onmouseenter = button.onfocus = button.onclick = () => show(state, row, column);
  button.onkeydown = (event) => {
    const step = ARROWS[event.key];
    if (!step) return;
    event.preventDefault();
    const [y, x] = [row + step[0], column + step[1]];
    if (y >= 0 && x >= 0 && y < places && x < places) state.buttons[y * places + x].focus();
  };
  return button;
}

/**
 * Shows the window of a cell of the output.
 * @param {State} state
 * @param {number} row
 * @param {number} column
 */
function show(state, row, column) {
  const { numbers, words } = state.data;
  const { side, stride, padding, places } = numbers;
  state.at = [row, column];
  state.cells.forEach((cell, at) => {
    const role = roleOf(numbers, state.at, ...placeIn(side + 2 * padding, at));
    for (const name of ['tap', 'under']) cell.classList.toggle(name, role === name);
  });
  state.buttons.forEach((button, at) => {
    const isHere = at === row * places + column;
    button.setAttribute('aria-selected', String(isHere));
    button.tabIndex = isHere ? 0 : -1;
  });
  const [top, left] = [row * stride - padding, column * stride - padding].map((edge) => localise(String(edge)));
  say(state.root, 'output', fill(words.cell, { row, column, top, left }));
}

/** @param {State} state */
function draw(state) {
  const { numbers, words } = state.data;
  const { side, padding, places } = numbers;
  const input = find(state.root, '.input', HTMLElement);
  const output = find(state.root, '.output', HTMLElement);
  say(state.root, '.in', words.input);
  say(state.root, '.out', words.output);
  input.style.gridTemplateColumns = `repeat(${side + 2 * padding}, 22px)`;
  output.style.gridTemplateColumns = `repeat(${places}, 24px)`;
  state.cells = inputCells(numbers);
  state.buttons = Array.from({ length: places * places }, (_, at) => outputCell(state, ...placeIn(places, at)));
  input.replaceChildren(...state.cells);
  output.replaceChildren(...state.buttons);
  const [row, column] = state.at;
  show(state, Math.min(row, places - 1), Math.min(column, places - 1));
}

/** @param {Component<Payload>} component */
export default function mount({ data, parentElement }) {
  const state = stateOf(parentElement);
  Object.assign(state, { data, root: parentElement });
  draw(state);
}
