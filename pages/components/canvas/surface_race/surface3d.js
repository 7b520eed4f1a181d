// The surface of a race as a solid block, seen from a side and from above, in parallel projection, with the paths on it.
//
// Places are (u, v, w): u and v from −½ to ½ across the box, w from 0 for the lowest minimum to TALL for the highest
// place, on a logarithmic scale. The block is painted once for each orientation, pixel by pixel with a depth for each;
// from these depths it is known which part of a path lies behind a hill.
const TALL = 0.42; // of the sides of the block, which are 1
const FOOT = 0.07; // how far the block reaches below its lowest place
const LIFT = 0.012; // of the paths above the ground
const SLACK = 0.03; // by which a place may lie deeper than what is painted there and still count as seen
const FIRST_VIEW = { azimuth: -0.42, elevation: 0.95 }; // radians
const ELEVATIONS = [0.2, 1.45];
const TURN = 0.01; // radians a pixel
const KEY_TURN = 0.1; // radians a key
const ROOM = { left: 46, right: 22, top: 14, bottom: 26 }; // px around the block, for what is written there
const HEAD_BEHIND = 0.6; // and marks
const LEVELS = 1023;
const BEHIND = 0.3; // opacity of what lies behind a hill: lines

function clamp(value, [low, high]) {
  return Math.min(high, Math.max(low, value));
}

// Returns what maps a place to [x, y, depth]: pixels, and how near it is to who looks.
function projection(view, width, height) {
  const [ca, sa] = [Math.cos(view.azimuth), Math.sin(view.azimuth)];
  const [ce, se] = [Math.cos(view.elevation), Math.sin(view.elevation)];
  const across = (width - ROOM.left - ROOM.right) / Math.SQRT2;
  const scale = Math.min(across, (height - ROOM.top - ROOM.bottom) / (Math.SQRT2 * se + (TALL + FOOT) * ce));
  const middle = (ROOM.left + width - ROOM.right) / 2;
  const ground = (ROOM.top + height - ROOM.bottom) / 2 + (scale * ce * (TALL - FOOT)) / 2;
  return (u, v, w) => {
    const [right, away] = [u * ca - v * sa, u * sa + v * ca];
    return [middle + scale * right, ground - scale * (away * se + w * ce), w * se - away * ce];
  };
}

// Where f stands on the scale of the heights, from 0 to 1.
function share(state, value) {
  const { lowest, unit, high } = state.head;
  return Math.min(1, Math.log1p(Math.max(0, value - lowest) / unit) / Math.log1p(high / unit));
}

function groundAt(state, u, v) {
  const { side } = state.head;
  const [column, row] = [clamp((u + 0.5) * (side - 1), [0, side - 1]), clamp((v + 0.5) * (side - 1), [0, side - 1])];
  const [i, j] = [Math.min(side - 2, Math.floor(column)), Math.min(side - 2, Math.floor(row))];
  const [a, b, at] = [column - i, row - j, j * side + i];
  const h = state.heights;
  return TALL * ((1 - b) * ((1 - a) * h[at] + a * h[at + 1]) + b * ((1 - a) * h[at + side] + a * h[at + side + 1]));
}

function toUnit(head, x, y) {
  const [left, right, low, high] = head.box;
  return [(x - left) / (right - left) - 0.5, (y - low) / (high - low) - 0.5];
}

// The part of the way from a to b that lies in the box, as two shares of it; none where it passes by.
function insidePart(a, b) {
  let [from, to] = [0, 1];
  for (const axis of [0, 1]) {
    const step = b[axis] - a[axis];
    const [low, high] = [(-0.5 - a[axis]) / step, (0.5 - a[axis]) / step].sort((one, other) => one - other);
    if (step === 0 && Math.abs(a[axis]) > 0.5) return null;
    if (step !== 0) [from, to] = [Math.max(from, low), Math.min(to, high)];
  }
  return from <= to ? [from, to] : null;
}

// A path laid on the ground: its places, with NaN where it is out of the box, and how many there are up to each step.
function drape(state, path) {
  const places = [];
  const counts = new Uint32Array(path.length / 3);
  let isBroken = true;
  let before = null;
  for (let i = 0; i < counts.length; i++) {
    const here = toUnit(state.head, path[3 * i], path[3 * i + 1]);
    const start = before ?? here;
    const part = insidePart(start, here);
    const put = (at) => {
      const [u, v] = [0, 1].map((axis) => start[axis] + at * (here[axis] - start[axis]));
      places.push(u, v, groundAt(state, u, v) + LIFT);
    };
    if (part) {
      const [from, to] = part;
      if (isBroken || from > 0) { places.push(NaN, NaN, NaN); put(from); }
      const pieces = Math.ceil(Math.hypot(here[0] - start[0], here[1] - start[1]) * (to - from) * (state.head.side - 1) * 0.5);
      for (let k = 1; k <= pieces; k++) put(from + ((to - from) * k) / pieces);
    }
    isBroken = !part || part[1] < 1;
    counts[i] = places.length / 3;
    before = here;
  }
  return { places: new Float32Array(places), counts };
}

function channels(colour) {
  const context = document.createElement('canvas').getContext('2d');
  context.fillStyle = colour;
  context.fillRect(0, 0, 1, 1);
  return context.getImageData(0, 0, 1, 1).data;
}

// Ink by level of height, in the bands of the map: the lower, the more. The first is that of the walls.
function inks(state) {
  const found = new Float32Array(LEVELS + 2).fill(0.1);
  const { edges, bands } = state.head;
  const shares = edges.map((edge) => share(state, edge));
  for (let level = 0, band = 0; level <= LEVELS; level++) {
    while (band < bands - 1 && level / LEVELS >= shares[band + 1]) band++;
    found[level + 1] = bandInk(band, bands);
  }
  return found;
}

function lightAt(state, view, i, j) {
  const { side } = state.head;
  const h = state.heights;
  const slope = (a, b) => ((h[a] - h[b]) * TALL * (side - 1)) / 2;
  const [left, right] = [Math.max(0, i - 1), Math.min(side - 1, i + 1)];
  const [low, high] = [Math.max(0, j - 1), Math.min(side - 1, j + 1)];
  const [du, dv] = [slope(j * side + right, j * side + left), slope(high * side + i, low * side + i)];
  // The lamp stands to the left of who looks, so that no orientation lies in the dark.
  const angle = 2.2 - view.azimuth;
  const light = (-du * Math.cos(angle) - dv * Math.sin(angle)) * 0.55 + 0.83;
  return Number.isNaN(light) ? 0.8 : Math.max(0, light) / Math.hypot(du, dv, 1); // beside a hole there is no slope
}

// The corners of all triangles, five numbers each: x, y, depth, share of the height (−1 on a wall), light.
function corners(state, view, project, zoom) {
  const { side } = state.head;
  const found = new Float32Array(5 * (side * side + 8 * side));
  let at = 0;
  const put = (i, j, w, level, light) => {
    const [x, y, depth] = project(i / (side - 1) - 0.5, j / (side - 1) - 0.5, w);
    found.set([x * zoom, y * zoom, depth, level, light], at);
    at += 5;
  };
  for (let j = 0; j < side; j++) {
    for (let i = 0; i < side; i++) {
      const height = state.heights[j * side + i];
      put(i, j, height * TALL, height, lightAt(state, view, i, j));
    }
  }
  const last = side - 1;
  const walls = [(k) => [k, 0], (k) => [k, last], (k) => [0, k], (k) => [last, k]];
  const facing = [[0, -1], [0, 1], [-1, 0], [1, 0]];
  for (const [wall, place] of walls.entries()) {
    const [u, v] = facing[wall];
    const light = 0.62 + 0.3 * (u * Math.cos(2.6 - view.azimuth) + v * Math.sin(2.6 - view.azimuth));
    for (let k = 0; k < side; k++) {
      const [i, j] = place(k);
      put(i, j, state.heights[j * side + i] * TALL, -1, light);
      put(i, j, -FOOT, -1, light);
    }
  }
  return found;
}

function paintTriangle(sheet, c, a, b, d) {
  const x0 = c[a], y0 = c[a + 1], x1 = c[b], y1 = c[b + 1], x2 = c[d], y2 = c[d + 1];
  const area = (x1 - x0) * (y2 - y0) - (x2 - x0) * (y1 - y0);
  if (!area) return; // seen from its edge, or NaN
  const left = Math.max(0, Math.ceil(Math.min(x0, x1, x2) - 0.5));
  const right = Math.min(sheet.width - 1, Math.floor(Math.max(x0, x1, x2) - 0.5));
  const top = Math.max(0, Math.ceil(Math.min(y0, y1, y2) - 0.5));
  const bottom = Math.min(sheet.height - 1, Math.floor(Math.max(y0, y1, y2) - 0.5));
  const { text, back, depths, pixels } = sheet;
  for (let y = top; y <= bottom; y++) {
    const py = y + 0.5;
    for (let x = left; x <= right; x++) {
      const px = x + 0.5;
      const p = ((x1 - px) * (y2 - py) - (x2 - px) * (y1 - py)) / area;
      const q = ((x2 - px) * (y0 - py) - (x0 - px) * (y2 - py)) / area;
      const r = 1 - p - q;
      if (p < -1e-6 || q < -1e-6 || r < -1e-6) continue;
      const depth = p * c[a + 2] + q * c[b + 2] + r * c[d + 2];
      const at = y * sheet.width + x;
      if (depth <= depths[at]) continue;
      depths[at] = depth;
      const level = p * c[a + 3] + q * c[b + 3] + r * c[d + 3];
      const ink = sheet.inks[level < 0 ? 0 : 1 + Math.round(level * LEVELS)];
      const light = p * c[a + 4] + q * c[b + 4] + r * c[d + 4];
      const amount = Math.min(1, Math.max(0, sheet.isDark ? ink * 0.75 + 0.3 * light * light : ink + 0.34 * (1 - light)));
      pixels[4 * at] = back[0] + amount * (text[0] - back[0]);
      pixels[4 * at + 1] = back[1] + amount * (text[1] - back[1]);
      pixels[4 * at + 2] = back[2] + amount * (text[2] - back[2]);
      pixels[4 * at + 3] = 255;
    }
  }
}

// Paints the block as it is seen now; `zoom` is how many times finer than the screen.
function paintBlock(state, project, zoom) {
  const { width, height, canvas } = state.map;
  const { side } = state.head;
  state.tones ??= [channels(state.look.text), channels(state.look.back)];
  const [text, back] = state.tones;
  const image = new ImageData(Math.round(width * zoom), Math.round(height * zoom));
  const sheet = {
    width: image.width, height: image.height, zoom, pixels: image.data, inks: inks(state), text, back,
    isDark: text[1] > back[1], depths: new Float32Array(image.width * image.height).fill(-Infinity),
  };
  const c = corners(state, state.view, project, zoom);
  const square = (a, b, d, e) => {
    paintTriangle(sheet, c, 5 * a, 5 * b, 5 * d);
    paintTriangle(sheet, c, 5 * b, 5 * e, 5 * d);
  };
  for (let j = 0; j < side - 1; j++) {
    for (let i = 0; i < side - 1; i++) square(j * side + i, j * side + i + 1, (j + 1) * side + i, (j + 1) * side + i + 1);
  }
  for (let wall = 0; wall < 4; wall++) {
    const first = side * side + wall * 2 * side;
    for (let k = 0; k < side - 1; k++) square(first + 2 * k, first + 2 * k + 1, first + 2 * k + 2, first + 2 * k + 3);
  }
  const fine = document.createElement('canvas');
  [fine.width, fine.height] = [image.width, image.height];
  fine.getContext('2d').putImageData(image, 0, 0);
  const shown = document.createElement('canvas');
  [shown.width, shown.height] = [canvas.width, canvas.height];
  const context = shown.getContext('2d');
  context.imageSmoothingQuality = 'high';
  context.drawImage(fine, 0, 0, shown.width, shown.height);
  context.setTransform(canvas.width / width, 0, 0, canvas.height / height, 0, 0);
  writeAxes(state, context, project);
  return { ...sheet, canvas: shown };
}

// The scale of the heights beside the leftmost edge, and x and y below the two sides that are seen.
function writeAxes(state, context, project) {
  const { head, look } = state;
  context.font = `12px ${look.font}`;
  context.fillStyle = context.strokeStyle = look.text;
  context.lineWidth = 1;
  const around = [[-0.5, -0.5], [0.5, -0.5], [0.5, 0.5], [-0.5, 0.5]];
  const [u, v] = around.reduce((one, other) => (project(...other, 0)[0] < project(...one, 0)[0] ? other : one));
  const [x, bottom] = project(u, v, 0);
  const top = project(u, v, TALL)[1];
  context.globalAlpha = 0.4;
  context.beginPath();
  context.moveTo(x, bottom);
  context.lineTo(x, top);
  context.stroke();
  context.textAlign = 'right';
  context.textBaseline = 'middle';
  const written = [];
  const powers = Array.from({ length: 40 }, (_, k) => 10 ** (20 - k)).filter((value) => value < head.high);
  for (const value of [head.high, 0, ...powers]) {
    const at = project(u, v, TALL * share(state, head.lowest + value))[1];
    if (written.some((other) => Math.abs(other - at) < 15)) continue;
    written.push(at);
    context.globalAlpha = 0.4;
    context.beginPath();
    context.moveTo(x - 4, at);
    context.lineTo(x, at);
    context.stroke();
    context.globalAlpha = 0.85;
    context.fillText(digits(value), x - 7, at);
  }
  context.textAlign = 'center';
  const front = around.reduce((one, other) => (project(...other, 0)[2] > project(...one, 0)[2] ? other : one));
  const [left, right, low, high] = head.box;
  for (const [axis, name, ends] of [[0, 'x', [left, right]], [1, 'y', [low, high]]]) {
    const along = (at) => project(...(axis ? [front[0], at] : [at, front[1]]), -FOOT);
    const way = along(0)[0] - project(0, 0, -FOOT)[0]; // outwards
    for (const [at, text] of [[-0.42, digits(ends[0])], [0, name], [0.42, digits(ends[1])]]) {
      const [px, py] = along(at);
      context.fillText(text, px + 9 * Math.sign(way), py + 11);
    }
  }
}

// Puts every path onto the screen as it is seen now: pixels, and whether each place is in sight.
function placePaths(state, project) {
  const see = ([x, y, depth]) => {
    const { block } = state;
    const at = Math.floor(y * block.zoom) * block.width + Math.floor(x * block.zoom);
    return !(block.depths[at] > depth + SLACK);
  };
  state.placed = state.draped.map(({ places, counts }) => {
    const count = places.length / 3;
    const [screen, seen] = [new Float32Array(2 * count), new Uint8Array(count)];
    for (let i = 0; i < count; i++) {
      const place = project(places[3 * i], places[3 * i + 1], places[3 * i + 2]);
      [screen[2 * i], screen[2 * i + 1]] = place;
      seen[i] = Number(see(place));
    }
    return { screen, seen, counts };
  });
  state.spot = (x, y) => {
    const asked = toUnit(state.head, x, y);
    const [u, v] = asked.map((value) => clamp(value, [-0.5, 0.5]));
    const place = project(u, v, (groundAt(state, u, v) || 0) + LIFT);
    return { at: [place[0], place[1]], seen: see(place), isOutside: asked.some((value) => Math.abs(value) > 0.5) };
  };
}

function strokePlaced(context, { screen, seen, counts }, end, alpha) {
  for (const pass of [0, 1]) {
    context.beginPath();
    let isDown = false;
    for (let i = 0; i < counts[end]; i++) {
      const isHere = !Number.isNaN(screen[2 * i]);
      if (isHere && isDown && seen[i] === pass) context.lineTo(screen[2 * i], screen[2 * i + 1]);
      else if (isHere) context.moveTo(screen[2 * i], screen[2 * i + 1]);
      isDown = isHere;
    }
    context.globalAlpha = alpha * (pass ? 1 : BEHIND);
    context.stroke();
  }
}

function drawBlock(state) {
  const { head, map, look } = state;
  const { context, width, height } = map;
  const project = projection(state.view, width, height);
  state.draped ??= state.paths.map((path) => drape(state, path));
  if (!state.block) {
    state.block = paintBlock(state, project, state.turning ? 1 : 2);
    placePaths(state, project);
  }
  context.clearRect(0, 0, width, height);
  context.drawImage(state.block.canvas, 0, 0, width, height);
  drawMarks(state, state.spot, (k, end, alpha) => strokePlaced(context, state.placed[k], end, alpha));
}

function turnTo(state, azimuth, elevation, isTurning = false) {
  state.view = { azimuth, elevation: clamp(elevation, ELEVATIONS) };
  state.turning = isTurning;
  state.block = null;
  cancelAnimationFrame(state.turn);
  state.turn = requestAnimationFrame(() => draw(state));
}

function turnBy(state, right, up, isTurning = false) {
  turnTo(state, state.view.azimuth + right, state.view.elevation + up, isTurning);
}

// Follows the pointer from here on until it is let go.
function dragBlock(state, event) {
  const { canvas } = state.map;
  let [x, y] = [event.clientX, event.clientY];
  canvas.onpointermove = (moved) => {
    turnBy(state, (moved.clientX - x) * TURN, (moved.clientY - y) * TURN, true);
    [x, y] = [moved.clientX, moved.clientY];
  };
  canvas.onpointerup = canvas.onpointercancel = () => {
    canvas.onpointermove = canvas.onpointerup = canvas.onpointercancel = null;
    turnBy(state, 0, 0);
  };
}

// Returns whether the key turns the block.
function turnByKey(state, key) {
  const turns = { ArrowRight: [KEY_TURN, 0], ArrowLeft: [-KEY_TURN, 0], ArrowUp: [0, -KEY_TURN], ArrowDown: [0, KEY_TURN] };
  if (key in turns) turnBy(state, ...turns[key]);
  return key in turns;
}

