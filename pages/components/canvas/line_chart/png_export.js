// @ts-check
// The chart as a picture to take along, with its legend, on the page's background.
import { blank, contextOf, pixelRatio } from '../shared/drawing.js';
import { element } from '../shared/elements.js';
import { FADED, shownSeries } from './state.js';

/** @import { Context } from '../shared/drawing.js' */
/** @import { Entry, State } from './state.js' */

const ACROSS = 3; // entries of the legend side by side

/** @param {State} state */
export function savePicture(state) {
  const { canvas, look, head } = state;
  const ratio = pixelRatio();
  const entries = shownSeries(state).map(({ entry }) => entry);
  const rows = Math.ceil(entries.length / ACROSS);
  const sheet = blank(canvas.width, canvas.height + Math.round((34 + 24 * rows) * ratio));
  const context = contextOf(sheet);
  context.fillStyle = look.back;
  context.fillRect(0, 0, sheet.width, sheet.height);
  context.scale(ratio, ratio);
  context.fillStyle = look.text;
  context.textBaseline = 'middle';
  context.font = `600 14px ${look.font}`;
  context.fillText(head.words.title, 12, 18);
  context.font = `13px ${look.font}`;
  const column = (state.width - 24) / ACROSS;
  for (const [k, entry] of entries.entries()) {
    writeEntry(context, entry, 12 + (k % ACROSS) * column, 44 + 24 * Math.floor(k / ACROSS));
  }
  context.setLineDash([]);
  context.setTransform(1, 0, 0, 1, 0, 0);
  context.drawImage(canvas, 0, sheet.height - canvas.height);
  sheet.toBlob((blob) => blob && downloadPicture(blob));
}

/**
 * @param {Context} context
 * @param {Entry} entry
 * @param {number} left
 * @param {number} top
 */
function writeEntry(context, entry, left, top) {
  context.globalAlpha = entry.faded ? FADED : 1;
  context.strokeStyle = entry.colour;
  context.lineWidth = 3;
  context.setLineDash(entry.dash);
  context.beginPath();
  context.moveTo(left, top);
  context.lineTo(left + 28, top);
  context.stroke();
  context.globalAlpha = 1;
  context.fillText(entry.title, left + 36, top);
}

/** @param {Blob} blob */
function downloadPicture(blob) {
  const link = element('a');
  link.href = URL.createObjectURL(blob);
  link.download = 'optimizer_race.png';
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}
