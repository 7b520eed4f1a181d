// A page of activation maps on one canvas: hover tells channel, position and value; click or arrow keys choose one.
const GAP = 3;
const LABEL = 13; // px under a map for its channel number
const CELL = { smallest: 44, largest: 116, height: 420 };

// The maps of the page, coloured, side by side on a canvas of their own.
function paintAtlas(head, lut, values) {
  const { n, h, w } = head;
  const across = Math.ceil(Math.sqrt(n));
  const atlas = document.createElement('canvas');
  atlas.width = across * w;
  atlas.height = Math.ceil(n / across) * h;
  const context = atlas.getContext('2d');
  const image = context.createImageData(atlas.width, atlas.height);
  const pixels = new Uint32Array(image.data.buffer);
  const colours = new Uint32Array(256);
  for (let i = 0; i < 256; i++) colours[i] = 0xff000000 | (lut[3 * i + 2] << 16) | (lut[3 * i + 1] << 8) | lut[3 * i];
  for (let k = 0; k < n; k++) {
    const span = head.high[k] - head.low[k];
    const slope = span > 0 ? (255 / span) * ((head.to[k] - head.from[k]) / head.levels) : 0;
    const start = span > 0 ? (255 / span) * (head.from[k] - head.low[k]) + 0.5 : head.signed ? 127.5 : 0;
    const left = (k % across) * w;
    const top = Math.floor(k / across) * h;
    if (head.planes === 3) {
      paintColours(pixels, atlas.width, top * atlas.width + left, head, { start, slope }, values.subarray(3 * k * h * w));
      continue;
    }
    let q = k * h * w;
    for (let y = 0; y < h; y++) {
      let p = (top + y) * atlas.width + left;
      for (let x = 0; x < w; x++, q++, p++) {
        const index = start + slope * values[q];
        pixels[p] = colours[index < 0 ? 0 : index > 255 ? 255 : index | 0];
      }
    }
  }
  context.putImageData(image, 0, 0);
  return { atlas, across };
}

// A kernel of three input channels: each colour from none at its low to full at its high, so that grey stands for 0.
function paintColours(pixels, stride, corner, { h, w }, { start, slope }, values) {
  for (let y = 0; y < h; y++) {
    for (let x = 0; x < w; x++) {
      let pixel = 0xff000000;
      for (let c = 0; c < 3; c++) pixel |= Math.max(0, Math.min(255, start + slope * values[(c * h + y) * w + x])) << (8 * c);
      pixels[corner + y * stride + x] = pixel;
    }
  }
}

// Cells as large as fit the width, the whole about as high as the screen allows, never unreadably small; full rows
// where they come easily.
function arrange(width, head) {
  const ideal = Math.ceil(Math.sqrt((head.n * width * head.h) / head.w / (head.height ?? CELL.height)));
  const fewest = Math.ceil(width / ((head.largest ?? CELL.largest) + GAP));
  const most = Math.max(1, Math.floor(width / ((head.smallest ?? CELL.smallest) + GAP)));
  const even = [ideal, ideal - 1, ideal + 1].find((count) => count >= 4 && head.n % count === 0) ?? ideal;
  const columns = Math.max(1, Math.min(Math.max(even, fewest), most));
  const cell = Math.floor((width + GAP) / columns) - GAP;
  const tall = Math.max(1, Math.round((cell * head.h) / head.w));
  return { columns, cell, tall, rows: Math.ceil(head.n / columns), step: tall + LABEL + GAP };
}

function draw(state) {
  const { canvas, head, view } = state;
  const width = canvas.parentElement.clientWidth;
  if (!width) return;
  const ratio = window.devicePixelRatio || 1;
  Object.assign(view, arrange(width, head));
  const height = view.rows * view.step;
  canvas.width = Math.round(width * ratio);
  canvas.height = Math.round(height * ratio);
  canvas.style.height = `${height}px`;
  const context = canvas.getContext('2d');
  context.scale(ratio, ratio);
  context.imageSmoothingEnabled = view.cell * ratio < head.w;
  context.imageSmoothingQuality = 'high';
  const ink = style(canvas, '--st-text-color');
  context.font = `10px ${style(canvas, '--st-font') || 'sans-serif'}`;
  context.textBaseline = 'top';
  for (let k = 0; k < head.n; k++) drawCell(context, state, k, ink);
  outline(context, state, state.chosen, style(canvas, '--st-primary-color'), 3);
  if (state.hovered >= 0 && state.hovered !== state.chosen) outline(context, state, state.hovered, ink, 1);
}

function place(view, k) {
  return [(k % view.columns) * (view.cell + GAP), Math.floor(k / view.columns) * view.step];
}

function drawCell(context, { head, view, atlas, across, silenced }, k, ink) {
  const [left, top] = place(view, k);
  const from = [(k % across) * head.w, Math.floor(k / across) * head.h];
  context.drawImage(atlas, ...from, head.w, head.h, left, top, view.cell, view.tall);
  context.fillStyle = ink;
  context.globalAlpha = 0.75;
  context.fillText(String(head.channels[k]), left, top + view.tall + 2);
  context.globalAlpha = 1;
  if (silenced?.has(head.channels[k])) {
    context.fillStyle = 'rgba(20, 24, 30, 0.72)';
    context.fillRect(left, top, view.cell, view.tall);
    cross(context, left, top, view, '#ffffff', 2.5);
  } else if (head.dead[k]) cross(context, left, top, view, '#9aa3ad', 1.5);
}

function cross(context, left, top, { cell, tall }, colour, thickness) {
  context.strokeStyle = colour;
  context.lineWidth = thickness;
  context.beginPath();
  context.moveTo(left, top);
  context.lineTo(left + cell, top + tall);
  context.moveTo(left + cell, top);
  context.lineTo(left, top + tall);
  context.stroke();
}

function outline(context, { view }, k, colour, thickness) {
  if (k < 0) return;
  const [left, top] = place(view, k);
  context.strokeStyle = colour;
  context.lineWidth = thickness;
  const inset = thickness / 2;
  context.strokeRect(left + inset, top + inset, view.cell - thickness, view.tall - thickness);
  if (thickness < 2) return;
  context.strokeStyle = '#ffffff'; // a thin inner line, so that the frame shows on any colour
  context.lineWidth = 1;
  context.strokeRect(left + thickness + 0.5, top + thickness + 0.5, view.cell - 2 * thickness - 1, view.tall - 2 * thickness - 1);
}

function locate(state, event) {
  const { view, head, canvas } = state;
  const box = canvas.getBoundingClientRect();
  const [x, y] = [event.clientX - box.left, event.clientY - box.top];
  const [column, row] = [Math.floor(x / (view.cell + GAP)), Math.floor(y / view.step)];
  const k = row * view.columns + column;
  const [inX, inY] = [x - column * (view.cell + GAP), y - row * view.step];
  if (column < 0 || column >= view.columns || k < 0 || k >= head.n || inX >= view.cell || inY >= view.tall) return null;
  return { k, x: Math.floor((inX / view.cell) * head.w), y: Math.floor((inY / view.tall) * head.h) };
}

function tell(state, spot) {
  const { head, values, output } = state;
  if (!spot) {
    output.textContent = head.words.hint;
    return;
  }
  const { k, x, y } = spot;
  const planes = head.planes ?? 1;
  const [value, green, blue] = [0, 1, 2].map((plane) => {
    const code = values[((k * planes + plane) * head.h + y) * head.w + x];
    return digits(head.from[k] + (code / head.levels) * (head.to[k] - head.from[k]));
  });
  const isSilenced = state.silenced?.has(head.channels[k]);
  output.textContent = fill(head.words[isSilenced ? 'silenced' : head.dead[k] ? 'dead' : 'cell'], {
    channel: head.channels[k], x, y, value, red: value, green, blue, low: digits(head.low[k]), high: digits(head.high[k]),
  });
}

function choose(state, k, setStateValue, wait) {
  if (k < 0 || k >= state.head.n) return;
  state.chosen = k;
  draw(state);
  reveal(state, k);
  tell(state, { k, x: 0, y: 0 });
  clearTimeout(state.timer);
  state.timer = setTimeout(() => setStateValue('channel', state.head.channels[k]), wait);
}

// Crosses a channel out, or no longer, at once; the page confirms it.
function toggle(state, k, setTriggerValue) {
  if (k < 0) return;
  clearTimeout(state.timer);
  state.chosen = k;
  clickChannel(state, state.head.channels[k], setTriggerValue);
  draw(state);
}

function reveal({ canvas, view }, k) {
  const box = canvas.parentElement;
  const [, top] = place(view, k);
  if (top < box.scrollTop) box.scrollTop = top;
  else if (top + view.step > box.scrollTop + box.clientHeight) box.scrollTop = top + view.step - box.clientHeight;
}

export default function (component) {
  const { data, parentElement, setStateValue, setTriggerValue } = component;
  const state = (parentElement._grid ||= { view: {}, hovered: -1 });
  const { head, blocks } = unpack(data);
  const [lut, raw] = blocks;
  const values = head.levels > 255 ? new Uint16Array(raw.buffer, raw.byteOffset, raw.byteLength / 2) : raw;
  const canvas = parentElement.querySelector('canvas.maps');
  const output = parentElement.querySelector('output');
  const scrolled = state.head?.page === head.page && state.head?.layer === head.layer;
  Object.assign(state, { head, values, canvas, output, ...paintAtlas(head, lut, values) });
  state.chosen = head.channels.indexOf(head.chosen);
  if (head.silencing) hearSilencing(state, head.silencing);
  canvas.setAttribute('aria-label', head.words.alternative);
  paintScale(parentElement.querySelector('canvas.scale'), lut);
  parentElement.querySelector('.range').textContent = head.words.range;
  parentElement.querySelector('.low').textContent = head.words.low;
  parentElement.querySelector('.high').textContent = head.words.high;
  if (!scrolled) canvas.parentElement.scrollTop = 0;
  draw(state);
  tell(state, null);

  followPointer(state, { locate, tell, draw });
  canvas.onclick = (event) => {
    const spot = locate(state, event);
    if (!spot) return;
    if (head.silencing) toggle(state, spot.k, setTriggerValue);
    else choose(state, spot.k, setStateValue, 0);
    tell(state, spot);
  };
  canvas.onkeydown = (event) => {
    if (head.silencing && (event.key === 'Enter' || event.key === ' ')) {
      event.preventDefault();
      toggle(state, state.chosen, setTriggerValue);
      return;
    }
    const steps = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: state.view.columns, ArrowUp: -state.view.columns };
    const target = { Home: 0, End: head.n - 1 }[event.key] ?? (event.key in steps ? state.chosen + steps[event.key] : null);
    if (target === null) return;
    event.preventDefault();
    choose(state, target, setStateValue, 150);
  };
  canvas.dataset.shown = head.id; // what is on the screen now
  return watchWidth(state, draw);
}
