// @ts-check
// What is written around the solid surface: the scale of the heights, and x and y below the two sides that are seen.
import { digits } from '../shared/numbers.js';
import { FOOT, heightShare, TALL } from './projection.js';

/** @import { Context } from '../shared/drawing.js' */
/** @import { Project } from './projection.js' */
/** @import { State } from './state.js' */

/** @type {[number, number][]} the upright edges, by u and v */
const EDGES = [[-0.5, -0.5], [0.5, -0.5], [0.5, 0.5], [-0.5, 0.5]];
const CLOSEST = 15; // px between two labels

/**
 * @param {State} state
 * @param {Context} context
 * @param {Project} project
 */
export function writeBlockAxes({ head, look }, context, project) {
  context.font = `12px ${look.font}`;
  context.fillStyle = context.strokeStyle = look.text;
  context.lineWidth = 1;
  writeHeights(head, context, project);
  context.textAlign = 'center';
  writeSides(head.box, context, project);
}

/**
 * Writes the scale of the heights beside the leftmost edge.
 * @param {State['head']} head
 * @param {Context} context
 * @param {Project} project
 */
function writeHeights(head, context, project) {
  const [u, v] = EDGES.reduce((one, other) => (project(...other, 0)[0] < project(...one, 0)[0] ? other : one));
  const [x, bottom] = project(u, v, 0);
  const line = (/** @type {[number, number]} */ from, /** @type {[number, number]} */ to) => {
    context.globalAlpha = 0.4;
    context.beginPath();
    context.moveTo(...from);
    context.lineTo(...to);
    context.stroke();
  };
  line([x, bottom], [x, project(u, v, TALL)[1]]);
  context.textAlign = 'right';
  context.textBaseline = 'middle';
  /** @type {number[]} */
  const written = [];
  for (const value of heightTicks(head.high)) {
    const at = project(u, v, TALL * heightShare(head, head.lowest + value))[1];
    if (written.some((other) => Math.abs(other - at) < CLOSEST)) continue;
    written.push(at);
    line([x - 4, at], [x, at]);
    context.globalAlpha = 0.85;
    context.fillText(digits(value), x - 7, at);
  }
}

/**
 * Returns the heights that are labelled where there is room, the most important ones first: both ends, then powers of ten.
 * @param {number} high
 */
export function heightTicks(high) {
  const powers = Array.from({ length: 40 }, (_, k) => 10 ** (20 - k));
  return [high, 0, ...powers.filter((value) => value < high)];
}

/**
 * @param {State['head']['box']} box
 * @param {Context} context
 * @param {Project} project
 */
function writeSides([left, right, low, high], context, project) {
  const front = EDGES.reduce((one, other) => (project(...other, 0)[2] > project(...one, 0)[2] ? other : one));
  /** @type {{ name: string, ends: [number, number], along: (at: number) => [number, number, number] }[]} */
  const sides = [
    { name: 'x', ends: [left, right], along: (at) => project(at, front[1], -FOOT) },
    { name: 'y', ends: [low, high], along: (at) => project(front[0], at, -FOOT) },
  ];
  for (const { name, ends, along } of sides) {
    const outwards = Math.sign(along(0)[0] - project(0, 0, -FOOT)[0]);
    for (const [at, text] of /** @type {const} */ ([[-0.42, digits(ends[0])], [0, name], [0.42, digits(ends[1])]])) {
      const [x, y] = along(at);
      context.fillText(text, x + 9 * outwards, y + 11);
    }
  }
}
