// @ts-check
// Minima, paths up to now, the heads of the paths and the start, on the map and on the block.
import { clamp } from '../shared/colormap.js';

/** @import { Context } from '../shared/drawing.js' */
/** @import { Entrant, Spot, State } from './state.js' */

const BEHIND = 0.6; // opacity of a mark behind a hill
const FAINT = 0.35; // of a diverged path, which would cover all others

/**
 * @param {Context} context
 * @param {number} x
 * @param {number} y
 * @param {number} radius
 */
function star(context, x, y, radius) {
  context.beginPath();
  for (let k = 0; k < 10; k++) {
    const angle = (Math.PI * k) / 5 - Math.PI / 2;
    const length = k % 2 ? radius * 0.45 : radius;
    context.lineTo(x + length * Math.cos(angle), y + length * Math.sin(angle));
  }
  context.closePath();
}

/**
 * Draws all marks. `spot` tells of a place where it is on the canvas, and whether it is seen; `strokePath` draws a path up
 * to a step.
 * @param {State} state
 * @param {(x: number, y: number) => Spot} spot
 * @param {(k: number, end: number, alpha: number) => void} strokePath
 */
export function drawMarks(state, spot, strokePath) {
  const { head, look } = state;
  const { context } = state.map;
  for (const [x, y] of head.minima) drawMinimum(state, spot(x, y));
  const last = Math.floor(state.t);
  for (const [k, entrant] of head.entrants.entries()) {
    if (state.hidden.has(k)) continue;
    const path = state.paths[k];
    const end = Math.min(last, path.length / 3 - 1);
    context.strokeStyle = entrant.colour;
    context.lineWidth = 2.5;
    context.setLineDash(entrant.dash);
    strokePath(k, end, entrant.diverged === null ? 1 : FAINT);
    context.setLineDash([]);
    drawHead(state, entrant, last, spot(path[3 * end], path[3 * end + 1]));
  }
  const { at: [x, y], seen } = spot(...state.start);
  context.globalAlpha = seen ? 1 : BEHIND;
  context.beginPath();
  context.arc(x, y, 8, 0, 2 * Math.PI);
  context.strokeStyle = look.text;
  context.lineWidth = 2;
  context.stroke();
  context.globalAlpha = 1;
}

/**
 * @param {State} state
 * @param {Spot} spot
 */
function drawMinimum({ look, map: { context } }, { at: [x, y], seen }) {
  star(context, x, y, 9);
  context.globalAlpha = seen ? 1 : BEHIND;
  context.fillStyle = look.back;
  context.strokeStyle = look.text;
  context.lineWidth = 1.5;
  context.fill();
  context.stroke();
}

/**
 * @param {State} state
 * @param {Entrant} entrant
 * @param {number} last the step that is shown
 * @param {Spot} spot
 */
function drawHead(
  { look, map: { context, width, height } },
  { colour, diverged },
  last,
  { at: [x, y], seen, isOutside },
) {
  context.globalAlpha = seen ? 1 : BEHIND;
  context.fillStyle = colour;
  if (diverged !== null && last >= diverged) {
    context.font = `bold 16px ${look.font}`;
    context.textAlign = 'center';
    context.textBaseline = 'middle';
    context.fillText('✗', clamp(x, 10, width - 10), clamp(y, 10, height - 10));
  } else if (!isOutside) {
    context.beginPath();
    context.arc(x, y, 6, 0, 2 * Math.PI);
    context.strokeStyle = look.back;
    context.lineWidth = 2;
    context.fill();
    context.stroke();
  }
}
