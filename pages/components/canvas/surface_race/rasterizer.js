// @ts-check
// Triangles become pixels, each with a depth, so that what is nearer hides what is farther.
import { LEVELS } from './solid_mesh.js';

/**
 * @typedef {object} Raster
 * @property {number} width
 * @property {number} height
 * @property {Uint8ClampedArray} pixels
 * @property {Float32Array} depths −∞ where nothing is painted
 * @property {Float32Array} inks by level of height; the first is that of the walls
 * @property {ArrayLike<number>} text the ink's red, green and blue
 * @property {ArrayLike<number>} back the paper's
 * @property {boolean} isDark
 */

/**
 * Returns how much of the ink, from 0 for the paper to 1, a place has.
 * @param {number} ink
 * @param {number} light
 * @param {boolean} isDark
 */
export function inkAmount(ink, light, isDark) {
  return Math.min(1, Math.max(0, isDark ? ink * 0.75 + 0.3 * light * light : ink + 0.34 * (1 - light)));
}

/**
 * Returns the place in the list of inks of a level between corners: −1 on a wall, else from 0 to 1, but for rounding.
 * @param {number} level
 */
function inkPlace(level) {
  return level < -0.5 ? 0 : 1 + Math.max(0, Math.min(LEVELS, Math.round(level * LEVELS)));
}

/**
 * Paints a triangle; a, b and d are where its corners begin in the list of `cornersOf`.
 * @param {Raster} raster
 * @param {Float32Array} c
 * @param {number} a
 * @param {number} b
 * @param {number} d
 */
export function paintTriangle(raster, c, a, b, d) {
  const [x0, y0, x1, y1, x2, y2] = [c[a], c[a + 1], c[b], c[b + 1], c[d], c[d + 1]];
  const area = (x1 - x0) * (y2 - y0) - (x2 - x0) * (y1 - y0);
  if (!area) return; // seen from its edge, or NaN
  const left = Math.max(0, Math.ceil(Math.min(x0, x1, x2) - 0.5));
  const right = Math.min(raster.width - 1, Math.floor(Math.max(x0, x1, x2) - 0.5));
  const top = Math.max(0, Math.ceil(Math.min(y0, y1, y2) - 0.5));
  const bottom = Math.min(raster.height - 1, Math.floor(Math.max(y0, y1, y2) - 0.5));
  const { text, back, depths, pixels, inks, isDark } = raster;
  for (let y = top; y <= bottom; y++) {
    const py = y + 0.5;
    for (let x = left; x <= right; x++) {
      const px = x + 0.5;
      const p = ((x1 - px) * (y2 - py) - (x2 - px) * (y1 - py)) / area;
      const q = ((x2 - px) * (y0 - py) - (x0 - px) * (y2 - py)) / area;
      const r = 1 - p - q;
      if (p < -1e-6 || q < -1e-6 || r < -1e-6) continue;
      const depth = p * c[a + 2] + q * c[b + 2] + r * c[d + 2];
      const at = y * raster.width + x;
      if (depth <= depths[at]) continue;
      depths[at] = depth;
      const level = p * c[a + 3] + q * c[b + 3] + r * c[d + 3];
      const light = p * c[a + 4] + q * c[b + 4] + r * c[d + 4];
      const amount = inkAmount(inks[inkPlace(level)], light, isDark);
      pixels[4 * at] = back[0] + amount * (text[0] - back[0]);
      pixels[4 * at + 1] = back[1] + amount * (text[1] - back[1]);
      pixels[4 * at + 2] = back[2] + amount * (text[2] - back[2]);
      pixels[4 * at + 3] = 255;
    }
  }
}
