// The boxes of a cell: [top, left, bottom, right] in pixels of the picture, the ends behind the last; null for none.
function boxesOf([height, width], { row, column }) {
  const spans = [[height, row], [width, column]].map(([axis, cell]) => {
    const from = axis.size === null ? null : cell * axis.stride - axis.padding;
    const inside = axis.firsts[cell] <= axis.lasts[cell] ? [axis.firsts[cell], axis.lasts[cell] + 1] : null;
    return { full: from === null ? null : [from, from + axis.size], inside };
  });
  const join = (name) => {
    const [rows, columns] = [spans[0][name], spans[1][name]];
    return rows && columns ? [rows[0], columns[0], rows[1], columns[1]] : null;
  };
  return { full: join('full'), inside: join('inside') };
}

function prepare(canvas) {
  const side = Math.round(canvas.clientWidth * (window.devicePixelRatio || 1));
  if (!side) return null;
  canvas.width = side;
  canvas.height = side;
  const context = canvas.getContext('2d');
  return { context, side };
}

function draw(state) {
  drawCells(state);
  drawPicture(state);
  drawPart(state);
}

// Where in the square canvas the map lies, which need not be square.
function placeOfMap({ head }, side) {
  const scale = side / Math.max(head.w, head.h);
  return { scale, left: (side - head.w * scale) / 2, top: (side - head.h * scale) / 2 };
}

function drawCells(state) {
  const { canvases, head, map, chosen, hovered } = state;
  const made = prepare(canvases.cells);
  if (!made) return;
  const { context, side } = made;
  const { scale, left, top } = placeOfMap(state, side);
  context.imageSmoothingEnabled = false;
  context.drawImage(map, left, top, head.w * scale, head.h * scale);
  const ratio = window.devicePixelRatio || 1;
  const mark = ({ row, column }, colour, thickness) => {
    const size = Math.max(scale, SMALLEST_MARK * ratio);
    const [x, y] = [left + (column + 0.5) * scale - size / 2, top + (row + 0.5) * scale - size / 2];
    frame(context, [x, y, size, size], colour, thickness * ratio);
  };
  mark(chosen, ORANGE, 2);
  if (hovered) mark(hovered, INK, 1);
}

function frame(context, box, colour, thickness, dashes = []) {
  context.setLineDash([]);
  context.strokeStyle = CASING;
  context.lineWidth = thickness + 2;
  if (!dashes.length) context.strokeRect(...box);
  context.setLineDash(dashes);
  context.strokeStyle = colour;
  context.lineWidth = thickness;
  context.strokeRect(...box);
  context.setLineDash([]);
}

function drawPicture(state) {
  const { head, canvases, picture, grey, heat, chosen, hovered } = state;
  const made = prepare(canvases.picture);
  if (!made) return;
  const { context, side } = made;
  const scale = side / (head.pixels + 2 * head.margin);
  const at = head.margin * scale;
  const size = head.pixels * scale;
  hatch(context, side, style(canvases.picture, '--st-border-color'));
  context.imageSmoothingEnabled = !head.exact;
  if (picture) context.drawImage(picture, at, at, size, size);
  if (grey && heat && !state.waiting) {
    context.globalAlpha = state.opacity / 100;
    context.drawImage(grey, at, at, size, size);
    context.imageSmoothingEnabled = false;
    context.drawImage(heat, at, at, size, size);
    context.globalAlpha = 1;
  }
  const pens = { context, scale, margin: head.margin, ratio: window.devicePixelRatio || 1, side };
  if (heat && head.share && !state.waiting && state.opacity) {
    const [top, bottom, left, right] = head.share;
    outline(pens, [top, left, bottom + 1, right + 1], 1, CASING, INK);
  }
  drawField(pens, head, hovered || chosen);
}

// What lies beyond the picture is padding: no picture, and shown as none.
function hatch(context, side, colour) {
  context.strokeStyle = colour;
  context.lineWidth = 1;
  context.beginPath();
  for (let start = -side; start < side; start += 9) {
    context.moveTo(start, side);
    context.lineTo(start + side, 0);
  }
  context.stroke();
}

function drawField(pens, head, cell) {
  if (!head.field) return;
  if (head.local) {
    const { full } = boxesOf(head.local, cell);
    if (full) outline(pens, full, 2.5, ORANGE, null, [2.5, 4]);
  }
  const { full, inside } = boxesOf(head.field, cell);
  if (full && String(full) !== String(inside)) outline(pens, full, 2, ORANGE, null, [7, 5]);
  if (inside) outline(pens, inside, 2, ORANGE, CASING);
  arrows(pens, head.local ? boxesOf(head.local, cell).full : full);
  const middle = head.local ? boxesOf(head.local, cell).full : full;
  if (middle) cross(pens, middle);
}

function outline({ context, scale, margin, ratio }, [top, left, bottom, right], thickness, colour, casing, dashes = []) {
  const box = [(left + margin) * scale, (top + margin) * scale, (right - left) * scale, (bottom - top) * scale];
  if (casing) {
    context.setLineDash([]);
    context.strokeStyle = casing;
    context.lineWidth = (thickness + 2) * ratio;
    context.strokeRect(...box);
  }
  context.setLineDash(dashes.map((length) => length * ratio));
  context.strokeStyle = colour;
  context.lineWidth = thickness * ratio;
  context.strokeRect(...box);
  context.setLineDash([]);
}

// At each edge of the canvas that the unclipped field goes beyond: it is larger than can be shown.
function arrows({ context, scale, margin, side, ratio }, box) {
  if (!box) return;
  const [top, left, bottom, right] = box.map((edge) => (edge + margin) * scale);
  const [length, half, middle] = [9 * ratio, 7 * ratio, side / 2];
  const edges = [[top < 0, middle, 0, 0, 1], [left < 0, 0, middle, 1, 0], [bottom > side, middle, side, 0, -1], [right > side, side, middle, -1, 0]];
  context.fillStyle = ORANGE;
  for (const [isBeyond, x, y, inX, inY] of edges) {
    if (!isBeyond) continue;
    context.beginPath();
    context.moveTo(x + inX, y + inY);
    context.lineTo(x + inX * length - inY * half, y + inY * length - inX * half);
    context.lineTo(x + inX * length + inY * half, y + inY * length + inX * half);
    context.fill();
  }
}

// The middle of a box, on which it must not lie too heavily.
function cross({ context, scale, margin, ratio }, [top, left, bottom, right]) {
  const [x, y] = [((left + right) / 2 + margin) * scale, ((top + bottom) / 2 + margin) * scale];
  const arm = Math.min(7 * ratio, (Math.min(bottom - top, right - left) * scale) / 4);
  for (const [colour, thickness] of [[CASING, 4], [ORANGE, 2]]) {
    context.strokeStyle = colour;
    context.lineWidth = thickness * ratio;
    context.beginPath();
    context.moveTo(x - arm, y);
    context.lineTo(x + arm, y);
    context.moveTo(x, y - arm);
    context.lineTo(x, y + arm);
    context.stroke();
  }
}

// The pixels inside of the field, as large as they fit.
function drawPart(state) {
  const { head, canvases, picture, chosen, hovered } = state;
  const made = prepare(canvases.part);
  if (!made) return;
  const { context, side } = made;
  const inside = head.field ? boxesOf(head.field, hovered || chosen).inside : null;
  canvases.part.setAttribute('aria-label', head.words.part);
  if (!picture || !inside) return;
  const [top, left, bottom, right] = inside;
  const scale = side / Math.max(bottom - top, right - left);
  const [width, height] = [(right - left) * scale, (bottom - top) * scale];
  const from = [left, top, right - left, bottom - top].map((edge) => (edge * picture.width) / head.pixels);
  context.imageSmoothingEnabled = !head.exact && scale < 4;
  context.drawImage(picture, ...from, (side - width) / 2, (side - height) / 2, width, height);
}
