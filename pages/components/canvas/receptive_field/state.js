// @ts-check
// What the drawing of a cell's field, and what listens to the pointer, know of it.

/** @import { Bytes, Floats } from '../shared/payload.js' */
/** @import { Cell, Field } from './boxes.js' */
/**
 * @typedef {'map' | 'middle' | 'right' | 'cell' | 'whole' | 'nothing' | 'sees' | 'padding' | 'pixel' | 'bare' | 'waiting'
 *   | 'absent' | 'unit' | 'zero' | 'solid' | 'dashed' | 'local' | 'effective' | 'opacity' | 'cells' | 'picture' | 'part'} Word
 */
/**
 * @typedef {object} Head
 * @property {string} id of the map
 * @property {number} h
 * @property {number} w
 * @property {number} low
 * @property {number} high
 * @property {boolean} signed
 * @property {number} row of the cell
 * @property {number} column
 * @property {Field | null} field
 * @property {Field | null} local where that is another
 * @property {number} margin pixels that are shown around the picture
 * @property {number} picture tells it from others
 * @property {number} pixels its side
 * @property {boolean} exact each of them is to be seen as it is
 * @property {boolean} pending the effective field is on its way
 * @property {[number, number, number, number] | null} share first and last row and column of most of the gradient
 * @property {[string, string][]} facts
 * @property {number} opacity per cent
 * @property {Record<Word, string>} words
 */
/**
 * @typedef {object} State
 * @property {Head} head
 * @property {ShadowRoot} root
 * @property {Record<'cells' | 'picture' | 'part', HTMLCanvasElement>} canvases
 * @property {Floats} values
 * @property {HTMLCanvasElement} map
 * @property {Floats | null} gradient
 * @property {HTMLCanvasElement | null} heat
 * @property {Cell} chosen
 * @property {Cell | null} [hovered]
 * @property {boolean} waiting what is there of the effective field is of another cell
 * @property {number} [opacity]
 * @property {number} [source] which picture is, or will be, there
 * @property {ImageBitmap} [picture]
 * @property {HTMLCanvasElement} [grey]
 * @property {number | null} [timer]
 * @property {ResizeObserver} [observer]
 */

/** @returns {Partial<State>} what is known before anything came */
export function newState() {
  return {};
}
