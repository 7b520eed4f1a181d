// @ts-check
// How numbers are written in squares, in sums and in formulas.
import { localise } from '../shared/numbers.js';

/** @type {Record<string, string>} */
const SMALL = { '-': '⁻', 0: '⁰', 1: '¹', 2: '²', 3: '³', 4: '⁴', 5: '⁵', 6: '⁶', 7: '⁷', 8: '⁸', 9: '⁹' };

/**
 * Returns the power of ten that squares are multiplied by to be legible with two decimals; 0 where they are as they are.
 * @param {number} largest
 */
export function powerFor(largest) {
  if (!(largest > 0)) return 0;
  const exponent = Math.floor(Math.log10(largest));
  return exponent >= -1 && exponent <= 2 ? 0 : exponent;
}

/**
 * Returns a number divided by a power of ten, in few characters.
 * @param {number} value
 * @param {number} power
 */
export function brief(value, power) {
  const scaled = value / 10 ** power;
  const magnitude = Math.abs(scaled);
  if (scaled === 0) return '0';
  const text = scaled.toFixed(magnitude >= 100 ? 0 : magnitude >= 10 ? 1 : 2);
  return localise(Number(text) === 0 ? text.replace('-', '') : text);
}

/**
 * Returns " ×10ⁿ"; nothing for 0.
 * @param {number} power
 */
export function exponentText(power) {
  return power ? ` ×10${[...String(power)].map((sign) => SMALL[sign]).join('')}` : '';
}

/**
 * Returns with how many decimals numbers are written that are added up: equally many, five digits for the largest.
 * @param {number[]} values
 */
export function decimalsFor(values) {
  const largest = Math.max(...values.map(Math.abs));
  return largest > 0 ? Math.max(0, Math.min(12, 4 - Math.floor(Math.log10(largest)))) : 0;
}

/**
 * Returns a number with so many decimals; no minus before a zero.
 * @param {number} value
 * @param {number} decimals
 */
export function fixed(value, decimals) {
  const text = value.toFixed(decimals);
  return localise(Number(text) === 0 ? '0' : text);
}

/**
 * Returns a number with five digits, or fewer where that is all of it.
 * @param {number} value
 */
export function precise(value) {
  const magnitude = Math.abs(value);
  if (value === 0 || (magnitude >= 1e-5 && magnitude < 1e6)) return localise(String(Number(value.toPrecision(5))));
  const [mantissa, exponent] = value.toExponential(4).split('e');
  return localise(String(Number(mantissa))) + exponentText(Number(exponent)).trim();
}

/**
 * Returns a text in brackets where it begins with a minus, so that it can follow another sign.
 * @param {string} text
 */
export function bracketed(text) {
  return text.startsWith('−') ? `(${text})` : text;
}

/**
 * Returns the range that holds all values and 0, as its lower end and its length, never 0.
 * @param {number[]} values
 */
export function scaleOf(values) {
  const [low, high] = [Math.min(0, ...values), Math.max(0, ...values)];
  return { low, span: high - low || 1 };
}
