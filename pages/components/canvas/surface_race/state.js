// @ts-check
// What is known of a race: what came, what is shown of it, and what has been drawn already.

/** @import { Context, Look } from '../shared/drawing.js' */
/** @import { Bytes, Floats } from '../shared/payload.js' */
/** @import { Curve } from './curve_scales.js' */
/** @import { Path3d, View } from './projection.js' */
/** @import { Block } from './solid.js' */
/**
 * @typedef {object} Entrant
 * @property {string} title
 * @property {string} colour
 * @property {number[]} dash
 * @property {number | null} diverged the step from which on it is lost
 */
/**
 * @typedef {object} Head
 * @property {string} id
 * @property {[number, number, number, number]} box left, right, low and high
 * @property {number} side places of the grid of heights
 * @property {number} bands
 * @property {number[]} edges the heights between which the bands lie
 * @property {[number, number][]} minima
 * @property {[number, number]} start
 * @property {number} steps
 * @property {number} lowest
 * @property {number} unit of the logarithmic scale of heights
 * @property {number} high
 * @property {Entrant[]} entrants
 * @property {Record<string, string>} words
 */
/** @typedef {{ canvas: HTMLCanvasElement, context: Context, width: number, height: number }} Sheet */
/** @typedef {{ at: [number, number], seen: boolean, isOutside?: boolean }} Spot where a place is on the canvas */
/** @typedef {{ screen: Float32Array, seen: Uint8Array, counts: Uint32Array }} Placed a path as it is seen now */
/**
 * @typedef {object} State
 * @property {Head} head
 * @property {ShadowRoot} root
 * @property {Bytes} bands the band of each place of the grid
 * @property {Floats} heights from 0 to 1
 * @property {Floats[]} paths x, y and f of each step
 * @property {Curve[]} lines
 * @property {[number, number]} range of the curves' axis, powers of ten
 * @property {[number, number]} start
 * @property {number} t the step that is shown, between whole ones while it plays
 * @property {number} speed steps a second
 * @property {boolean} [playing]
 * @property {number} [frames] drawn while it played
 * @property {number} [frame] the next one
 * @property {Set<number>} hidden entrants
 * @property {boolean} isSolid
 * @property {View} view
 * @property {boolean} [turning]
 * @property {number} [turn] the next frame of a turn
 * @property {Look} look
 * @property {Sheet} map
 * @property {Sheet} curves
 * @property {HTMLCanvasElement} sheet the surface from above
 * @property {HTMLCanvasElement | null} backdrop of the curves
 * @property {Block | null} block
 * @property {[Uint8ClampedArray, Uint8ClampedArray] | null} tones ink and paper
 * @property {Path3d[] | null} draped
 * @property {Placed[]} placed
 * @property {(x: number, y: number) => Spot} spot
 * @property {() => void} draw draws all that is shown
 * @property {ResizeObserver} [observer]
 */

export const FIRST_VIEW = { azimuth: -0.42, elevation: 0.95 }; // radians

/** @returns {Partial<State>} what is known before anything came */
export function newState() {
  return { t: 0, speed: 60, hidden: new Set(), isSolid: false, view: { ...FIRST_VIEW } };
}
