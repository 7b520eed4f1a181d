// Maps with a window on them, squares with numbers in them, and how numbers are written.
const NEAR_BLACK = '#14181d';

function shade(value, low, high) {
  const scaled = high > low ? Math.round(((value - low) / (high - low)) * 255) : 0;
  return scaled > 0 ? Math.min(255, scaled) : 0;
}

function colourOf(lut, value, low, high) {
  const i = 3 * shade(value, low, high);
  return [lut[i], lut[i + 1], lut[i + 2]];
}

// A map, coloured, on a canvas of one pixel a cell.
function paintCells(values, [height, width], lut, low, high) {
  const canvas = document.createElement('canvas');
  canvas.width = width;
  canvas.height = height;
  const context = canvas.getContext('2d');
  const image = context.createImageData(width, height);
  const pixels = new Uint32Array(image.data.buffer);
  const colours = Uint32Array.from({ length: 256 }, (_, i) => 0xff000000 | (lut[3 * i + 2] << 16) | (lut[3 * i + 1] << 8) | lut[3 * i]);
  for (let i = 0; i < values.length; i++) pixels[i] = colours[shade(values[i], low, high)];
  context.putImageData(image, 0, 0);
  return canvas;
}

// Gives a canvas the pixels of its place on the screen, and returns its context in CSS pixels.
function fit(canvas, width, height) {
  const ratio = window.devicePixelRatio || 1;
  const [w, h] = [Math.round(width * ratio), Math.round(height * ratio)];
  if (canvas.width !== w) canvas.width = w;
  if (canvas.height !== h) canvas.height = h;
  canvas.style.width = `${width}px`;
  canvas.style.height = `${height}px`;
  const context = canvas.getContext('2d');
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, width, height);
  return context;
}

// Draws a map in a square of `side`, as many cells of padding around it as `margin` says, [up and down, sideways], the
// window from `box` [top, left, bottom, right] outlined.
function drawWindow(canvas, painted, side, margin, box, colour) {
  const [rows, columns] = [painted.height + 2 * margin[0], painted.width + 2 * margin[1]];
  const unit = side / Math.max(rows, columns);
  const context = fit(canvas, columns * unit, rows * unit);
  if (margin[0] || margin[1]) hatch(context, 0, 0, columns * unit, rows * unit, style(canvas, '--st-text-color'));
  context.imageSmoothingEnabled = unit * (window.devicePixelRatio || 1) < 1;
  context.imageSmoothingQuality = 'high';
  context.drawImage(painted, margin[1] * unit, margin[0] * unit, painted.width * unit, painted.height * unit);
  if (!box) return;
  const [top, left, bottom, right] = box.map((place, i) => (place + margin[i % 2]) * unit);
  const grow = Math.max(0, 5 - (right - left)) / 2; // a window of a few pixels is still to be found
  frame(context, left - grow, top - grow, right - left + 2 * grow, bottom - top + 2 * grow, colour);
}

function frame(context, x, y, width, height, colour) {
  context.strokeStyle = '#ffffff'; // a light line inside a strong one shows on any colour
  context.lineWidth = 4;
  context.strokeRect(x, y, width, height);
  context.strokeStyle = colour;
  context.lineWidth = 2;
  context.strokeRect(x, y, width, height);
}

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

// Squares in `count` columns, `unit` pixels each, with their numbers where those can be read. `inside` marks padding.
function drawSquares(canvas, squares) {
  const { values, columns, unit, lut, low, high, inside, marked, power } = squares;
  const rows = values.length / columns;
  const context = fit(canvas, columns * unit, rows * unit);
  const ink = style(canvas, '--st-text-color');
  const isNumbered = unit >= 24;
  context.font = `${Math.max(9, Math.min(20, unit * 0.31))}px ${style(canvas, '--st-font') || 'sans-serif'}`;
  context.textAlign = 'center';
  context.textBaseline = 'middle';
  const gap = unit > 12 ? 1 : 0;
  values.forEach((value, i) => {
    const [x, y] = [(i % columns) * unit, Math.floor(i / columns) * unit];
    const isPadding = inside && !inside[i];
    const colour = colourOf(lut, value, low, high);
    context.fillStyle = `rgb(${colour.join(',')})`;
    if (isPadding) hatch(context, x, y, unit - gap, unit - gap, ink);
    else context.fillRect(x, y, unit - gap, unit - gap);
    const luminance = 0.299 * colour[0] + 0.587 * colour[1] + 0.114 * colour[2];
    context.fillStyle = isPadding ? ink : luminance > 140 ? NEAR_BLACK : '#ffffff';
    if (isNumbered) context.fillText(brief(value, power), x + (unit - gap) / 2, y + (unit - gap) / 2 + 1);
  });
  if (marked >= 0) {
    const [x, y] = [(marked % columns) * unit, Math.floor(marked / columns) * unit];
    frame(context, x + 2, y + 2, unit - gap - 4, unit - gap - 4, style(canvas, '--st-primary-color'));
  }
}

function drawMini(canvas, squares, side) {
  const rows = squares.values.length / squares.columns;
  drawSquares(canvas, { ...squares, unit: Math.min(23, side / Math.max(rows, squares.columns)) });
}

// The power of ten that squares are multiplied by to be legible with two decimals; 0 where they are as they are.
function powerFor(largest) {
  if (!(largest > 0)) return 0;
  const exponent = Math.floor(Math.log10(largest));
  return exponent >= -1 && exponent <= 2 ? 0 : exponent;
}

function brief(value, power) {
  const scaled = value / 10 ** power;
  const magnitude = Math.abs(scaled);
  if (scaled === 0) return '0';
  const text = scaled.toFixed(magnitude >= 100 ? 0 : magnitude >= 10 ? 1 : 2);
  return localise(Number(text) === 0 ? text.replace('-', '') : text);
}

function exponentText(power) {
  const small = { '-': '⁻', 0: '⁰', 1: '¹', 2: '²', 3: '³', 4: '⁴', 5: '⁵', 6: '⁶', 7: '⁷', 8: '⁸', 9: '⁹' };
  return power ? ` ×10${[...String(power)].map((sign) => small[sign]).join('')}` : '';
}

// Numbers that are added up are written with equally many decimals, five digits for the largest.
function decimalsFor(values) {
  const largest = Math.max(...values.map(Math.abs));
  return largest > 0 ? Math.max(0, Math.min(12, 4 - Math.floor(Math.log10(largest)))) : 0;
}

function fixed(value, decimals) {
  const text = value.toFixed(decimals);
  return localise(Number(text) === 0 ? '0' : text);
}

// A number with five digits, or fewer where that is all of it.
function precise(value) {
  const magnitude = Math.abs(value);
  if (value === 0 || (magnitude >= 1e-5 && magnitude < 1e6)) return localise(String(Number(value.toPrecision(5))));
  const [mantissa, exponent] = value.toExponential(4).split('e');
  return localise(String(Number(mantissa))) + exponentText(Number(exponent)).trim();
}
