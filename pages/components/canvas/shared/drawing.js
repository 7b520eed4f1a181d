// @ts-check
// Drawing that components share: canvases in the pixels of the screen, the theme's colours, values in colour.
import { colourIndex } from './colormap.js';

/** @import { Bytes } from './payload.js' */
/** @typedef {CanvasRenderingContext2D} Context */
/** @typedef {{ text: string, back: string, accent: string, font: string }} Look the theme's colours and its font */

/** Returns how many pixels of the screen there are to one of CSS. */
export function pixelRatio() {
  return globalThis.devicePixelRatio || 1;
}

/**
 * Returns what draws on a canvas.
 * @param {HTMLCanvasElement} canvas
 * @returns {Context}
 */
export function contextOf(canvas) {
  const context = canvas.getContext('2d');
  if (!context) throw new Error('this canvas is not for drawing in two dimensions');
  return context;
}

/**
 * Returns a canvas that is not on the page.
 * @param {number} width
 * @param {number} height
 */
export function blank(width, height) {
  const canvas = document.createElement('canvas');
  [canvas.width, canvas.height] = [width, height];
  return canvas;
}

/**
 * Returns what the theme gives a name in CSS for an element.
 * @param {Element} host
 * @param {string} name
 */
export function style(host, name) {
  return getComputedStyle(host).getPropertyValue(name).trim();
}

/**
 * Returns the theme's colours for a canvas.
 * @param {Element} canvas
 * @returns {Look}
 */
export function lookOf(canvas) {
  const [text, back] = [style(canvas, '--st-text-color'), style(canvas, '--st-background-color')];
  return { text, back, accent: style(canvas, '--st-primary-color'), font: style(canvas, '--st-font') };
}

/**
 * Returns the theme's font of so many pixels, for a context.
 * @param {Element} canvas
 * @param {number} pixels
 */
export function fontOf(canvas, pixels) {
  return `${pixels}px ${style(canvas, '--st-font') || 'sans-serif'}`;
}

/**
 * Gives a canvas the pixels of its place on the screen, to be drawn on in pixels of CSS.
 * @param {HTMLCanvasElement} canvas
 */
export function prepare(canvas) {
  const ratio = pixelRatio();
  const [width, height] = [canvas.clientWidth, canvas.clientHeight];
  canvas.width = Math.round(width * ratio);
  canvas.height = Math.round(height * ratio);
  const context = contextOf(canvas);
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  return { context, width, height };
}

/**
 * Gives a square canvas the pixels of its place on the screen, to be drawn on in these; null where it has no place.
 * @param {HTMLCanvasElement} canvas
 */
export function prepareSquare(canvas) {
  const side = Math.round(canvas.clientWidth * pixelRatio());
  if (!side) return null;
  canvas.width = side;
  canvas.height = side;
  return { context: contextOf(canvas), side };
}

/**
 * Gives a canvas a width and a height in pixels of CSS, of which it is to take `width` from what is around it.
 * @param {HTMLCanvasElement} canvas
 * @param {number} width
 * @param {number} height
 */
export function prepareTall(canvas, width, height) {
  const ratio = pixelRatio();
  canvas.width = Math.round(width * ratio);
  canvas.height = Math.round(height * ratio);
  canvas.style.height = `${height}px`;
  const context = contextOf(canvas);
  context.scale(ratio, ratio);
  return context;
}

/**
 * Returns a canvas of which `colour` gives each pixel its red, green, blue and opacity.
 * @param {number} width
 * @param {number} height
 * @param {(i: number) => ArrayLike<number>} colour
 */
export function paintPixels(width, height, colour) {
  return putPixels(blank(width, height), colour);
}

/**
 * @param {HTMLCanvasElement} canvas
 * @param {(i: number) => ArrayLike<number>} colour
 */
function putPixels(canvas, colour) {
  const image = new ImageData(canvas.width, canvas.height);
  for (let i = 0; i < canvas.width * canvas.height; i++) image.data.set(colour(i), 4 * i);
  contextOf(canvas).putImageData(image, 0, 0);
  return canvas;
}

/**
 * Returns one colour of a table, opaque.
 * @param {Bytes} lut
 * @param {number} index
 */
export function opaque(lut, index) {
  return [lut[3 * index], lut[3 * index + 1], lut[3 * index + 2], 255];
}

/**
 * Draws the colours of a range into a canvas of 256 × 1.
 * @param {HTMLCanvasElement} canvas
 * @param {Bytes} lut
 */
export function paintScale(canvas, lut) {
  canvas.width = 256;
  canvas.height = 1;
  putPixels(canvas, (i) => opaque(lut, i));
}

/**
 * Returns a map in its colours, one pixel a cell.
 * @param {{ w: number, h: number, low: number, high: number, signed: boolean }} head
 * @param {Bytes} lut
 * @param {ArrayLike<number>} values
 */
export function paintMap(head, lut, values) {
  return paintPixels(head.w, head.h, (i) => opaque(lut, colourIndex(values[i], head)));
}

/**
 * Returns a picture, and the same in grey, on which maps in colour stand out.
 * @param {Bytes} bytes
 */
export async function decodeWithGrey(bytes) {
  const picture = await createImageBitmap(new Blob([bytes]));
  const grey = blank(picture.width, picture.height);
  const context = contextOf(grey);
  context.filter = 'grayscale(1)';
  context.drawImage(picture, 0, 0);
  return { picture, grey };
}
