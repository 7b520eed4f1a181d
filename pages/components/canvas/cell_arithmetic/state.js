// @ts-check
// What is known of the cell, of the maps it is computed from, and of where the window is now.

/** @import { Bytes, Floats } from '../shared/payload.js' */
/**
 * @typedef {object} Slide where windows lie along an axis, one entry a cell of the output
 * @property {number} cells of the input
 * @property {number[]} firsts
 * @property {number[]} sizes
 * @property {number[]} counted
 * @property {number} dilation
 */
/**
 * @typedef {object} Term a number that is added: a window on a map, times a kernel
 * @property {string} title
 * @property {string} alternative
 * @property {number} value
 * @property {[number, number] | null} shape
 * @property {Floats | null} map
 * @property {Floats | null} kernel
 * @property {HTMLCanvasElement | null} painted
 */
/** @typedef {{ title: string, layer: string }} Named */
/** @typedef {{ kind: 'start' | 'unchanged' }} Plain */
/** @typedef {{ kind: 'activated', formula: string }} Activated */
/**
 * @typedef {{ kind: 'normalised', ofPlace: boolean, mean: number, variance: number, epsilon: number, scale: number, shift: number }} Normalised
 */
/** @typedef {Named & (Plain | Activated | Normalised)} Link */
/**
 * @typedef {object} Head
 * @property {string} id
 * @property {'sum' | 'maximum' | 'average' | string} kind
 * @property {string} operator
 * @property {string} sign
 * @property {[number, number]} cell
 * @property {[number, number]} out rows and columns of the output
 * @property {number} chosen which link of the chain is shown
 * @property {Slide | null} rows
 * @property {Slide | null} columns
 * @property {'zeros' | 'reflect' | 'circular' | 'replicate'} padding
 * @property {number | null} divisor
 * @property {number | null} bias
 * @property {number} low
 * @property {number} high
 * @property {boolean} signed
 * @property {number} limit of the colours of kernels
 * @property {number} outLow
 * @property {number} outHigh
 * @property {boolean} outSigned
 * @property {number} others how many terms are not shown
 * @property {number} rest what these contribute
 * @property {number} page
 * @property {number} pages
 * @property {number[]} values of the links at the cell
 * @property {{ title: string, alternative: string, value: number, shape: [number, number] | null, kernel: number[] | null }[]} terms
 * @property {Link[]} links
 * @property {Record<string, string>} words
 */
/** @typedef {{ rows: number[], columns: number[], values: number[], inside: boolean[] }} Patch */
/** @typedef {{ value: number, patch?: Patch, products?: number[] }} Found a term at a place */
/**
 * @typedef {object} Arithmetic everything at a place
 * @property {number} row
 * @property {number} column
 * @property {boolean} exact it is the chosen cell, whose numbers are the server's
 * @property {Found[]} terms
 * @property {number} rest
 * @property {number[]} values
 * @property {number[]} stored what the tensors of the links hold
 */
/** @typedef {{ terms: HTMLElement[], rest: HTMLElement | null, bias: HTMLElement | null, result: HTMLElement | null }} Rows */
/**
 * @typedef {object} State
 * @property {Head} head
 * @property {ShadowRoot} root
 * @property {Floats[]} maps of the links
 * @property {Term[]} terms
 * @property {HTMLCanvasElement} output
 * @property {Bytes} sequential colours
 * @property {Bytes} diverging
 * @property {[number, number]} margin cells that windows reach over the borders
 * @property {number} selected the term that is enlarged
 * @property {number} playing 0 or what `setInterval` returned
 * @property {number} [timer]
 * @property {[number, number]} at
 * @property {Arithmetic} now
 * @property {number} decimals
 * @property {number} side px of the maps
 * @property {Rows} rows
 * @property {(i: number) => void} select
 * @property {ResizeObserver} [observer]
 */

/** @returns {Partial<State>} what is known before anything came */
export function newState() {
  return { selected: 0, playing: 0 };
}
