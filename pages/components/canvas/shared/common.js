// Shared by all components; each file is appended to this one.

let decimalSign = '.';

// A payload made by `pack`: {head, blocks}, the blocks as Uint8Array.
function unpack(data) {
  const bytes = new Uint8Array(data); // a copy, so that typed views are aligned
  const length = new DataView(bytes.buffer).getUint32(0, true);
  const head = JSON.parse(new TextDecoder().decode(bytes.subarray(4, 4 + length)));
  const start = 4 + length;
  decimalSign = head.decimal;
  return { head, blocks: head.blocks.map(([at, size]) => bytes.subarray(start + at, start + at + size)) };
}

// Three significant digits, as everywhere where a range is printed.
function digits(value) {
  if (value === 0) return '0';
  const magnitude = Math.abs(value);
  return localise(magnitude >= 1e5 || magnitude < 1e-3 ? value.toExponential(2) : String(Number(value.toPrecision(3))));
}

// A number as `String` writes it, with the visitor's decimal sign and a true minus.
function localise(number) {
  return number.replace('.', decimalSign).replaceAll('-', '−');
}

function fill(template, values) {
  return template.replace(/\{(\w+)\}/g, (whole, name) => (name in values ? values[name] : whole));
}

function style(host, name) {
  return getComputedStyle(host).getPropertyValue(name).trim();
}

// Draws the range's colours into a canvas of 256 × 1.
function paintScale(canvas, lut) {
  canvas.width = 256;
  canvas.height = 1;
  const context = canvas.getContext('2d');
  const image = context.createImageData(256, 1);
  for (let i = 0; i < 256; i++) image.data.set([lut[3 * i], lut[3 * i + 1], lut[3 * i + 2], 255], 4 * i);
  context.putImageData(image, 0, 0);
}

// Draws a map with its chosen cell, the picture with what that cell sees, and that part alone.
const ORANGE = '#d55e00';
const [CASING, INK] = ['#ffffff', '#20262e'];
const SMALLEST_MARK = 9; // px of the frame around a cell of a fine map

// The gradient's square root in colours, the less of it the more transparent; as `heat` in core does it.
function paintHeat(side, lut, values) {
  const canvas = blank(side, side);
  const context = canvas.getContext('2d');
  const image = context.createImageData(side, side);
  const top = largest(values);
  for (let i = 0; i < values.length && top > 0; i++) {
    const level = Number.isFinite(values[i]) ? Math.round(Math.sqrt(values[i] / top) * 255) : 0;
    image.data.set([lut[3 * level], lut[3 * level + 1], lut[3 * level + 2], level], 4 * i);
  }
  context.putImageData(image, 0, 0);
  return canvas;
}

function largest(values) {
  let top = 0;
  for (const value of values) if (value > top && Number.isFinite(value)) top = value;
  return top;
}

function blank(width, height) {
  const canvas = document.createElement('canvas');
  [canvas.width, canvas.height] = [width, height];
  return canvas;
}

// The map in its colours, one pixel a cell.
function paintMap(head, lut, values) {
  const canvas = blank(head.w, head.h);
  const context = canvas.getContext('2d');
  const image = context.createImageData(head.w, head.h);
  const span = head.high - head.low;
  for (let i = 0; i < values.length; i++) {
    const scaled = span > 0 ? ((values[i] - head.low) / span) * 255 : head.signed ? 127.5 : 0;
    const index = 3 * Math.max(0, Math.min(255, Math.round(scaled)));
    image.data.set([lut[index], lut[index + 1], lut[index + 2], 255], 4 * i);
  }
  context.putImageData(image, 0, 0);
  return canvas;
}

// Lets `state.canvas` tell what is under the pointer: `locate` finds the spot, of which the item `k` is outlined by `draw`.
function followPointer(state, { locate, tell, draw }) {
  const { canvas } = state;
  const hover = (spot) => {
    const changed = (spot?.k ?? -1) !== state.hovered;
    state.hovered = spot?.k ?? -1;
    if (changed) draw(state);
    tell(state, spot);
  };
  canvas.onmousemove = (event) => {
    const spot = locate(state, event);
    canvas.style.cursor = spot ? 'pointer' : 'default';
    hover(spot);
  };
  canvas.onmouseleave = () => hover(null);
}

// Calls `draw` when the size of an element changes; to be called anew with each payload. Returns what ends it.
function watchSize(state, element, draw) {
  state.observer?.disconnect();
  state.observer = new ResizeObserver(draw);
  state.observer.observe(element);
  return () => state.observer.disconnect();
}

// The same for a canvas that takes its width from the element around it.
function watchWidth(state, draw) {
  const { canvas } = state;
  const box = canvas.parentElement;
  return watchSize(state, box, () => box.clientWidth * (window.devicePixelRatio || 1) !== canvas.width && draw(state));
}
