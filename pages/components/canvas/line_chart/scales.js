// @ts-check
// The axes of a chart: their ranges, their ticks, and which place on the screen a value has.
import { clamp } from '../shared/colormap.js';

/** @typedef {ArrayLike<number> & Iterable<number>} Numbers */
/** @typedef {{ steps: Numbers, middle: Numbers, low: Numbers, high: Numbers }} Series median, and the band of all seeds */
/** @typedef {{ left: number, right: number, top: number, bottom: number }} Area px */
/** @typedef {{ ticks: number[], share: (value: number) => number }} Axis maps its range to 0..1 */

const MARGIN = { left: 62, right: 14, top: 12, bottom: 40 }; // px around the curves
const TICKS = 6;
const TOP_SHARE = 0.995; // of the values; the rest may leave through the top

/**
 * Returns the part of a canvas that the curves have.
 * @param {number} width
 * @param {number} height
 * @returns {Area}
 */
export function areaOf(width, height) {
  return { left: MARGIN.left, right: width - MARGIN.right, top: MARGIN.top, bottom: height - MARGIN.bottom };
}

/**
 * Returns the round number that is the distance of ticks on a range.
 * @param {number} span
 */
export function niceStep(span) {
  const rough = span / TICKS;
  const power = 10 ** Math.floor(Math.log10(rough));
  return [1, 2, 2.5, 5, 10].map((factor) => factor * power).find((step) => step >= rough) ?? 10 * power;
}

/**
 * Returns the axis of a range.
 * @param {number} low
 * @param {number} high
 * @param {boolean} isLog
 * @returns {Axis}
 */
export function axisOf(low, high, isLog) {
  return isLog ? logAxis(low, high) : linearAxis(low, high);
}

/**
 * @param {number} low
 * @param {number} high
 * @returns {Axis}
 */
function linearAxis(low, high) {
  return { ticks: evenTicks(low, high), share: (value) => (value - low) / (high - low) };
}

/**
 * @param {number} low
 * @param {number} high
 */
function evenTicks(low, high) {
  const step = niceStep(high - low);
  const ticks = [];
  for (let k = Math.ceil(low / step); k * step <= high + step * 1e-6; k++) {
    ticks.push(Number((k * step).toPrecision(12)));
  }
  return ticks;
}

/**
 * @param {number} low
 * @param {number} high
 * @returns {Axis}
 */
function logAxis(low, high) {
  const [from, to] = [Math.log10(low), Math.log10(high)];
  const span = Math.max(to - from, 0.1);
  const every = Math.max(1, Math.ceil(span / TICKS));
  const whole = [];
  for (let power = Math.ceil(from); power <= to + 1e-9; power += every) whole.push(10 ** power);
  const fine = fineTicks(from, to).filter((value) => value >= low && value <= high);
  const ticks = whole.length > 2 ? whole : fine.length > 1 || low === high ? fine : evenTicks(low, high);
  return { ticks, share: (value) => (Math.log10(value) - from) / span };
}

/**
 * @param {number} from
 * @param {number} to
 */
function fineTicks(from, to) {
  const ticks = [];
  for (let power = Math.floor(from); power <= to; power++) for (const k of [1, 2, 5]) ticks.push(k * 10 ** power);
  return ticks;
}

/**
 * Returns the range of what is shown; outliers of single runs leave through the top rather than flatten all the others.
 * @param {Series[]} series
 * @param {{ log: boolean, isShare: boolean }} kind
 * @returns {[number, number]}
 */
export function valueRange(series, { log, isShare }) {
  const values = finiteValues(series, log);
  if (isShare && !values.length) return [0, 1];
  if (isShare && !log) return [shareFloor(values), 1];
  if (!values.length) return log ? [0.1, 10] : [0, 1];
  values.sort((a, b) => a - b);
  const top = values[Math.min(values.length - 1, Math.floor(values.length * TOP_SHARE))];
  if (log) return [values[0] / 1.15, Math.max(top, values[0] * 1.5) * 1.15];
  const low = Math.min(0, values[0]);
  return [low, low + Math.max(top - low, 1e-9) * 1.06];
}

/**
 * @param {Series[]} series
 * @param {boolean} isLog
 */
function finiteValues(series, isLog) {
  const values = [];
  for (const { low, middle, high } of series) {
    for (const part of [low, middle, high]) {
      for (const value of part) if (Number.isFinite(value) && (!isLog || value > 0)) values.push(value);
    }
  }
  return values;
}

/**
 * Returns the tenth below all shares.
 * @param {number[]} values
 */
function shareFloor(values) {
  const least = Math.min(1, ...values.slice(0, 1e5)); // a call takes only so many arguments
  return clamp(Math.floor(least * 10 - 0.5) / 10, 0, 1);
}

/**
 * Returns the place of a value across an area, and that of one down it; what leaves through the top stays just above.
 * @param {Area} area
 * @param {Axis} x
 * @param {Axis} y
 * @param {boolean} isLog
 */
export function placesIn(area, x, y, isLog) {
  const across = (/** @type {number} */ value) => area.left + x.share(value) * (area.right - area.left);
  const down = (/** @type {number} */ value) => {
    const share = y.share(isLog ? Math.max(value, 1e-30) : value);
    return area.bottom - Math.max(-0.02, Math.min(1.05, share)) * (area.bottom - area.top);
  };
  return { across, down };
}

/**
 * Returns the step under a pointer; null beside the curves.
 * @param {Area} area
 * @param {[number, number]} range
 * @param {number} x px from the left edge of the canvas on
 */
export function stepUnder({ left, right }, [first, last], x) {
  const share = (x - left) / (right - left);
  return share < 0 || share > 1 ? null : Math.round(first + share * (last - first));
}

/**
 * Returns the place of the step that is nearest to one, in a list that ascends; of two, the later one.
 * @param {ArrayLike<number>} steps
 * @param {number} at
 */
export function nearest(steps, at) {
  let [low, high] = [0, steps.length - 1];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (steps[middle] < at) low = middle + 1;
    else high = middle;
  }
  return low > 0 && at - steps[low - 1] < steps[low] - at ? low - 1 : low;
}

/**
 * Returns the place of the step that is nearest to one on a logarithmic axis; of two, the earlier one.
 * @param {ArrayLike<number>} steps
 * @param {number} mark
 */
export function nearestByRatio(steps, mark) {
  let best = 0;
  const distance = (/** @type {number} */ i) => Math.abs(Math.log(steps[i] / mark));
  for (let i = 1; i < steps.length; i++) if (distance(i) < distance(best)) best = i;
  return best;
}
