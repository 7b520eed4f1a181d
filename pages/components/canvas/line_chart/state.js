// @ts-check
// What a chart shows, and what is known of its canvas.

/** @import { Context, Look } from '../shared/drawing.js' */
/** @import { Bytes, Floats } from '../shared/payload.js' */
/** @import { Area, Axis, Series } from './scales.js' */
/**
 * @typedef {object} Entry
 * @property {string} key
 * @property {string} title
 * @property {string} colour
 * @property {number[]} dash
 * @property {boolean} faded of a saved race, beside the present one
 * @property {true | null} lost its method diverged
 * @property {string} lostText
 * @property {number | null} mark the place on the axis that is marked with a dot
 */
/** @typedef {'chart' | 'save' | 'title' | 'x' | 'y' | 'hint' | 'at' | 'hide' | 'plane'} Word */
/**
 * @typedef {object} Head
 * @property {Entry[]} series
 * @property {[number, number]} xRange
 * @property {boolean} log
 * @property {boolean} xLog
 * @property {boolean} isShare
 * @property {boolean} hasBands
 * @property {[number, number, number, number] | null} plane left, right, low and high
 * @property {number} planeSide
 * @property {string[]} planeTitles
 * @property {Record<Word, string>} words
 */
/**
 * @typedef {object} State
 * @property {Head} head
 * @property {ShadowRoot} root
 * @property {HTMLCanvasElement} canvas
 * @property {Series[]} series
 * @property {Bytes[]} planes
 * @property {ArrayLike<number>} points x, y and class of each example
 * @property {Set<string>} hidden
 * @property {number | null} at the place on the axis under the pointer
 * @property {Context} context
 * @property {number} width
 * @property {number} height
 * @property {Look} look
 * @property {Area} [area]
 * @property {Axis} x
 * @property {Axis} y
 * @property {ResizeObserver | null} [observer]
 */

export const FADED = 0.4; // opacity of a saved race, beside the present one

/** @returns {Partial<State>} what is known before anything came */
export function newState() {
  return { hidden: new Set(), at: null };
}

/**
 * Returns the entries of a chart with their series, but for those that are hidden.
 * @param {State} state
 */
export function shownSeries({ head, series, hidden }) {
  return head.series.map((entry, k) => ({ entry, line: series[k] })).filter(({ entry }) => !hidden.has(entry.key));
}
