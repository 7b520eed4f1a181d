
// A matrix of weights, a row for each filter: hover tells filter, input channel and weight; click or arrow keys choose.
const LABEL = 34; // px to the left, for the numbers of filters
const CELL = { widest: 22, height: 420, lowest: 2 };

function paintWeights(head, lut, weights) {
  const canvas = document.createElement('canvas');
  [canvas.width, canvas.height] = [head.columns, head.rows];
  const context = canvas.getContext('2d');
  const image = context.createImageData(head.columns, head.rows);
  for (let i = 0; i < weights.length; i++) {
    const reach = head.reach[Math.floor(i / head.columns)];
    const scaled = reach > 0 ? Math.round((weights[i] / reach + 1) * 127.5) : 127;
    const index = 3 * Math.max(0, Math.min(255, scaled));
    image.data.set([lut[index], lut[index + 1], lut[index + 2], 255], 4 * i);
  }
  context.putImageData(image, 0, 0);
  return canvas;
}

// Square cells where they are large enough; all columns in the width there is, the rows about as high as the screen.
function arrange(width, head) {
  const wide = Math.min(CELL.widest, (width - LABEL) / head.columns);
  const tall = Math.max(CELL.lowest, Math.min(Math.max(wide, 4), CELL.height / head.rows));
  return { wide, tall };
}

function draw(state) {
  const { canvas, head, view, painted } = state;
  const width = canvas.parentElement.clientWidth;
  if (!width) return;
  const ratio = window.devicePixelRatio || 1;
  Object.assign(view, arrange(width, head));
  const height = Math.ceil(head.rows * view.tall) + 1;
  canvas.width = Math.round(width * ratio);
  canvas.height = Math.round(height * ratio);
  canvas.style.height = `${height}px`;
  const context = canvas.getContext('2d');
  context.scale(ratio, ratio);
  context.imageSmoothingEnabled = view.wide * ratio < 1;
  context.imageSmoothingQuality = 'high';
  context.drawImage(painted, LABEL, 0, head.columns * view.wide, head.rows * view.tall);
  const ink = style(canvas, '--st-text-color');
  drawNumbers(context, state, ink);
  outline(context, state, state.chosen, style(canvas, '--st-primary-color'), 2);
  if (state.hovered >= 0 && state.hovered !== state.chosen) outline(context, state, state.hovered, ink, 1);
}

function drawNumbers(context, { canvas, head, view, chosen }, ink) {
  context.font = `10px ${style(canvas, '--st-font') || 'sans-serif'}`;
  context.textBaseline = 'middle';
  context.textAlign = 'right';
  context.fillStyle = ink;
  const every = Math.max(1, Math.ceil(12 / view.tall));
  for (let k = 0; k < head.rows; k++) {
    const near = chosen >= 0 && Math.abs(k - chosen) < every;
    if (k === chosen || (k % every === 0 && !near)) {
      const text = head.dead[k] ? `${head.numbers[k]} ×` : String(head.numbers[k]);
      context.fillText(text, LABEL - 5, Math.max(5, (k + 0.5) * view.tall));
    }
  }
}

function outline(context, { head, view }, k, colour, thickness) {
  if (k < 0) return;
  context.strokeStyle = colour;
  context.lineWidth = thickness;
  context.strokeRect(LABEL - 1, k * view.tall - 0.5, head.columns * view.wide + 2, view.tall + 1);
}

function locate({ canvas, head, view }, event) {
  const box = canvas.getBoundingClientRect();
  const row = Math.floor((event.clientY - box.top) / view.tall);
  const column = Math.floor((event.clientX - box.left - LABEL) / view.wide);
  return row >= 0 && row < head.rows && column >= 0 && column < head.columns ? { k: row, column } : null;
}

function tell({ head, weights, output }, spot) {
  if (!spot) {
    output.textContent = head.words.hint;
    return;
  }
  const { k: row, column } = spot;
  output.textContent = fill(head.dead[row] ? head.words.dead : head.words.cell, {
    channel: head.numbers[row], input: head.firsts[row] + column, value: digits(weights[row * head.columns + column]),
    low: digits(-head.reach[row]), high: digits(head.reach[row]),
  });
}

function choose(state, row, setStateValue, wait) {
  if (row < 0 || row >= state.head.rows) return;
  state.chosen = row;
  draw(state);
  const box = state.canvas.parentElement;
  const top = row * state.view.tall;
  if (top < box.scrollTop) box.scrollTop = top;
  else if (top + state.view.tall > box.scrollTop + box.clientHeight) box.scrollTop = top + state.view.tall - box.clientHeight;
  clearTimeout(state.timer);
  state.timer = setTimeout(() => setStateValue('channel', state.head.numbers[row]), wait);
}

export default function (component) {
  const { data, parentElement, setStateValue } = component;
  const state = (parentElement._matrix ||= { view: {}, hovered: -1 });
  const { head, blocks } = unpack(data);
  const [lut, raw] = blocks;
  const weights = new Float32Array(raw.buffer, raw.byteOffset, raw.byteLength / 4);
  const canvas = parentElement.querySelector('canvas.weights');
  const output = parentElement.querySelector('output');
  Object.assign(state, { head, weights, canvas, output, painted: paintWeights(head, lut, weights) });
  state.chosen = head.numbers.indexOf(head.chosen);
  canvas.setAttribute('aria-label', head.words.alternative);
  paintScale(parentElement.querySelector('canvas.scale'), lut);
  for (const part of ['columns', 'low', 'high', 'range']) parentElement.querySelector(`.${part}`).textContent = head.words[part];
  draw(state);
  tell(state, null);

  followPointer(state, { locate, tell, draw });
  canvas.onclick = (event) => {
    const spot = locate(state, event);
    if (spot) choose(state, spot.k, setStateValue, 0);
  };
  canvas.onkeydown = (event) => {
    const steps = { ArrowDown: 1, ArrowUp: -1, PageDown: 10, PageUp: -10 };
    const target = { Home: 0, End: head.rows - 1 }[event.key] ?? (event.key in steps ? state.chosen + steps[event.key] : null);
    if (target === null) return;
    event.preventDefault();
    choose(state, Math.max(0, Math.min(head.rows - 1, target)), setStateValue, 150);
  };
  canvas.dataset.shown = head.id; // what is on the screen now
  return watchWidth(state, draw);
}
