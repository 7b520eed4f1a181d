// A race of optimizers: the surface from above with all paths, and the values of f beneath one another, in step.
const SPEEDS = [10, 30, 60, 150]; // steps a second
const ICONS = {
  play: 'M5 3l12 7-12 7z',
  pause: 'M5 3h4v14H5zM11 3h4v14h-4z',
  restart: 'M4 3h3v14H4zM17 3v14L8 10z',
  next: 'M13 3h3v14h-3zM3 3l9 7-9 7z',
};

function icon(path) {
  return `<svg viewBox="0 0 20 20" width="16" height="16" aria-hidden="true"><path fill="currentColor" d="${path}"/></svg>`;
}

// The surface in bands of ink on paper: the lower, the more ink, in the light theme and in the dark one.
function bandInk(band, bands) {
  return 0.04 + 0.4 * (1 - band / (bands - 1)) ** 1.5;
}

function paintSurface(state, look) {
  const { head, bands } = state;
  const sheet = document.createElement('canvas');
  sheet.width = sheet.height = head.side;
  const context = sheet.getContext('2d');
  context.fillStyle = look.back;
  context.fillRect(0, 0, head.side, head.side);
  for (let row = 0; row < head.side; row++) {
    for (let column = 0; column < head.side; column++) {
      const band = bands[row * head.side + column];
      context.globalAlpha = bandInk(band, head.bands);
      context.fillStyle = look.text;
      context.fillRect(column, head.side - 1 - row, 1, 1);
    }
  }
  return sheet;
}

function toPixels(state, x, y) {
  const [left, right, low, high] = state.head.box;
  const { width, height } = state.map;
  return [((x - left) / (right - left)) * width, ((high - y) / (high - low)) * height];
}

function toPlace(state, event) {
  const [left, right, low, high] = state.head.box;
  const box = state.map.canvas.getBoundingClientRect();
  const across = Math.min(1, Math.max(0, (event.clientX - box.left) / box.width));
  const down = Math.min(1, Math.max(0, (event.clientY - box.top) / box.height));
  return [left + across * (right - left), high - down * (high - low)];
}

function star(context, x, y, radius) {
  context.beginPath();
  for (let k = 0; k < 10; k++) {
    const angle = (Math.PI * k) / 5 - Math.PI / 2;
    const length = k % 2 ? radius * 0.45 : radius;
    context.lineTo(x + length * Math.cos(angle), y + length * Math.sin(angle));
  }
  context.closePath();
}

// Minima, paths up to now, the heads and the start. `spot` tells of a place where it is on the canvas, and whether it is
// seen; `strokePath` draws a path up to a step.
function drawMarks(state, spot, strokePath) {
  const { head, look } = state;
  const { context, width, height } = state.map;
  for (const [x, y] of head.minima) {
    const { at, seen } = spot(x, y);
    star(context, ...at, 9);
    context.globalAlpha = seen ? 1 : HEAD_BEHIND;
    context.fillStyle = look.back;
    context.strokeStyle = look.text;
    context.lineWidth = 1.5;
    context.fill();
    context.stroke();
  }
  const last = Math.floor(state.t);
  for (const [k, one] of head.entrants.entries()) {
    if (state.hidden.has(k)) continue;
    const path = state.paths[k];
    const end = Math.min(last, path.length / 3 - 1);
    context.strokeStyle = one.colour;
    context.lineWidth = 2.5;
    context.setLineDash(one.dash);
    strokePath(k, end, one.diverged === null ? 1 : 0.35); // it would cover all others
    context.setLineDash([]);
    const isLost = one.diverged !== null && last >= one.diverged;
    const { at, seen, isOutside } = spot(path[3 * end], path[3 * end + 1]);
    context.globalAlpha = seen ? 1 : HEAD_BEHIND;
    context.fillStyle = one.colour;
    if (isLost) {
      const [x, y] = at.map((value, axis) => Math.min([width, height][axis] - 10, Math.max(10, value)));
      context.font = `bold 16px ${look.font}`;
      context.textAlign = 'center';
      context.textBaseline = 'middle';
      context.fillText('✗', x, y);
    } else if (!isOutside) {
      context.beginPath();
      context.arc(...at, 6, 0, 2 * Math.PI);
      context.strokeStyle = look.back;
      context.lineWidth = 2;
      context.fill();
      context.stroke();
    }
  }
  const { at, seen } = spot(...state.start);
  context.globalAlpha = seen ? 1 : HEAD_BEHIND;
  context.beginPath();
  context.arc(...at, 8, 0, 2 * Math.PI);
  context.strokeStyle = look.text;
  context.lineWidth = 2;
  context.stroke();
  context.globalAlpha = 1;
}

function drawMap(state) {
  const { context, width, height } = state.map;
  context.imageSmoothingEnabled = true;
  context.drawImage(state.sheet, 0, 0, width, height);
  const spot = (x, y) => ({ at: toPixels(state, x, y), seen: true });
  drawMarks(state, spot, (k, end, alpha) => {
    const path = state.paths[k];
    context.beginPath();
    for (let i = 0; i <= end; i++) context.lineTo(...toPixels(state, path[3 * i], path[3 * i + 1]));
    context.globalAlpha = alpha;
    context.stroke();
  });
}

function tellStep(state) {
  const { head, root } = state;
  const step = Math.floor(state.t);
  root.querySelector('.step').textContent = fill(head.words.of, { step, steps: head.steps });
  root.querySelector('.scrub').value = String(step);
  for (const [k, button] of root.querySelectorAll('.entrants button').entries()) {
    button.lastChild.textContent = sayCurve(state, k, step);
  }
  state.map.canvas.dataset.step = String(step);
}

function draw(state) {
  if (state.isSolid) drawBlock(state);
  else drawMap(state);
  drawCurves(state);
  tellStep(state);
}

function layOut(state) {
  const [map, curves] = ['canvas.map', 'canvas.curves'].map((name) => state.root.querySelector(name));
  if (!map.clientWidth) return;
  state.look = colours(map);
  state.map = { canvas: map, ...prepare(map) };
  state.curves = { canvas: curves, ...prepare(curves) };
  state.sheet = paintSurface(state, state.look);
  state.block = state.backdrop = state.tones = null;
  draw(state);
}

function seek(state, step) {
  state.t = Math.min(state.head.steps, Math.max(0, step));
  draw(state);
}

function play(state, playing) {
  state.playing = playing;
  const button = state.root.querySelector('.play');
  button.innerHTML = icon(playing ? ICONS.pause : ICONS.play);
  button.setAttribute('aria-label', playing ? state.head.words.pause : state.head.words.play);
  button.title = button.getAttribute('aria-label');
  cancelAnimationFrame(state.frame);
  if (!playing) return;
  if (state.t >= state.head.steps) state.t = 0;
  let before = performance.now();
  const advance = (now) => {
    state.t = Math.min(state.head.steps, state.t + (Math.max(0, now - before) / 1000) * state.speed);
    before = now;
    state.frames = (state.frames ?? 0) + 1;
    draw(state);
    if (state.t >= state.head.steps) play(state, false);
    else if (state.playing) state.frame = requestAnimationFrame(advance);
  };
  state.frame = requestAnimationFrame(advance);
}

function chooseView(state, isSolid) {
  const { root, head } = state;
  state.isSolid = isSolid;
  const map = root.querySelector('canvas.map');
  map.dataset.view = isSolid ? '3d' : 'map';
  map.setAttribute('aria-label', isSolid ? head.words.solid : head.words.map);
  for (const [name, isChosen] of [['flat', !isSolid], ['solid', isSolid]]) {
    root.querySelector(`button.${name}`).setAttribute('aria-pressed', String(isChosen));
    root.querySelector(`output .${name}`).style.visibility = isChosen ? 'visible' : 'hidden'; // the higher one's room is kept
  }
}

function listEntrants(state) {
  const list = state.root.querySelector('.entrants');
  list.replaceChildren(
    ...state.head.entrants.map((one, k) => {
      const item = document.createElement('li');
      const button = document.createElement('button');
      const line = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
      line.innerHTML = `<line x1="0" y1="4" x2="28" y2="4" stroke="${one.colour}" stroke-width="3" stroke-dasharray="${one.dash.join(' ')}"/>`;
      const name = document.createElement('span');
      name.textContent = one.title;
      button.append(line, name, document.createElement('b'));
      button.setAttribute('aria-pressed', String(!state.hidden.has(k)));
      button.title = state.head.words.hide;
      button.onclick = () => {
        if (!state.hidden.delete(k)) state.hidden.add(k);
        button.setAttribute('aria-pressed', String(!state.hidden.has(k)));
        state.backdrop = null;
        draw(state);
      };
      item.append(button);
      return item;
    }),
  );
}

function connect(state, setStateValue) {
  const { root, head } = state;
  const find = (name) => root.querySelector(name);
  const name = (selector, text, sign) => {
    const button = find(selector);
    button.innerHTML = icon(sign);
    button.title = text;
    button.setAttribute('aria-label', text);
    return button;
  };
  name('.restart', head.words.restart, ICONS.restart).onclick = () => { seek(state, 0); play(state, true); };
  name('.next', head.words.next, ICONS.next).onclick = () => { play(state, false); seek(state, Math.floor(state.t) + 1); };
  find('.play').onclick = () => play(state, !state.playing);
  const scrub = find('.scrub');
  scrub.max = String(head.steps);
  scrub.setAttribute('aria-label', head.words.scrub);
  scrub.oninput = () => { play(state, false); seek(state, Number(scrub.value)); };
  find('.speed').textContent = head.words.speed;
  const speeds = find('select');
  if (!speeds.options.length) for (const speed of SPEEDS) speeds.add(new Option(String(speed), String(speed)));
  for (const option of speeds.options) option.textContent = fill(head.words.rate, { speed: option.value });
  speeds.value = String(state.speed);
  speeds.setAttribute('aria-label', head.words.speed);
  speeds.onchange = () => { state.speed = Number(speeds.value); };
  find('canvas.curves').setAttribute('aria-label', head.words.curves);
  find('.switch').setAttribute('aria-label', head.words.view);
  for (const name of ['flat', 'solid']) {
    const button = find(`button.${name}`);
    button.textContent = head.words[`${name}_name`];
    button.onclick = () => { chooseView(state, name === 'solid'); draw(state); };
    find(`output .${name}`).textContent = fill(head.words[`${name}_hint`], { high: digits(head.high) });
  }
  const map = find('canvas.map');
  map.onpointerdown = (event) => {
    map.setPointerCapture(event.pointerId);
    if (state.isSolid) dragBlock(state, event);
    else dragStart(state, event, setStateValue);
  };
  map.ondblclick = () => { if (state.isSolid) turnTo(state, FIRST_VIEW.azimuth, FIRST_VIEW.elevation); };
  map.onkeydown = (event) => {
    if ((state.isSolid && turnByKey(state, event.key)) || playByKey(state, event.key)) event.preventDefault();
  };
}

// The start follows the pointer until it is let go.
function dragStart(state, event, setStateValue) {
  const { canvas } = state.map;
  play(state, false);
  state.t = 0;
  const move = (moved) => { state.start = toPlace(state, moved); draw(state); };
  move(event);
  canvas.onpointermove = move;
  canvas.onpointerup = (up) => {
    canvas.onpointermove = canvas.onpointerup = null;
    state.start = toPlace(state, up);
    setStateValue('start', state.start.map((value) => Number(value.toFixed(3))));
  };
}

// Returns whether the key means something.
function playByKey(state, key) {
  const moves = { ArrowRight: 1, ArrowLeft: -1, PageUp: 10, PageDown: -10 };
  if (key === ' ') play(state, !state.playing);
  else if (key === 'Home') seek(state, 0);
  else if (key === 'End') seek(state, state.head.steps);
  else if (key in moves) { play(state, false); seek(state, Math.floor(state.t) + moves[key]); }
  else return false;
  return true;
}

export default function (component) {
  const { data, parentElement, setStateValue } = component;
  const state = (parentElement._race ||= { t: 0, speed: 60, hidden: new Set(), isSolid: false, view: { ...FIRST_VIEW } });
  const { head, blocks } = unpack(data);
  const [bands, heights, ...raw] = blocks.map((block, k) => (k ? new Float32Array(block.buffer, block.byteOffset, block.byteLength / 4) : block));
  const isNew = state.head?.id !== head.id;
  const [paths, spreads] = [raw.slice(0, head.entrants.length), raw.slice(head.entrants.length)];
  Object.assign(state, { head, bands, heights, paths, lines: readLines(paths, spreads), draped: null, root: parentElement, start: head.start });
  state.range = curveRange(state);
  if (isNew) state.t = 0;
  listEntrants(state);
  connect(state, setStateValue);
  chooseView(state, state.isSolid);
  layOut(state);
  const calm = window.matchMedia('(prefers-reduced-motion: reduce)').matches;
  if (isNew && calm) seek(state, head.steps);
  if (state.map) play(state, isNew ? !calm : Boolean(state.playing));
  state.observer?.disconnect();
  state.observer = new ResizeObserver(() => layOut(state));
  state.observer.observe(parentElement.querySelector('.views'));
  parentElement.querySelector('canvas.map').dataset.shown = head.id;
  parentElement.querySelector('canvas.map').race = state; // what a test looks at
  return () => {
    cancelAnimationFrame(state.frame);
    cancelAnimationFrame(state.turn);
    state.observer.disconnect();
  };
}
