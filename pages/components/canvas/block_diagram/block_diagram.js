// A network as boxes within boxes; a click unfolds a group, or chooses a layer. What leads past something is a skip.
const CARD = { w: 168, h: 44 };
const [GAP_X, GAP_Y, PAD, TITLE, LANE, PORT] = [14, 26, 12, 30, 9, 14];
const MOST_LANES = 8;

// Each part's row: one below the lowest of those that lead to it.
function rowsOf(box) {
  const rows = box.parts.map(() => 0);
  for (let part = 0; part < rows.length; part++)
    for (const [from, to] of box.edges) if (to === part && from >= 0) rows[part] = Math.max(rows[part], rows[from] + 1);
  return rows;
}

// Sizes and places of a box and of all that is open in it, relative to its corner.
function layOut(box, open, isRoot = false) {
  if (!box.parts || !(isRoot || open.has(box.name))) return { box, ...CARD };
  const children = box.parts.map((part) => layOut(part, open));
  const rows = rowsOf(box);
  const count = Math.max(...rows) + 1;
  const lanes = lanesOf(box, rows, count);
  const margin = lanes.size ? Math.min(lanes.size, MOST_LANES) * LANE + GAP_X : 0;
  const byRow = Array.from({ length: count }, (_, row) => children.filter((_child, i) => rows[i] === row));
  const widths = byRow.map((kin) => kin.reduce((sum, child) => sum + child.w + GAP_X, -GAP_X));
  const title = isRoot ? 0 : TITLE;
  const inner = Math.max(...widths, isRoot ? 0 : CARD.w);
  const w = inner + 2 * PAD + 2 * margin;
  let y = title + PORT;
  byRow.forEach((kin, row) => {
    let x = (w - widths[row]) / 2;
    const tall = Math.max(...kin.map((child) => child.h));
    for (const child of kin) {
      Object.assign(child, { x, y: y + (tall - child.h) / 2 });
      x += child.w + GAP_X;
    }
    y += tall + GAP_Y;
  });
  return { box, w, h: y - GAP_Y + PORT, children, rows, count, lanes, title, margin, isOpen: true };
}

// What leads past a row runs in a lane at the right side, one for all that comes from the same part.
function lanesOf(box, rows, count) {
  const lanes = new Map();
  for (const [from, to] of box.edges) {
    const [above, below] = [from < 0 ? -1 : rows[from], to >= rows.length ? count : rows[to]];
    if (below - above > 1 && !lanes.has(from)) lanes.set(from, lanes.size % MOST_LANES);
  }
  return lanes;
}

function pathOf(place, [from, to]) {
  const { children, w, h, title, rows, count, lanes } = place;
  const start = from < 0 ? { x: w / 2, y: title } : { x: children[from].x + children[from].w / 2, y: children[from].y + children[from].h };
  const end = to >= children.length ? { x: w / 2, y: h } : { x: children[to].x + children[to].w / 2, y: children[to].y };
  const jump = (to >= children.length ? count : rows[to]) - (from < 0 ? -1 : rows[from]);
  if (jump <= 1) {
    const middle = (start.y + end.y) / 2;
    return { d: `M${start.x},${start.y} C${start.x},${middle} ${end.x},${middle} ${end.x},${end.y}`, isSkip: false };
  }
  const x = w - PAD - lanes.get(from) * LANE;
  const [high, low, r] = [start.y + 6, end.y - 6, 5];
  const d =
    `M${start.x},${start.y} V${high - 1} Q${start.x},${high} ${start.x + r},${high} H${x - r} Q${x},${high} ${x},${high + r} ` +
    `V${low - r} Q${x},${low} ${x - r},${low} H${end.x + r} Q${end.x},${low} ${end.x},${low + 1} V${end.y}`;
  return { d, isSkip: true };
}

function card(state, place, x, y) {
  const { box } = place;
  const element = document.createElement('button');
  const [top, bottom] = [document.createElement('span'), document.createElement('small')];
  const { words } = state.data;
  top.textContent = box.label;
  const count = fill(words.layers, { count: box.layers });
  bottom.textContent = [box.parts ? count : box.kind, box.shape, box.cost].filter(Boolean).join(' · ');
  element.append(top, bottom);
  element.title = [box.name, bottom.textContent].join('\n');
  element.className = box.parts ? (place.isOpen ? 'title' : 'group') : 'layer';
  Object.assign(element.style, { left: `${x}px`, top: `${y}px`, width: `${place.isOpen ? place.w : CARD.w}px`, height: `${place.isOpen ? TITLE : CARD.h}px` });
  element.dataset.name = box.name;
  if (box.parts) {
    top.textContent = `${place.isOpen ? '▾' : '▸'} ${box.label}`;
    element.setAttribute('aria-expanded', String(Boolean(place.isOpen)));
    element.onclick = () => toggle(state, box.name);
  } else {
    element.dataset.role = box.role;
    element.setAttribute('aria-pressed', String(box.name === state.chosen));
    element.onclick = () => state.choose(box.name);
  }
  return element;
}

function toggle(state, name) {
  if (!state.open.delete(name)) state.open.add(name);
  draw(state);
  state.root.querySelector(`[data-name="${CSS.escape(name)}"]`)?.focus({ preventScroll: true });
}

function place(state, at, x, y, depth, out) {
  if (at.isOpen && depth) {
    const frame = document.createElement('div');
    frame.className = `frame ${depth % 2 ? 'even' : 'odd'}`;
    Object.assign(frame.style, { left: `${x}px`, top: `${y}px`, width: `${at.w}px`, height: `${at.h}px` });
    out.frames.push(frame);
  }
  if (depth) out.cards.push(card(state, at, x, y));
  if (!at.isOpen) return;
  at.children.forEach((child) => place(state, child, x + child.x, y + child.y, depth + 1, out));
  for (const edge of at.box.edges) {
    const { d, isSkip } = pathOf(at, edge);
    out.paths.push(`<path class="${isSkip ? 'skip' : ''}" transform="translate(${x},${y})" d="${d}"></path>`);
  }
}

function draw(state) {
  const board = state.root.querySelector('.board');
  const whole = layOut(state.data.whole, state.open, true);
  const out = { frames: [], cards: [], paths: [] };
  place(state, whole, 0, 0, 0, out);
  const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
  svg.setAttribute('width', whole.w);
  svg.setAttribute('height', whole.h);
  svg.innerHTML = out.paths.join('');
  Object.assign(board.style, { width: `${whole.w}px`, height: `${whole.h}px` });
  board.replaceChildren(...out.frames, svg, ...out.cards);
}

// At first the first block that branches is open, or else the first stage: that shows what it is made of.
function openAtFirst(whole) {
  const open = new Set();
  const branches = (box) => box.edges?.some(([from, to]) => to - from !== 1);
  for (const stage of whole.parts) {
    const block = (stage.parts || []).find(branches);
    if (block || branches(stage)) {
      open.add(stage.name);
      if (block) open.add(block.name);
      return open;
    }
  }
  const first = whole.parts.find((stage) => stage.parts);
  return open.add(first?.name);
}

export default function (component) {
  const { data, parentElement, setStateValue } = component;
  const state = (parentElement._diagram ||= {});
  Object.assign(state, { data, root: parentElement, chosen: data.chosen });
  if (state.drawing !== data.drawing) {
    const shape = JSON.stringify(data.whole.parts.map((stage) => [stage.name, stage.layers]));
    if (state.shape !== shape) state.open = openAtFirst(data.whole); // the same network at another size stays open
    Object.assign(state, { drawing: data.drawing, shape });
  }
  parentElement.querySelector('.scroller').setAttribute('aria-label', data.words.label);
  state.choose = (name) => {
    state.chosen = name;
    setStateValue('layer', name);
    draw(state);
  };
  draw(state);
}
