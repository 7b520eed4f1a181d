// @ts-check
// The values of f by step, in step with the paths of a race.
import { blank, contextOf } from '../shared/drawing.js';
import { digits, fill, localise } from '../shared/numbers.js';
import { curvePlaces, lostAt, PAD, powerTicks } from './curve_scales.js';

/** @import { Context } from '../shared/drawing.js' */
/** @import { Curve } from './curve_scales.js' */
/** @import { Entrant, State } from './state.js' */
/** @typedef {ReturnType<typeof curvePlaces>} Places */

const FAINT = 0.18; // opacity of what is still to come
const BAND = 0.16;

/**
 * @param {State} state
 * @param {Context} context
 * @param {Places} places
 */
function writeAxes({ head, curves: { width, height }, look, range }, context, { x }) {
  context.font = `12px ${look.font}`;
  context.fillStyle = context.strokeStyle = look.text;
  context.lineWidth = 1;
  context.textAlign = 'right';
  context.textBaseline = 'middle';
  for (const { power, at } of powerTicks(height, range)) {
    context.globalAlpha = 0.15;
    context.beginPath();
    context.moveTo(PAD.left, at);
    context.lineTo(width - PAD.right, at);
    context.stroke();
    context.globalAlpha = 0.85;
    context.fillText(powerText(power), PAD.left - 6, at);
  }
  context.textBaseline = 'top';
  context.textAlign = 'center';
  for (const share of [0, 0.25, 0.5, 0.75, 1]) {
    context.fillText(String(Math.round(share * head.steps)), x(share * head.steps), height - PAD.bottom + 6);
  }
  context.fillText(head.words.step, (PAD.left + width - PAD.right) / 2, height - 13);
  context.save();
  context.translate(11, (PAD.top + height - PAD.bottom) / 2);
  context.rotate(-Math.PI / 2);
  context.fillText(head.words.above, 0, -6);
  context.restore();
}

/** @param {number} power */
function powerText(power) {
  return power >= -3 && power <= 4 ? localise(String(Number((10 ** power).toPrecision(1)))) : `1e${power}`;
}

/**
 * @param {State} state
 * @param {Context} context
 */
function clip({ curves: { width, height } }, context) {
  context.beginPath();
  context.rect(PAD.left, PAD.top - 6, width - PAD.left - PAD.right, height - PAD.top - PAD.bottom + 10);
  context.clip();
}

/**
 * Draws the line of an entrant up to a step.
 * @param {Context} context
 * @param {Curve} curve
 * @param {Entrant} entrant
 * @param {number} until
 * @param {Places} places
 */
function strokeCurve(context, { line }, { colour, dash }, until, { x, y }) {
  context.beginPath();
  for (let i = 0; i <= Math.min(until, line.length - 1); i++) context.lineTo(x(i), y(line[i]));
  context.strokeStyle = colour;
  context.lineWidth = 2.5;
  context.setLineDash(dash);
  context.stroke();
}

/**
 * @param {Context} context
 * @param {Curve} curve
 * @param {string} colour
 * @param {Places} places
 */
function fillBand(context, { line, band }, colour, { x, y }) {
  if (!band) return;
  context.beginPath();
  for (let i = 0; i < line.length; i++) context.lineTo(x(i), y(band.low[i]));
  for (let i = line.length - 1; i >= 0; i--) context.lineTo(x(i), y(band.high[i]));
  context.globalAlpha = BAND;
  context.fillStyle = colour;
  context.fill();
}

/** @param {State} state */
function shown({ head, lines, hidden }) {
  return head.entrants.map((entrant, k) => ({ entrant, curve: lines[k] })).filter((_, k) => !hidden.has(k));
}

/**
 * Returns what stays while the race is played: axes, bands, and all lines faintly.
 * @param {State} state
 * @param {Places} places
 */
function paintBackdrop(state, places) {
  const { canvas, width, height } = state.curves;
  const sheet = blank(canvas.width, canvas.height);
  const context = contextOf(sheet);
  context.setTransform(canvas.width / width, 0, 0, canvas.height / height, 0, 0);
  writeAxes(state, context, places);
  clip(state, context);
  for (const { entrant, curve } of shown(state)) {
    fillBand(context, curve, entrant.colour, places);
    context.globalAlpha = FAINT;
    strokeCurve(context, curve, entrant, Infinity, places);
  }
  return sheet;
}

/** @param {State} state */
export function drawCurves(state) {
  const { context, width, height } = state.curves;
  const places = curvePlaces(state.head, state.curves, state.range);
  state.backdrop ??= paintBackdrop(state, places);
  context.clearRect(0, 0, width, height);
  context.drawImage(state.backdrop, 0, 0, width, height);
  context.save();
  clip(state, context);
  const last = Math.floor(state.t);
  for (const { entrant, curve } of shown(state)) strokeCurve(context, curve, entrant, last, places);
  context.setLineDash([]);
  context.globalAlpha = 0.5;
  context.strokeStyle = state.look.text;
  context.lineWidth = 1;
  context.beginPath();
  context.moveTo(places.x(last), PAD.top);
  context.lineTo(places.x(last), height - PAD.bottom);
  context.stroke();
  context.restore();
}

/**
 * Returns what the line of an entrant says at a step: its value, or since when it is lost.
 * @param {State} state
 * @param {number} k
 * @param {number} step
 */
export function curveText({ head, lines }, k, step) {
  const lost = lostAt(lines[k], head.entrants[k].diverged);
  if (lost !== null && step >= lost) return fill(head.words.diverged, { step: lost });
  const { line } = lines[k];
  return digits(line[Math.min(step, line.length - 1)]);
}
