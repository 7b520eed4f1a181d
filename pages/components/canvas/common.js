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

function localise(number) {
  return number.replace('.', decimalSign);
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

