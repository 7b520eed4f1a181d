// @ts-check
// Where the values of f lie on a logarithmic axis, by step.
//
// A line is the path's own values, or the median of many runs, which then has a band from the 10th percentile to the 90th.

/** @typedef {ArrayLike<number>} Numbers */
/** @typedef {{ line: Numbers, band: { low: Numbers, high: Numbers } | null }} Curve */
/** @typedef {{ width: number, height: number }} Size */

export const PAD = { left: 58, right: 12, top: 12, bottom: 34 }; // px around the curves
const LEAST = 1e-12; // of f above the minimum, on the logarithmic axis
const LABELS = 7; // of the axis, at most

/**
 * Returns for each entrant its line, and the band around it where there is one.
 * @param {Float32Array[]} paths x, y and f of each step
 * @param {Float32Array[]} spreads low, median and high of each step, one after the other
 * @returns {Curve[]}
 */
export function readLines(paths, spreads) {
  return paths.map((path, k) => {
    if (!spreads.length) return { line: path.filter((_, i) => i % 3 === 2), band: null };
    const count = spreads[k].length / 3;
    const [low, line, high] = [0, 1, 2].map((row) => spreads[k].subarray(row * count, (row + 1) * count));
    return { line, band: { low, high } };
  });
}

/**
 * Returns the powers of ten that the axis of f − f_min spans: what the sound runs reach; a diverged one leaves through the top.
 * Values that are not finite do not count; where none is, it is one power.
 * @param {Curve[]} lines
 * @param {(number | null)[]} diverged the step from which on each is lost
 * @param {number} lowest
 * @returns {[number, number]}
 */
export function curveRange(lines, diverged, lowest) {
  let [least, most] = [Infinity, -Infinity];
  for (const [k, { line, band }] of lines.entries()) {
    const [low, high] = [band?.low ?? line, band?.high ?? line];
    const isLost = band ? !Number.isFinite(high[high.length - 1]) : diverged[k] !== null;
    for (let i = 0; i < line.length; i++) {
      if (Number.isFinite(low[i])) least = Math.min(least, Math.max(LEAST, low[i] - lowest));
      if ((!isLost || i === 0) && Number.isFinite(high[i])) most = Math.max(most, Math.max(LEAST, high[i] - lowest));
    }
  }
  if (least > most) return [0, 1];
  return [Math.floor(Math.log10(least)), Math.ceil(Math.log10(most) + 0.2)];
}

/**
 * Returns what tells where a step lies across a canvas, and where a value lies down it.
 * @param {{ steps: number, lowest: number }} head
 * @param {Size} size
 * @param {[number, number]} range powers of ten
 */
export function curvePlaces({ steps, lowest }, { width, height }, [low, high]) {
  const x = (/** @type {number} */ step) => PAD.left + (step / steps) * (width - PAD.left - PAD.right);
  const y = (/** @type {number} */ value) => {
    const share = (Math.log10(Math.max(LEAST, value - lowest)) - low) / (high - low);
    return PAD.top + (1 - Math.min(1.05, share)) * (height - PAD.top - PAD.bottom);
  };
  return { x, y };
}

/**
 * Returns the labelled powers of ten, each with its place down a canvas.
 * @param {number} height
 * @param {[number, number]} range
 */
export function powerTicks(height, [low, high]) {
  const every = Math.max(1, Math.ceil((high - low) / LABELS));
  const ticks = [];
  for (let power = low; power <= high; power += every) {
    ticks.push({ power, at: PAD.top + (1 - (power - low) / (high - low)) * (height - PAD.top - PAD.bottom) });
  }
  return ticks;
}

/**
 * Returns the step at which a curve is lost; null for never.
 * @param {Curve} curve
 * @param {number | null} diverged
 */
export function lostAt({ line, band }, diverged) {
  if (!band) return diverged;
  const end = Array.prototype.findIndex.call(line, (value) => !Number.isFinite(value));
  return end < 0 ? null : end;
}
