// @ts-check
// All maps of a page in their colours, side by side: from their codes to pixels.

/**
 * @typedef {object} Coded maps whose values are codes: 0 stands for `from`, `levels` for `to`, evenly in between
 * @property {number} n
 * @property {number} h
 * @property {number} w
 * @property {number} [planes] 3 for kernels that are colours
 * @property {number} levels
 * @property {number[]} from
 * @property {number[]} to
 * @property {number[]} low of the range of colours
 * @property {number[]} high
 * @property {boolean} signed
 */
/** @typedef {Uint8Array | Uint16Array} Codes */
/** @typedef {{ start: number, slope: number }} Line */

/**
 * Returns the value that a code of a map stands for.
 * @param {Coded} coded
 * @param {number} k
 * @param {number} code
 */
export function decode({ from, to, levels }, k, code) {
  return from[k] + (code / levels) * (to[k] - from[k]);
}

/**
 * Returns the line that leads from the codes of a map to places in a table of colours, of which the whole part counts.
 * @param {Coded} coded
 * @param {number} k
 * @returns {Line}
 */
export function lineOf({ from, to, low, high, levels, signed }, k) {
  const span = high[k] - low[k];
  if (!(span > 0)) return { slope: 0, start: signed ? 128 : 0 };
  return { slope: (255 / span) * ((to[k] - from[k]) / levels), start: (255 / span) * (from[k] - low[k]) + 0.5 };
}

/**
 * Returns how many maps stand side by side in the atlas.
 * @param {number} n
 */
export function mapsAcross(n) {
  return Math.ceil(Math.sqrt(n));
}

/**
 * Writes the colours of all maps into the pixels of an atlas that is `stride` wide.
 * @param {Uint32Array} pixels
 * @param {number} stride
 * @param {Coded} coded
 * @param {Uint32Array} colours
 * @param {Codes} codes
 */
export function fillAtlas(pixels, stride, coded, colours, codes) {
  const { n, h, w, planes = 1 } = coded;
  const across = mapsAcross(n);
  for (let k = 0; k < n; k++) {
    const corner = Math.floor(k / across) * h * stride + (k % across) * w;
    const own = codes.subarray(planes * k * h * w);
    if (planes === 3) fillInColour(pixels, stride, corner, coded, lineOf(coded, k), own);
    else fillByTable(pixels, stride, corner, coded, lineOf(coded, k), own, colours);
  }
}

/**
 * @param {Uint32Array} pixels
 * @param {number} stride
 * @param {number} corner
 * @param {Coded} coded
 * @param {Line} line
 * @param {Codes} codes
 * @param {Uint32Array} colours
 */
function fillByTable(pixels, stride, corner, { h, w }, { start, slope }, codes, colours) {
  for (let y = 0, q = 0; y < h; y++) {
    for (let x = 0, p = corner + y * stride; x < w; x++, q++, p++) {
      const index = start + slope * codes[q];
      pixels[p] = colours[index < 0 ? 0 : index > 255 ? 255 : index | 0];
    }
  }
}

/**
 * A kernel of three input channels: each colour from none at its low to full at its high, so that grey stands for 0.
 * @param {Uint32Array} pixels
 * @param {number} stride
 * @param {number} corner
 * @param {Coded} coded
 * @param {Line} line
 * @param {Codes} codes
 */
function fillInColour(pixels, stride, corner, { h, w }, { start, slope }, codes) {
  for (let y = 0; y < h; y++) {
    for (let x = 0; x < w; x++) {
      let pixel = 0xff000000;
      for (let c = 0; c < 3; c++) {
        pixel |= Math.max(0, Math.min(255, start + slope * codes[(c * h + y) * w + x])) << (8 * c);
      }
      pixels[corner + y * stride + x] = pixel;
    }
  }
}
