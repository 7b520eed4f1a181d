// @ts-check
// What `pack` in Python makes of a component's data.
import { setDecimalSign } from './numbers.js';

/** @typedef {Uint8Array<ArrayBuffer>} Bytes */
/** @typedef {Float32Array<ArrayBuffer>} Floats */

/**
 * Takes a payload apart into its head and its blocks, and writes numbers from then on as its visitor does.
 * @template Head
 * @param {Uint8Array} data
 * @returns {{ head: Head, blocks: Bytes[] }}
 */
export function unpack(data) {
  const bytes = new Uint8Array(data); // a copy, so that typed views are aligned
  const length = new DataView(bytes.buffer).getUint32(0, true);
  const head = JSON.parse(new TextDecoder().decode(bytes.subarray(4, 4 + length)));
  const start = 4 + length;
  setDecimalSign(head.decimal);
  /** @type {[number, number][]} */
  const places = head.blocks;
  return { head, blocks: places.map(([at, size]) => bytes.subarray(start + at, start + at + size)) };
}

/**
 * Returns a block of float32 as such.
 * @param {Bytes} block
 * @returns {Floats}
 */
export function floats(block) {
  return new Float32Array(block.buffer, block.byteOffset, block.byteLength / 4);
}
