// @ts-check
// The axes and the lines of a chart.
import { lookOf, prepare } from '../shared/drawing.js';
import { digits, localise } from '../shared/numbers.js';
import { areaOf, axisOf, nearestByRatio, placesIn, valueRange } from './scales.js';
import { FADED, shownSeries } from './state.js';

/** @import { Context } from '../shared/drawing.js' */
/** @import { Area, Series } from './scales.js' */
/** @import { Entry, Head, State } from './state.js' */
/** @typedef {ReturnType<typeof placesIn>} Places */

/**
 * Returns a value as the axis and the legend write it.
 * @param {Head} head
 * @param {number} value
 */
export function figure(head, value) {
  return head.isShare ? localise(`${Number((100 * value).toPrecision(3))}`) + ' %' : digits(value);
}

/**
 * Draws axes and lines on a canvas that fits its place; returns the area of the curves.
 * @param {State} state
 */
export function drawChart(state) {
  const { canvas, head } = state;
  Object.assign(state, prepare(canvas), { look: lookOf(canvas) });
  const area = areaOf(state.width, state.height);
  const [low, high] = valueRange(shownSeries(state).map(({ line }) => line), head);
  state.y = axisOf(low, high, head.log);
  state.x = axisOf(head.xRange[0], head.xRange[1], head.xLog);
  drawAxes(state, area);
  drawSeries(state, area);
  return area;
}

/**
 * @param {State} state
 * @param {Area} area
 */
function drawAxes(state, area) {
  const { context, width, height, look, head, x } = state;
  context.clearRect(0, 0, width, height);
  context.font = `13px ${look.font}`;
  context.lineWidth = 1;
  context.fillStyle = look.text;
  context.strokeStyle = look.text;
  drawValueTicks(state, area);
  context.textBaseline = 'top';
  context.textAlign = 'center';
  for (const tick of x.ticks) {
    const text = head.xLog ? digits(tick) : String(tick);
    context.fillText(text, area.left + x.share(tick) * (area.right - area.left), area.bottom + 6);
  }
  context.fillText(head.words.x, (area.left + area.right) / 2, height - 15);
  context.save();
  context.translate(12, (area.top + area.bottom) / 2);
  context.rotate(-Math.PI / 2);
  context.textBaseline = 'middle';
  context.fillText(head.words.y, 0, 0);
  context.restore();
  context.globalAlpha = 1;
}

/**
 * @param {State} state
 * @param {Area} area
 */
function drawValueTicks({ context, head, y }, area) {
  context.textAlign = 'right';
  context.textBaseline = 'middle';
  for (const tick of y.ticks) {
    const at = area.bottom - y.share(tick) * (area.bottom - area.top);
    if (at < area.top - 1 || at > area.bottom + 1) continue;
    context.globalAlpha = 0.14;
    context.beginPath();
    context.moveTo(area.left, at);
    context.lineTo(area.right, at);
    context.stroke();
    context.globalAlpha = 0.9;
    context.fillText(figure(head, tick), area.left - 8, at);
  }
}

/**
 * @param {State} state
 * @param {Area} area
 */
function drawSeries(state, area) {
  const { context, head, look } = state;
  const places = placesIn(area, state.x, state.y, head.log);
  const shown = shownSeries(state).filter(({ line }) => line.steps.length);
  context.save();
  context.beginPath();
  context.rect(area.left, area.top - 4, area.right - area.left + 4, area.bottom - area.top + 5);
  context.clip();
  if (head.hasBands) { for (const { entry, line } of shown) fillBand(context, entry, line, places); }
  for (const { entry, line } of shown) {
    strokeLine(context, entry, line, places);
    if (entry.lost !== null) markEnd(context, entry, line, places, area, look.font);
    if (entry.mark !== null) markPlace(context, entry.colour, line, nearestByRatio(line.steps, entry.mark), places);
  }
  context.restore();
  context.globalAlpha = 1;
}

/**
 * @param {Context} context
 * @param {Entry} entry
 * @param {Series} line
 * @param {Places} places
 */
function fillBand(context, entry, { steps, low, high }, { across, down }) {
  context.beginPath();
  for (let i = 0; i < steps.length; i++) context.lineTo(across(steps[i]), down(high[i]));
  for (let i = steps.length - 1; i >= 0; i--) context.lineTo(across(steps[i]), down(low[i]));
  context.globalAlpha = entry.faded ? 0.08 : 0.16;
  context.fillStyle = entry.colour;
  context.fill();
}

/**
 * @param {Context} context
 * @param {Entry} entry
 * @param {Series} line
 * @param {Places} places
 */
function strokeLine(context, entry, { steps, middle }, { across, down }) {
  context.beginPath();
  let isDrawing = false;
  for (let i = 0; i < steps.length; i++) {
    const isThere = Number.isFinite(middle[i]);
    if (isThere && isDrawing) context.lineTo(across(steps[i]), down(middle[i]));
    else if (isThere) context.moveTo(across(steps[i]), down(middle[i]));
    isDrawing = isThere;
  }
  context.globalAlpha = entry.faded ? FADED : 1;
  context.strokeStyle = entry.colour;
  context.lineWidth = entry.faded ? 2 : 2.5;
  context.lineJoin = 'round';
  context.setLineDash(entry.dash);
  context.stroke();
  context.setLineDash([]);
}

/**
 * Marks where a method diverged.
 * @param {Context} context
 * @param {Entry} entry
 * @param {Series} line
 * @param {Places} places
 * @param {Area} area
 * @param {string} font
 */
function markEnd(context, entry, { steps, middle }, { across, down }, area, font) {
  const last = steps.length - 1;
  context.font = `bold 15px ${font}`;
  context.textAlign = 'center';
  context.textBaseline = 'middle';
  context.fillStyle = entry.colour;
  context.fillText('✗', Math.min(area.right - 8, across(steps[last])), Math.max(area.top + 8, down(middle[last])));
}

/**
 * @param {Context} context
 * @param {string} colour
 * @param {Series} line
 * @param {number} i
 * @param {Places} places
 */
function markPlace(context, colour, { steps, middle }, i, { across, down }) {
  context.beginPath();
  context.arc(across(steps[i]), down(middle[i]), 5, 0, 2 * Math.PI);
  context.fillStyle = colour;
  context.fill();
}
