// @ts-check
// Numbers as the visitor writes them, and the texts that hold them.

let decimalSign = '.';

/**
 * Sets the sign between whole and decimals: all on a page are of one visitor, in one language.
 * @param {string} sign
 */
export function setDecimalSign(sign) {
  decimalSign = sign;
}

/**
 * Returns a number with three significant digits, as everywhere where a range is printed.
 * @param {number} value
 */
export function digits(value) {
  if (value === 0) return '0';
  const magnitude = Math.abs(value);
  return localise(magnitude >= 1e5 || magnitude < 1e-3 ? value.toExponential(2) : String(Number(value.toPrecision(3))));
}

/**
 * Returns a number as `String` writes it, with the visitor's decimal sign and a true minus.
 * @param {string} number
 */
export function localise(number) {
  return number.replace('.', decimalSign).replaceAll('-', '−');
}

/**
 * Returns a text with the values at the places that bear their names in braces.
 * @param {string} template
 * @param {Record<string, string | number>} values
 */
export function fill(template, values) {
  return template.replace(/\{(\w+)\}/g, (whole, name) => (name in values ? String(values[name]) : whole));
}
