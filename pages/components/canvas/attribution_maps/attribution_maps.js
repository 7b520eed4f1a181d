// Maps over the picture in grey, side by side; hover reads the same place of all.

// The value of a map at a place of the picture, between the centres of its cells (bilinear, as networks enlarge).
function valueAt({ h, w, values }, y, x) {
  const row = Math.min(h - 1, Math.max(0, y * h - 0.5));
  const column = Math.min(w - 1, Math.max(0, x * w - 0.5));
  const [top, left] = [Math.floor(row), Math.floor(column)];
  const [bottom, right] = [Math.min(h - 1, top + 1), Math.min(w - 1, left + 1)];
  const [down, across] = [row - top, column - left];
  const upper = values[top * w + left] * (1 - across) + values[top * w + right] * across;
  const lower = values[bottom * w + left] * (1 - across) + values[bottom * w + right] * across;
  return upper * (1 - down) + lower * down;
}

// One map in colour, with at least the resolution of the picture.
function paintSmooth(panel, lut, side) {
  const size = Math.max(side, panel.w);
  const canvas = document.createElement('canvas');
  canvas.width = canvas.height = size;
  const context = canvas.getContext('2d');
  const image = context.createImageData(size, size);
  const span = panel.high - panel.low;
  for (let y = 0, p = 0; y < size; y++) {
    for (let x = 0; x < size; x++, p += 4) {
      const value = valueAt(panel, (y + 0.5) / size, (x + 0.5) / size);
      const scaled = span > 0 ? ((value - panel.low) / span) * 255 : panel.signed ? 127.5 : 0;
      const index = 3 * Math.max(0, Math.min(255, Math.round(scaled)));
      image.data[p] = lut[index];
      image.data[p + 1] = lut[index + 1];
      image.data[p + 2] = lut[index + 2];
      image.data[p + 3] = 255;
    }
  }
  context.putImageData(image, 0, 0);
  return canvas;
}

function makeFigure() {
  const figure = document.createElement('figure');
  const parts = { title: 'figcaption', facts: 'small', stage: 'div' };
  for (const [name, kind] of Object.entries(parts)) {
    parts[name] = document.createElement(kind);
    parts[name].className = name;
    figure.append(parts[name]);
  }
  const canvas = document.createElement('canvas');
  canvas.setAttribute('role', 'img');
  const message = document.createElement('div');
  message.className = 'message';
  parts.stage.append(canvas, message);
  return { figure, canvas, message, title: parts.title, facts: parts.facts };
}

function drawPanel(state, place) {
  const { canvas } = state.figures[place];
  const panel = state.head.panels[place];
  const side = Math.round(canvas.clientWidth * (window.devicePixelRatio || 1));
  if (!side) return;
  canvas.width = canvas.height = side;
  const context = canvas.getContext('2d');
  context.imageSmoothingEnabled = state.side > 128 || side < state.side;
  const picture = panel.w ? state.grey : state.picture;
  if (picture) context.drawImage(picture, 0, 0, side, side);
  if (panel.message || !panel.w) return;
  context.imageSmoothingEnabled = true;
  context.globalAlpha = state.opacity / 100;
  context.drawImage(state.maps[place], 0, 0, side, side);
}

function draw(state) {
  if (!state.maps) return; // the picture is on its way
  for (let place = 0; place < state.head.panels.length; place++) drawPanel(state, place);
}

function tell(state, spot) {
  const { head, output } = state;
  if (!spot) {
    output.textContent = head.words.hint;
    return;
  }
  const [y, x] = spot;
  const shown = head.panels.filter((panel) => panel.w);
  const values = shown.map((panel) => (panel.message ? '–' : digits(valueAt(panel, y, x))));
  output.textContent = fill(head.words.cell, { row: Math.floor(y * state.side), column: Math.floor(x * state.side), value: values.join(' · ') });
}

function label(state) {
  const { head, root } = state;
  const box = root.querySelector('.panels');
  box.style.setProperty('--columns', head.columns);
  while (state.figures.length < head.panels.length) state.figures.push(makeFigure());
  state.figures.length = head.panels.length;
  box.replaceChildren(...state.figures.map(({ figure }) => figure));
  head.panels.forEach((panel, place) => {
    const { title, facts, canvas, message } = state.figures[place];
    title.textContent = title.title = panel.title;
    facts.textContent = facts.title = panel.facts;
    message.textContent = panel.message;
    message.hidden = !panel.message;
    canvas.setAttribute('aria-label', panel.message || panel.alternative);
  });
  const last = head.panels.at(-1);
  const isShared = Boolean(head.words.range);
  root.querySelector('.bar').hidden = !isShared;
  root.querySelector('.range').textContent = head.words.range || '';
  root.querySelector('.low').textContent = last ? digits(last.low) : '';
  root.querySelector('.high').textContent = last ? digits(last.high) : '';
  root.querySelector('.opacity').textContent = head.words.opacity || '';
  root.querySelector('label').hidden = !head.words.opacity;
}

function takePicture(state, bytes) {
  if (state.source === state.head.picture) return;
  state.source = state.head.picture;
  createImageBitmap(new Blob([bytes])).then((bitmap) => {
    const grey = document.createElement('canvas');
    [grey.width, grey.height] = [bitmap.width, bitmap.height];
    const context = grey.getContext('2d');
    context.filter = 'grayscale(1)';
    context.drawImage(bitmap, 0, 0);
    Object.assign(state, { picture: bitmap, grey, side: bitmap.width });
    paint(state);
  });
}

function paint(state) {
  const { head, luts } = state;
  if (!state.side) return;
  state.maps = head.panels.map((panel) => panel.w && paintSmooth(panel, luts[Number(panel.signed)], Math.min(state.side, 256)));
  draw(state);
  state.root.querySelector('.panels').dataset.shown = head.id; // what is on the screen now
}

function listen(state, setStateValue) {
  for (const { canvas } of state.figures) {
    canvas.onmousemove = (event) => {
      const box = canvas.getBoundingClientRect();
      const spot = [(event.clientY - box.top) / box.height, (event.clientX - box.left) / box.width];
      tell(state, spot.map((share) => Math.min(0.9999, Math.max(0, share))));
    };
    canvas.onmouseleave = () => tell(state, null);
  }
  const slider = state.root.querySelector('input');
  slider.value = String(state.opacity);
  slider.setAttribute('aria-label', state.head.words.opacity || '');
  slider.oninput = () => {
    state.opacity = Number(slider.value);
    draw(state);
  };
  slider.onchange = () => setStateValue('opacity', state.opacity);
}

export default function (component) {
  const { data, parentElement, setStateValue } = component;
  const state = (parentElement._evidence ||= { figures: [] });
  const { head, blocks } = unpack(data);
  const [sequential, diverging, picture, ...raw] = blocks;
  raw.forEach((bytes, place) => {
    head.panels[place].values = new Float32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 4);
  });
  Object.assign(state, { head, root: parentElement, luts: [sequential, diverging], output: parentElement.querySelector('output') });
  state.opacity = head.words.opacity ? (state.opacity ?? head.opacity) : head.opacity;
  label(state);
  paintScale(parentElement.querySelector('canvas.scale'), state.luts[Number(head.panels.at(-1)?.signed ?? false)]);
  takePicture(state, picture);
  paint(state);
  tell(state, null);
  listen(state, setStateValue);
  return watchSize(state, parentElement.querySelector('.panels'), () => draw(state));
}
