// @ts-check
// Outlines, arrows, crosses and hatching over a picture.

/** @import { Context } from '../shared/drawing.js' */
/** @import { Box } from './boxes.js' */
/**
 * @typedef {object} Pens
 * @property {Context} context
 * @property {number} scale pixels of the canvas for one of the picture
 * @property {number} margin pixels of the picture around it
 * @property {number} ratio pixels of the canvas for one of CSS
 * @property {number} side of the canvas
 */

export const ORANGE = '#d55e00';
export const [CASING, INK] = ['#ffffff', '#20262e'];

/**
 * Outlines [left, top, width, height], in pixels of the canvas, with a light line around a strong one.
 * @param {Context} context
 * @param {[number, number, number, number]} box
 * @param {string} colour
 * @param {number} thickness
 */
export function frame(context, box, colour, thickness) {
  context.setLineDash([]);
  context.strokeStyle = CASING;
  context.lineWidth = thickness + 2;
  context.strokeRect(...box);
  context.strokeStyle = colour;
  context.lineWidth = thickness;
  context.strokeRect(...box);
}

/**
 * Outlines a box of the picture.
 * @param {Pens} pens
 * @param {Box} box
 * @param {{ thickness: number, colour: string, casing?: string, dashes?: number[] }} look in px of CSS
 */
export function outline(
  { context, scale, margin, ratio },
  [top, left, bottom, right],
  { thickness, colour, casing, dashes = [] },
) {
  const [x, y] = [(left + margin) * scale, (top + margin) * scale];
  const [width, height] = [(right - left) * scale, (bottom - top) * scale];
  if (casing) {
    context.setLineDash([]);
    context.strokeStyle = casing;
    context.lineWidth = (thickness + 2) * ratio;
    context.strokeRect(x, y, width, height);
  }
  context.setLineDash(dashes.map((length) => length * ratio));
  context.strokeStyle = colour;
  context.lineWidth = thickness * ratio;
  context.strokeRect(x, y, width, height);
  context.setLineDash([]);
}

/**
 * Draws an arrow at each edge of the canvas that an unclipped box goes beyond: it is larger than can be shown.
 * @param {Pens} pens
 * @param {Box} box
 */
export function arrows({ context, scale, margin, side, ratio }, box) {
  const [top, left, bottom, right] = box.map((edge) => (edge + margin) * scale);
  const [length, half, middle] = [9 * ratio, 7 * ratio, side / 2];
  /** @type {[boolean, number, number, number, number][]} */
  const edges = [
    [top < 0, middle, 0, 0, 1],
    [left < 0, 0, middle, 1, 0],
    [bottom > side, middle, side, 0, -1],
    [right > side, side, middle, -1, 0],
  ];
  context.fillStyle = ORANGE;
  for (const [isBeyond, x, y, inX, inY] of edges) {
    if (!isBeyond) continue;
    context.beginPath();
    context.moveTo(x + inX, y + inY);
    context.lineTo(x + inX * length - inY * half, y + inY * length - inX * half);
    context.lineTo(x + inX * length + inY * half, y + inY * length + inX * half);
    context.fill();
  }
}

/**
 * Draws a cross in the middle of a box, on which it must not lie too heavily.
 * @param {Pens} pens
 * @param {Box} box
 */
export function cross({ context, scale, margin, ratio }, [top, left, bottom, right]) {
  const [x, y] = [((left + right) / 2 + margin) * scale, ((top + bottom) / 2 + margin) * scale];
  const arm = Math.min(7 * ratio, (Math.min(bottom - top, right - left) * scale) / 4);
  for (const [colour, thickness] of /** @type {const} */ ([[CASING, 4], [ORANGE, 2]])) {
    context.strokeStyle = colour;
    context.lineWidth = thickness * ratio;
    context.beginPath();
    context.moveTo(x - arm, y);
    context.lineTo(x + arm, y);
    context.moveTo(x, y - arm);
    context.lineTo(x, y + arm);
    context.stroke();
  }
}

/**
 * Hatches a canvas: what lies beyond the picture is padding, no picture, and shown as none.
 * @param {Context} context
 * @param {number} side
 * @param {string} colour
 */
export function hatchAll(context, side, colour) {
  context.strokeStyle = colour;
  context.lineWidth = 1;
  context.beginPath();
  for (let start = -side; start < side; start += 9) {
    context.moveTo(start, side);
    context.lineTo(start + side, 0);
  }
  context.stroke();
}
