// @ts-check
// The surface from above, in bands of ink on paper, with all paths.
import { blank, contextOf } from '../shared/drawing.js';
import { bandInk, toPixels } from './flat_places.js';
import { drawMarks } from './marks.js';

/** @import { State } from './state.js' */

/**
 * Returns the surface, one pixel a place of the grid.
 * @param {State} state
 */
export function paintSurface({ head, bands, look }) {
  const sheet = blank(head.side, head.side);
  const context = contextOf(sheet);
  context.fillStyle = look.back;
  context.fillRect(0, 0, head.side, head.side);
  context.fillStyle = look.text;
  for (let row = 0; row < head.side; row++) {
    for (let column = 0; column < head.side; column++) {
      context.globalAlpha = bandInk(bands[row * head.side + column], head.bands);
      context.fillRect(column, head.side - 1 - row, 1, 1);
    }
  }
  return sheet;
}

/** @param {State} state */
export function drawMap(state) {
  const { head, map, paths } = state;
  const { context, width, height } = map;
  context.imageSmoothingEnabled = true;
  context.drawImage(state.sheet, 0, 0, width, height);
  const place = (/** @type {number} */ x, /** @type {number} */ y) => toPixels(head.box, map, x, y);
  drawMarks(state, (x, y) => ({ at: place(x, y), seen: true }), (k, end, alpha) => {
    const path = paths[k];
    context.beginPath();
    for (let i = 0; i <= end; i++) context.lineTo(...place(path[3 * i], path[3 * i + 1]));
    context.globalAlpha = alpha;
    context.stroke();
  });
}
