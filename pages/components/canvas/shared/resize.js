// @ts-check
// Drawing anew when the place on the page changes its size.
import { pixelRatio } from './drawing.js';

/** @typedef {{ observer?: ResizeObserver }} Watched */

/**
 * Calls `draw` when the size of an element changes; to be called anew with each payload. Returns what ends it.
 * @param {Watched} state
 * @param {Element} element
 * @param {ResizeObserverCallback} draw
 */
export function watchSize(state, element, draw) {
  state.observer?.disconnect();
  const observer = (state.observer = new ResizeObserver(draw));
  observer.observe(element);
  return () => state.observer?.disconnect();
}

/**
 * The same for a canvas that takes its width from the element around it.
 * @template {Watched & { canvas: HTMLCanvasElement }} State
 * @param {State} state
 * @param {(state: State) => void} draw
 */
export function watchWidth(state, draw) {
  const { canvas } = state;
  const box = /** @type {HTMLElement} */ (canvas.parentElement);
  return watchSize(state, box, () => box.clientWidth * pixelRatio() !== canvas.width && draw(state));
}
