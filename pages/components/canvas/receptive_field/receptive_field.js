// A map of which one cell is chosen: hover, click and arrow keys, and what is said of a cell.
const LONG_TEXT = 45; // characters, from which on a fact takes two columns

// What is said of a cell: its value, and which pixels it depends on.
function tell(state, cell) {
  const { head, values, output } = state;
  const lines = [fill(head.words.cell, { ...cell, value: localise(values[cell.row * head.w + cell.column].toPrecision(6)) })];
  if (head.field) {
    const { inside } = boxesOf(head.field, cell);
    const isWhole = head.field.every((axis) => axis.whole);
    if (isWhole) lines.push(head.words.whole);
    else if (!inside) lines.push(head.words.nothing);
    else lines.push(fill(head.words.sees, { top: inside[0], left: inside[1], bottom: inside[2] - 1, right: inside[3] - 1 }));
  }
  output.textContent = lines.join('\n');
}

function tellPixel(state, event) {
  const { head, canvases, gradient, output } = state;
  const box = canvases.picture.getBoundingClientRect();
  const scale = (head.pixels + 2 * head.margin) / box.width;
  const [column, row] = [event.clientX - box.left, event.clientY - box.top].map((place) => Math.floor(place * scale - head.margin));
  if (Math.min(row, column) < 0 || Math.max(row, column) >= head.pixels) output.textContent = head.words.padding;
  else if (gradient && !state.waiting) {
    output.textContent = fill(head.words.pixel, { row, column, value: digits(gradient[row * head.pixels + column]) });
  } else output.textContent = fill(head.words.bare, { row, column });
}

function cellAt(state, event) {
  const { head, canvases } = state;
  const box = canvases.cells.getBoundingClientRect();
  const { scale, left, top } = placeOfMap(state, box.width);
  const column = Math.floor((event.clientX - box.left - left) / scale);
  const row = Math.floor((event.clientY - box.top - top) / scale);
  return row >= 0 && column >= 0 && row < head.h && column < head.w ? { row, column } : null;
}

function choose(state, cell, setStateValue, wait) {
  const isShown = cell.row === state.head.row && cell.column === state.head.column; // what is there is of this very cell
  Object.assign(state, { chosen: cell, hovered: null, waiting: !isShown && Boolean(state.heat) });
  draw(state);
  tell(state, cell);
  showHeat(state);
  clearTimeout(state.timer);
  state.timer = setTimeout(() => {
    state.timer = null;
    setStateValue('cell', [cell.row, cell.column]);
  }, wait);
}

function showHeat(state) {
  const { head, root, gradient } = state;
  const top = gradient ? largest(gradient) : 0;
  const isShown = gradient && top > 0 && !state.waiting;
  root.querySelector('.heat').classList.toggle('none', !isShown);
  const unit = state.waiting || head.pending ? head.words.waiting : !gradient ? head.words.absent : top > 0 ? head.words.unit : head.words.zero;
  root.querySelector('.unit').textContent = unit;
  root.querySelector('.high').textContent = digits(top);
  root.querySelector('.lines .effective').hidden = !isShown;
}

function label(state) {
  const { head, root } = state;
  const say = (selector, text) => { root.querySelector(selector).textContent = text; };
  say('.left figcaption', head.words.map);
  say('.middle figcaption', head.words.middle);
  say('.right figcaption', head.words.right);
  for (const name of ['solid', 'dashed', 'local', 'effective']) say(`.lines .${name}`, head.words[name]);
  root.querySelector('.lines').hidden = !head.field;
  root.querySelector('.lines .local').hidden = !head.local;
  root.querySelector('.lines .dashed').hidden = Boolean(head.field?.every((axis) => axis.whole));
  say('.low', '0');
  say('.opacity', head.words.opacity);
  state.canvases.cells.setAttribute('aria-label', head.words.cells);
  state.canvases.picture.setAttribute('aria-label', head.words.picture);
  root.querySelector('.facts').replaceChildren(
    ...head.facts.map(([name, text]) => {
      const [box, term, value] = ['div', 'dt', 'dd'].map((kind) => document.createElement(kind));
      [term.textContent, value.textContent] = [name, text];
      box.append(term, value);
      if (text.length > LONG_TEXT) box.className = 'wide';
      return box;
    })
  );
}

function takePicture(state, bytes) {
  if (state.source === state.head.picture) return;
  state.source = state.head.picture;
  createImageBitmap(new Blob([bytes])).then((bitmap) => {
    const grey = blank(bitmap.width, bitmap.height);
    const context = grey.getContext('2d');
    context.filter = 'grayscale(1)';
    context.drawImage(bitmap, 0, 0);
    Object.assign(state, { picture: bitmap, grey });
    draw(state);
  });
}

function listen(state, setStateValue) {
  const { canvases, head, root } = state;
  const hover = (cell) => {
    state.hovered = cell;
    draw(state);
    tell(state, cell || state.chosen);
  };
  canvases.cells.onmousemove = (event) => {
    const cell = cellAt(state, event);
    if (cell?.row !== state.hovered?.row || cell?.column !== state.hovered?.column) hover(cell);
  };
  canvases.cells.onmouseleave = () => hover(null);
  canvases.cells.onclick = (event) => {
    const cell = cellAt(state, event);
    if (cell) choose(state, cell, setStateValue, 0);
  };
  canvases.cells.onkeydown = (event) => {
    const step = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] }[event.key];
    const end = { Home: { row: 0, column: 0 }, End: { row: head.h - 1, column: head.w - 1 } }[event.key];
    if (!step && !end) return;
    event.preventDefault();
    const cell = end || { row: state.chosen.row + step[0], column: state.chosen.column + step[1] };
    if (cell.row < 0 || cell.column < 0 || cell.row >= head.h || cell.column >= head.w) return;
    choose(state, cell, setStateValue, 150);
  };
  canvases.picture.onmousemove = (event) => tellPixel(state, event);
  canvases.picture.onmouseleave = () => tell(state, state.chosen);
  const slider = root.querySelector('input');
  slider.value = String(state.opacity);
  slider.setAttribute('aria-label', head.words.opacity);
  slider.oninput = () => {
    state.opacity = Number(slider.value);
    drawPicture(state);
  };
  slider.onchange = () => setStateValue('opacity', state.opacity);
}

export default function (component) {
  const { data, parentElement, setStateValue } = component;
  const state = (parentElement._field ||= {});
  const { head, blocks } = unpack(data);
  const [lut, heatLut, raw, picture, rawHeat] = blocks;
  const floats = (bytes) => new Float32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 4);
  const isSameMap = state.head?.id === head.id;
  Object.assign(state, { head, root: parentElement, values: floats(raw), output: parentElement.querySelector('output') });
  state.canvases = Object.fromEntries(['cells', 'picture', 'part'].map((name) => [name, parentElement.querySelector(`canvas.${name}`)]));
  state.map = paintMap(head, lut, state.values);
  state.gradient = rawHeat.length ? floats(rawHeat) : null;
  state.heat = state.gradient ? paintHeat(head.pixels, heatLut, state.gradient) : null;
  state.opacity ??= head.opacity;
  if (!state.timer || !isSameMap) { // else another cell was chosen meanwhile, and its figures are on the way
    Object.assign(state, { chosen: { row: head.row, column: head.column }, waiting: false });
    if (!isSameMap) state.hovered = null;
  }
  paintScale(parentElement.querySelector('canvas.scale'), heatLut);
  label(state);
  showHeat(state);
  takePicture(state, picture);
  draw(state);
  tell(state, state.hovered || state.chosen);
  listen(state, setStateValue);
  state.canvases.cells.dataset.shown = `${head.id}/${head.row}/${head.column}`; // what is on the screen now
  return watchSize(state, parentElement.querySelector('.trio'), () => draw(state));
}
