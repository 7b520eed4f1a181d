// @ts-check
// Each picture keeps its canvas; a frame is drawn only once it is decoded, and never over a later one.
import { contextOf } from '../shared/drawing.js';
import { childrenOf, element, find, say } from '../shared/elements.js';
import { unpack } from '../shared/payload.js';

/** @import { Component } from '../shared/component.js' */
/** @import { Bytes } from '../shared/payload.js' */
/** @typedef {{ title: string, note: string, alternative: string, waiting: string }} Item */
/** @typedef {{ items: Item[] }} Head */

/** @type {WeakMap<HTMLCanvasElement, number>} how many pictures a canvas has been asked to show */
const turns = new WeakMap();

/** @param {HTMLCanvasElement} canvas */
function nextTurn(canvas) {
  const turn = (turns.get(canvas) ?? 0) + 1;
  turns.set(canvas, turn);
  return turn;
}

function place() {
  const figure = element('figure');
  const frame = element('div', 'place');
  const canvas = element('canvas');
  canvas.setAttribute('role', 'img');
  frame.append(canvas, element('span'));
  const caption = element('figcaption');
  caption.append(element('b'), element('span'));
  figure.append(frame, caption);
  return figure;
}

/**
 * @param {HTMLCanvasElement} canvas
 * @param {Bytes} content
 */
async function draw(canvas, content) {
  const turn = nextTurn(canvas);
  const image = await createImageBitmap(new Blob([content]));
  if (turns.get(canvas) !== turn) return;
  canvas.width = image.width;
  canvas.height = image.height;
  contextOf(canvas).drawImage(image, 0, 0);
}

/** @param {HTMLCanvasElement} canvas */
function clear(canvas) {
  nextTurn(canvas);
  canvas.width = canvas.height = 1;
}

/**
 * @param {HTMLElement} figure
 * @param {Item} item
 * @param {Bytes} content
 */
function show(figure, item, content) {
  const canvas = find(figure, 'canvas', HTMLCanvasElement);
  canvas.setAttribute('aria-label', item.alternative);
  say(figure, '.place span', content.length ? '' : item.waiting);
  say(figure, 'b', item.title);
  say(figure, 'figcaption span', item.note);
  if (content.length) draw(canvas, content);
  else clear(canvas);
}

/** @param {Component} component */
export default function mount({ data, parentElement }) {
  /** @type {{ head: Head, blocks: Bytes[] }} */
  const { head, blocks } = unpack(data);
  const root = find(parentElement, '.making', HTMLElement);
  const count = head.items.length;
  if (root.children.length !== count) root.replaceChildren(...head.items.map(place));
  root.style.setProperty('--columns', String(count));
  childrenOf(root).forEach((figure, k) => show(figure, head.items[k], blocks[k]));
}
