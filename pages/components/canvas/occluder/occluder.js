// A picture with a square over it: drag it, drag its corner to size it, or use the keys; told where it is let go.
const HANDLE = 14; // px on the screen
const EXACT = 128; // px of the picture up to which each is to be seen as it is
const STEPS = 32; // key presses across the picture

function clamp(value, low, high) {
  return Math.min(high, Math.max(low, value));
}

function fitted({ head }, [top, left, side]) {
  const size = clamp(Math.round(side), head.smallest, head.largest);
  return [clamp(Math.round(top), 0, head.pixels - size), clamp(Math.round(left), 0, head.pixels - size), size];
}

function draw(state) {
  const { canvas, head, images } = state;
  const side = Math.round(canvas.clientWidth * (window.devicePixelRatio || 1));
  if (!side || !images) return;
  canvas.width = canvas.height = side;
  const context = canvas.getContext('2d');
  const scale = side / head.pixels;
  const [top, left, size] = state.square;
  context.imageSmoothingEnabled = head.pixels > EXACT;
  context.drawImage(images[0], 0, 0, side, side);
  context.drawImage(images[1], left, top, size, size, left * scale, top * scale, size * scale, size * scale);
  for (const [colour, thickness] of [['#20262e', 4], ['#ffffff', 2]]) {
    context.strokeStyle = context.fillStyle = colour;
    context.lineWidth = thickness;
    context.strokeRect(left * scale, top * scale, size * scale, size * scale);
    const grip = (HANDLE * side) / canvas.clientWidth / 2 + thickness - 3;
    context.fillRect((left + size) * scale - grip, (top + size) * scale - grip, 2 * grip, 2 * grip);
  }
}

function move(state, square) {
  state.square = fitted(state, square);
  state.output.classList.toggle('old', state.square.join() !== state.head.square.join());
  draw(state);
}

function release(state, setStateValue, wait) {
  clearTimeout(state.timer);
  if (state.square.join() === state.head.square.join()) return;
  state.timer = setTimeout(() => setStateValue('square', state.square), wait);
}

// The square that a drag from one place to another makes of the one at its beginning.
function dragged({ from, start, isSizing }, [y, x]) {
  const [top, left, side] = start;
  if (isSizing) return [top, left, side + Math.max(y - from[0], x - from[1])];
  return [top + y - from[0], left + x - from[1], side];
}

function listen(state, setStateValue) {
  const { canvas } = state;
  const place = (event) => {
    const box = canvas.getBoundingClientRect();
    return [event.clientY - box.top, event.clientX - box.left].map((distance) => (distance / box.width) * state.head.pixels);
  };
  const isOnCorner = ([y, x]) => {
    const reach = (HANDLE * state.head.pixels) / canvas.clientWidth;
    const [top, left, side] = state.square;
    return Math.abs(y - top - side) < reach && Math.abs(x - left - side) < reach;
  };
  canvas.onpointerdown = (event) => {
    const from = place(event);
    const isSizing = isOnCorner(from);
    const [top, left, side] = state.square;
    const isInside = from[0] >= top && from[1] >= left && from[0] < top + side && from[1] < left + side;
    if (!isSizing && !isInside) move(state, [from[0] - side / 2, from[1] - side / 2, side]);
    state.drag = { from, start: state.square, isSizing };
    canvas.setPointerCapture(event.pointerId);
  };
  canvas.onpointermove = (event) => {
    const spot = place(event);
    canvas.style.cursor = isOnCorner(spot) ? 'nwse-resize' : 'move';
    if (state.drag) move(state, dragged(state.drag, spot));
  };
  canvas.onpointerup = canvas.onpointercancel = () => {
    if (!state.drag) return;
    state.drag = null;
    release(state, setStateValue, 0);
  };
  canvas.onkeydown = (event) => {
    const step = Math.max(1, Math.round(state.head.pixels / STEPS));
    const change = {
      ArrowUp: [-step, 0, 0], ArrowDown: [step, 0, 0], ArrowLeft: [0, -step, 0], ArrowRight: [0, step, 0],
      '+': [0, 0, step], '-': [0, 0, -step],
    }[event.key];
    if (!change) return;
    event.preventDefault();
    move(state, state.square.map((number, index) => number + change[index]));
    release(state, setStateValue, 250);
  };
}

export default function (component) {
  const { data, parentElement, setStateValue } = component;
  const state = (parentElement._occluder ||= {});
  const { head, blocks } = unpack(data);
  const say = (selector, text) => { parentElement.querySelector(selector).textContent = text; };
  Object.assign(state, { head, canvas: parentElement.querySelector('canvas'), output: parentElement.querySelector('output') });
  say('.title', head.words.title);
  say('small', head.words.facts);
  state.canvas.setAttribute('aria-label', head.words.alternative);
  state.output.textContent = head.words.result;
  if (!state.drag) move(state, head.square);
  if (state.source !== head.id) {
    state.source = head.id;
    Promise.all(blocks.map((block) => createImageBitmap(new Blob([block])))).then((images) => {
      state.images = images;
      draw(state);
    });
  }
  draw(state);
  listen(state, setStateValue);
  state.canvas.dataset.shown = head.square.join();
  return watchSize(state, state.canvas, () => draw(state));
}
