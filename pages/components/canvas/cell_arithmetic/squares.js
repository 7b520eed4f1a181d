// @ts-check
// Maps with a window on them, and squares with numbers in them.
import { packedColours } from '../shared/colormap.js';
import { blank, contextOf, fontOf, pixelRatio, style } from '../shared/drawing.js';
import { brief } from './number_format.js';
import { colourOf, shade } from './square_colours.js';

/** @import { Context } from '../shared/drawing.js' */
/** @import { Bytes } from '../shared/payload.js' */
/** @typedef {[number, number, number, number]} Box [top, left, bottom, right] in cells */
/**
 * @typedef {object} Squares
 * @property {ArrayLike<number> & Iterable<number>} values
 * @property {number} columns
 * @property {number} unit px of a square
 * @property {Bytes} lut
 * @property {number} low
 * @property {number} high
 * @property {boolean[] | null} inside false for padding, which is hatched
 * @property {number} marked the square that is framed, −1 for none
 * @property {number} power of ten that numbers are divided by
 */

const NEAR_BLACK = '#14181d';
const LEGIBLE = 24; // px of a square from which on its number can be read

/**
 * Returns a map, coloured, on a canvas of one pixel a cell.
 * @param {ArrayLike<number>} values
 * @param {[number, number]} shape
 * @param {Bytes} lut
 * @param {number} low
 * @param {number} high
 */
export function paintCells(values, [height, width], lut, low, high) {
  const canvas = blank(width, height);
  const image = new ImageData(width, height);
  const pixels = new Uint32Array(image.data.buffer);
  const colours = packedColours(lut);
  for (let i = 0; i < values.length; i++) pixels[i] = colours[shade(values[i], low, high)];
  contextOf(canvas).putImageData(image, 0, 0);
  return canvas;
}

/**
 * Gives a canvas so many px, and returns what draws on it in these.
 * @param {HTMLCanvasElement} canvas
 * @param {number} width
 * @param {number} height
 */
function fit(canvas, width, height) {
  const ratio = pixelRatio();
  const [w, h] = [Math.round(width * ratio), Math.round(height * ratio)];
  if (canvas.width !== w) canvas.width = w;
  if (canvas.height !== h) canvas.height = h;
  canvas.style.width = `${width}px`;
  canvas.style.height = `${height}px`;
  const context = contextOf(canvas);
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, width, height);
  return context;
}

/**
 * Draws a map in a square of `side`, as many cells of padding around it as `margin` says, [up and down, sideways], the
 * window from `box` outlined.
 * @param {HTMLCanvasElement} canvas
 * @param {HTMLCanvasElement} painted
 * @param {number} side
 * @param {[number, number]} margin
 * @param {Box | undefined} box
 * @param {string} colour
 */
export function drawWindow(canvas, painted, side, margin, box, colour) {
  const [rows, columns] = [painted.height + 2 * margin[0], painted.width + 2 * margin[1]];
  const unit = side / Math.max(rows, columns);
  const context = fit(canvas, columns * unit, rows * unit);
  if (margin[0] || margin[1]) hatch(context, 0, 0, columns * unit, rows * unit, style(canvas, '--st-text-color'));
  context.imageSmoothingEnabled = unit * pixelRatio() < 1;
  context.imageSmoothingQuality = 'high';
  context.drawImage(painted, margin[1] * unit, margin[0] * unit, painted.width * unit, painted.height * unit);
  if (!box) return;
  const [top, left, bottom, right] = box.map((place, i) => (place + margin[i % 2]) * unit);
  const grow = Math.max(0, 5 - (right - left)) / 2; // a window of a few pixels is still to be found
  frame(context, left - grow, top - grow, right - left + 2 * grow, bottom - top + 2 * grow, colour);
}

/**
 * @param {Context} context
 * @param {number} x
 * @param {number} y
 * @param {number} width
 * @param {number} height
 * @param {string} colour
 */
function frame(context, x, y, width, height, colour) {
  context.strokeStyle = '#ffffff'; // a light line inside a strong one shows on any colour
  context.lineWidth = 4;
  context.strokeRect(x, y, width, height);
  context.strokeStyle = colour;
  context.lineWidth = 2;
  context.strokeRect(x, y, width, height);
}

/**
 * @param {Context} context
 * @param {number} x
 * @param {number} y
 * @param {number} width
 * @param {number} height
 * @param {string} ink
 */
function hatch(context, x, y, width, height, ink) {
  context.save();
  context.beginPath();
  context.rect(x, y, width, height);
  context.clip();
  context.globalAlpha = 0.3;
  context.strokeStyle = ink;
  context.lineWidth = 1;
  context.beginPath();
  for (let at = -height; at < width; at += 6) {
    context.moveTo(x + at, y + height);
    context.lineTo(x + at + height, y);
  }
  context.stroke();
  context.restore();
}

/**
 * Draws squares, with their numbers where those can be read.
 * @param {HTMLCanvasElement} canvas
 * @param {Squares} squares
 */
export function drawSquares(canvas, squares) {
  const { values, columns, unit, marked } = squares;
  const rows = values.length / columns;
  const context = fit(canvas, columns * unit, rows * unit);
  context.font = fontOf(canvas, Math.max(9, Math.min(20, unit * 0.31)));
  context.textAlign = 'center';
  context.textBaseline = 'middle';
  const gap = unit > 12 ? 1 : 0;
  const ink = style(canvas, '--st-text-color');
  for (let i = 0; i < values.length; i++) drawSquare(context, squares, i, gap, ink);
  if (marked < 0) return;
  const [x, y] = [(marked % columns) * unit, Math.floor(marked / columns) * unit];
  frame(context, x + 2, y + 2, unit - gap - 4, unit - gap - 4, style(canvas, '--st-primary-color'));
}

/**
 * @param {Context} context
 * @param {Squares} squares
 * @param {number} i
 * @param {number} gap
 * @param {string} ink
 */
function drawSquare(context, { values, columns, unit, lut, low, high, inside, power }, i, gap, ink) {
  const [x, y] = [(i % columns) * unit, Math.floor(i / columns) * unit];
  const isPadding = inside && !inside[i];
  const colour = colourOf(lut, values[i], low, high);
  context.fillStyle = `rgb(${colour.join(',')})`;
  if (isPadding) hatch(context, x, y, unit - gap, unit - gap, ink);
  else context.fillRect(x, y, unit - gap, unit - gap);
  const luminance = 0.299 * colour[0] + 0.587 * colour[1] + 0.114 * colour[2];
  context.fillStyle = isPadding ? ink : luminance > 140 ? NEAR_BLACK : '#ffffff';
  if (unit >= LEGIBLE) context.fillText(brief(values[i], power), x + (unit - gap) / 2, y + (unit - gap) / 2 + 1);
}

/**
 * Draws squares as large as fit into a side.
 * @param {HTMLCanvasElement} canvas
 * @param {Omit<Squares, 'unit'>} squares
 * @param {number} side
 */
export function drawMini(canvas, squares, side) {
  const rows = squares.values.length / squares.columns;
  drawSquares(canvas, { ...squares, unit: Math.min(23, side / Math.max(rows, squares.columns)) });
}

/**
 * Returns whether numbers in squares of so many px can be read.
 * @param {number} unit
 */
export function isLegible(unit) {
  return unit >= LEGIBLE;
}
