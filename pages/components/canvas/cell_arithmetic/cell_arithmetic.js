// The arithmetic of one cell. Hovering, arrow keys or "play" slide the window; a click takes the cell.
const SIDE = 208; // px, of the two maps
const SINGLE = 64; // px, of a map of one cell
const PAUSE = 160; // ms that the window stays at each cell

function numbersOf(block) {
  return new Float32Array(block.buffer, block.byteOffset, block.byteLength / 4);
}

// Takes apart what came: colours, a map for each link, then a map and a kernel for each term that has one.
function read(state, data) {
  const { head, blocks } = unpack(data);
  const [sequential, diverging, ...rest] = blocks;
  const maps = head.links.map(() => numbersOf(rest.shift()));
  const terms = head.terms.map((term) => ({
    ...term,
    map: term.shape ? numbersOf(rest.shift()) : null,
    kernel: term.kernel ? numbersOf(rest.shift()) : null,
    size: term.kernel,
  }));
  const lut = (signed) => (signed ? diverging : sequential);
  for (const term of terms) term.painted = term.map && paintCells(term.map, term.shape, lut(head.signed), head.low, head.high);
  const output = paintCells(maps[head.chosen], head.out, lut(head.outSigned), head.outLow, head.outHigh);
  Object.assign(state, { head, maps, terms, output, sequential, diverging, margin: overhang(head) });
}

function layOut(state) {
  const { root, head, terms } = state;
  const put = (place, text) => { root.querySelector(place).textContent = text; };
  put('.output .title', head.words.output);
  put('.output .range', head.words.outputRange);
  put('.input .range', head.words.inputRange);
  put('.patch .range', head.words.patchRange);
  put('.kernel .range', head.words.kernelRange);
  put('.agreement', head.words.agreement);
  put('.page', head.words.page);
  for (const name of ['earlier', 'later']) {
    root.querySelector(`.${name}`).setAttribute('aria-label', head.words[name]);
    root.querySelector(`.${name}`).title = head.words[name];
  }
  root.querySelector('.earlier').disabled = head.page <= 1;
  root.querySelector('.later').disabled = head.page >= head.pages;
  root.querySelector('.pages').hidden = head.pages < 2;
  root.querySelector('.input').hidden = !terms.some((term) => term.map && term.map.length > 1);
  root.querySelector('.kernel').hidden = root.querySelector('.products').hidden = head.kind !== 'sum';
  for (const sign of root.querySelectorAll('.hero .sign')) sign.hidden = head.kind !== 'sum';
  root.querySelector('.hero').hidden = !['sum', 'maximum', 'average'].includes(head.kind);
  root.querySelector('canvas.result').setAttribute('aria-label', head.words.outputAlternative);
  root.querySelector('.rows').classList.toggle('merged', head.kind !== 'sum');
  makeRows(state);
}

// Draws everything for the cell that the window is at.
function show(state, row, column) {
  const { root, head, terms } = state;
  state.at = [row, column];
  const at = arithmeticAt(state, row, column);
  state.now = at;
  const accent = style(root.querySelector('.board'), '--st-primary-color');
  const [side, box] = [state.output.width * state.output.height > 1 ? state.side : SINGLE, [row, column, row + 1, column + 1]];
  drawWindow(root.querySelector('canvas.result'), state.output, side, [0, 0], box, accent);
  drawInput(state, at, accent);
  drawHero(state, at);
  const limit = largestProduct(at);
  terms.forEach((term, i) => drawThumb(state, term, at.terms[i], state.rows.terms[i], limit, accent));
  fillRows(state, at);
  fillSteps(state, at);
  root.querySelector('.agreement').style.visibility = at.exact ? 'visible' : 'hidden';
  say(state, fill(head.words.cell, { row, column, value: precise(at.stored[head.chosen]) }));
}

function say(state, text) {
  state.root.querySelector('output').textContent = text;
}

function boxOf(patch) {
  return patch && [patch.rows[0], patch.columns[0], patch.rows.at(-1) + 1, patch.columns.at(-1) + 1];
}

function drawInput(state, at, accent) {
  const term = state.terms[state.selected];
  if (!term?.painted) return;
  state.root.querySelector('.input .title').textContent = term.title;
  const canvas = state.root.querySelector('canvas.source');
  canvas.setAttribute('aria-label', term.alternative);
  drawWindow(canvas, term.painted, state.side, state.margin, boxOf(at.terms[state.selected].patch), accent);
}

function drawThumb(state, term, found, row, limit, accent) {
  const [thumb, mini] = [row.querySelector('.thumb'), row.querySelector('.mini')];
  thumb.hidden = !term.painted || term.map.length < 2;
  if (!thumb.hidden) drawWindow(thumb, term.painted, 44, state.margin, boxOf(found.patch), accent);
  mini.hidden = !found.products;
  if (found.products) drawMini(mini, squaresOf(state, found, found.products, -limit, limit, state.diverging), 44);
}

function squaresOf(state, found, values, low, high, lut) {
  const inside = state.head.padding === 'zeros' ? found.patch.inside : null;
  return { values, columns: found.patch.columns.length, low, high, lut, inside, marked: -1, power: powerFor(Math.max(high, -low)) };
}

function largestProduct(at) {
  return at.terms.reduce((largest, { products }) => Math.max(largest, ...(products ?? []).map(Math.abs)), 0);
}

// The selected term enlarged: the numbers under the window, the weights, their products.
function drawHero(state, at) {
  const { root, head } = state;
  const found = at.terms[state.selected];
  if (root.querySelector('.hero').hidden || !found.patch) return;
  const [rows, columns] = [found.patch.rows.length, found.patch.columns.length];
  const room = (root.querySelector('.hero').clientWidth - (head.kind === 'sum' ? 76 : 0)) / (head.kind === 'sum' ? 3 : 1);
  const unit = Math.max(2, Math.min(64, room / columns, 190 / rows));
  const { low, high } = head;
  const patch = squaresOf(state, found, found.patch.values, low, high, head.signed ? state.diverging : state.sequential);
  if (head.kind === 'maximum') patch.marked = winnerOf(found.patch);
  heroPart(root, '.patch', { ...patch, unit }, head.words.patch);
  if (head.kind !== 'sum') return;
  const term = state.terms[state.selected];
  const weights = { ...squaresOf(state, found, [...term.kernel], -head.limit, head.limit, state.diverging), inside: null };
  heroPart(root, '.kernel', { ...weights, unit }, head.words.kernel);
  const limit = largestProduct(at);
  const products = squaresOf(state, found, found.products, -limit, limit, state.diverging);
  heroPart(root, '.products', { ...products, unit }, head.words.products);
  root.querySelector('.products .range').textContent = `±${digits(limit)}`;
}

function heroPart(root, place, squares, title) {
  root.querySelector(`${place} .title`).textContent = title + (squares.unit >= 24 ? exponentText(squares.power) : '');
  const canvas = root.querySelector(`${place} canvas`);
  canvas.setAttribute('aria-label', title);
  drawSquares(canvas, squares);
}

// Which cell of the output a pointer is at.
function cellAt({ head }, canvas, event) {
  const box = canvas.getBoundingClientRect();
  const [height, width] = head.out;
  const clamp = (share, count) => Math.max(0, Math.min(count - 1, Math.floor(share * count)));
  return [clamp((event.clientY - box.top) / box.height, height), clamp((event.clientX - box.left) / box.width, width)];
}

// Reads one square of the selected term: number × weight = product.
function readSquare(state, canvas, event) {
  const found = state.now.terms[state.selected];
  const box = canvas.getBoundingClientRect();
  const [rows, columns] = [found.patch.rows.length, found.patch.columns.length];
  const y = Math.min(rows - 1, Math.max(0, Math.floor(((event.clientY - box.top) / box.height) * rows)));
  const x = Math.min(columns - 1, Math.max(0, Math.floor(((event.clientX - box.left) / box.width) * columns)));
  const i = y * columns + x;
  const where = found.patch.inside[i] ? fill(state.head.words.square, { row: found.patch.rows[y], column: found.patch.columns[x] }) : state.head.words.outside;
  const number = precise(found.patch.values[i]);
  if (!found.products) return say(state, `${where}: ${number}`);
  const weight = bracketed(precise(state.terms[state.selected].kernel[i]));
  return say(state, `${where}: ${number} × ${weight} = ${precise(found.products[i])}`);
}

function connect(state, trigger) {
  const { root, head } = state;
  const canvas = root.querySelector('canvas.result');
  const commit = ([row, column], wait) => {
    clearTimeout(state.timer);
    if (row === head.cell[0] && column === head.cell[1]) return;
    state.timer = setTimeout(() => trigger('cell', [row, column]), wait);
  };
  canvas.onpointermove = (event) => state.playing || show(state, ...cellAt(state, canvas, event));
  canvas.onpointerleave = () => state.playing || state.timer || show(state, ...head.cell);
  canvas.onclick = (event) => {
    pause(state);
    const cell = cellAt(state, canvas, event);
    show(state, ...cell);
    commit(cell, 0);
  };
  canvas.onkeydown = (event) => {
    const step = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] }[event.key];
    if (!step) return;
    event.preventDefault();
    pause(state);
    const cell = state.at.map((place, axis) => Math.max(0, Math.min(head.out[axis] - 1, place + step[axis])));
    show(state, ...cell);
    commit(cell, 300);
  };
  for (const square of root.querySelectorAll('.hero canvas')) {
    square.onpointermove = (event) => readSquare(state, square, event);
    square.onpointerleave = () => show(state, ...state.at);
  }
  state.select = (i) => {
    state.selected = i;
    for (const [place, row] of state.rows.terms.entries()) row.setAttribute('aria-pressed', String(place === i));
    show(state, ...state.at);
  };
  root.querySelector('.earlier').onclick = () => trigger('page', head.page - 1);
  root.querySelector('.later').onclick = () => trigger('page', head.page + 1);
  connectPlay(state, commit);
}

// Slides the window row by row; for those who want no motion, one cell at each press.
function connectPlay(state, commit) {
  const { root, head } = state;
  const still = window.matchMedia('(prefers-reduced-motion: reduce)').matches;
  const button = root.querySelector('.play');
  button.hidden = head.out[0] * head.out[1] < 2;
  label(state);
  const step = () => {
    const next = (state.at[0] * head.out[1] + state.at[1] + 1) % (head.out[0] * head.out[1]);
    show(state, Math.floor(next / head.out[1]), next % head.out[1]);
  };
  button.onclick = () => {
    if (still) {
      step();
      commit(state.at, 600);
    } else if (state.playing) {
      pause(state);
      commit(state.at, 0);
    } else {
      state.playing = setInterval(step, PAUSE);
      label(state);
    }
  };
}

function pause(state) {
  clearInterval(state.playing);
  state.playing = 0;
  label(state);
}

function label({ root, head, playing }) {
  const still = window.matchMedia('(prefers-reduced-motion: reduce)').matches;
  root.querySelector('output').setAttribute('aria-live', playing ? 'off' : 'polite');
  root.querySelector('.play').textContent = head.words[still ? 'step' : playing ? 'pause' : 'play'];
}

function sizeOf(root) {
  const width = root.querySelector('.board').clientWidth;
  return width >= 640 ? SIDE : Math.max(100, Math.min(SIDE, (width - 16) / 2));
}

export default function (component) {
  const { data, parentElement, setTriggerValue } = component;
  const state = (parentElement._arithmetic ||= { selected: 0, playing: 0 });
  const before = state.head?.id;
  clearTimeout(state.timer);
  state.timer = 0;
  clearInterval(state.playing);
  Object.assign(state, { root: parentElement, playing: 0 });
  read(state, data);
  if (before !== state.head.id) state.selected = Math.max(0, state.terms.findIndex((term) => term.map?.length > 1));
  const all = [...state.head.terms.map(({ value }) => value), state.head.rest, state.head.bias ?? 0, state.head.values[0]];
  state.decimals = decimalsFor(all);
  state.extent = [state.head.values[0]];
  layOut(state);
  state.side = sizeOf(parentElement);
  connect(state, setTriggerValue);
  state.at = state.head.cell;
  state.select(state.selected);
  state.observer?.disconnect();
  let width = parentElement.querySelector('.board').clientWidth;
  state.observer = new ResizeObserver(([{ contentRect }]) => {
    if (Math.abs(contentRect.width - width) < 1) return;
    width = contentRect.width;
    state.side = sizeOf(parentElement);
    show(state, ...state.at);
  });
  state.observer.observe(parentElement.querySelector('.board'));
  parentElement.querySelector('canvas.result').dataset.shown = state.head.id;
  return () => {
    clearInterval(state.playing);
    clearTimeout(state.timer);
    state.observer.disconnect();
  };
}
