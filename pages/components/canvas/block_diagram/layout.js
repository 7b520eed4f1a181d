// @ts-check
// Where the boxes of a diagram lie, and how what leads from one to another runs.

/**
 * @typedef {object} Box a layer, or a group of `parts`, whose `edges` lead from one part to another: −1 is the group's
 *   own input, the number of parts its output
 * @property {string} name
 * @property {string} label
 * @property {string} kind
 * @property {string} role
 * @property {string} shape
 * @property {string} cost
 * @property {number} layers
 * @property {Box[]} [parts]
 * @property {[number, number][]} [edges]
 */
/**
 * @typedef {object} Place a box with its size, and its place relative to the corner of the one around it
 * @property {Box} box
 * @property {number} w
 * @property {number} h
 * @property {number} x
 * @property {number} y
 * @property {Inside} [inside] of a box that is open
 */
/**
 * @typedef {object} Inside
 * @property {Place[]} children
 * @property {number[]} rows the row of each child
 * @property {number} count of the rows
 * @property {Map<number, number>} lanes by the child that they come from
 * @property {number} title px
 * @property {[number, number][]} edges
 */

export const CARD = { w: 168, h: 44 };
export const TITLE = 30;
const [GAP_X, GAP_Y, PAD, LANE, PORT] = [14, 26, 12, 9, 14];
const MOST_LANES = 8;

/**
 * Returns each part's row: one below the lowest of those that lead to it.
 * @param {number} parts
 * @param {[number, number][]} edges
 */
export function rowsOf(parts, edges) {
  const rows = Array.from({ length: parts }, () => 0);
  for (let part = 0; part < parts; part++) {
    for (const [from, to] of edges) if (to === part && from >= 0) rows[part] = Math.max(rows[part], rows[from] + 1);
  }
  return rows;
}

/**
 * Returns the lane, at the right side, of all that comes from the same part and leads past a row; −1 is the input.
 * @param {[number, number][]} edges
 * @param {number[]} rows
 * @param {number} count
 */
export function lanesOf(edges, rows, count) {
  /** @type {Map<number, number>} */
  const lanes = new Map();
  for (const edge of edges) {
    if (jumpOf(edge, rows, count) > 1 && !lanes.has(edge[0])) lanes.set(edge[0], lanes.size % MOST_LANES);
  }
  return lanes;
}

/**
 * Returns by how many rows an edge leads down.
 * @param {[number, number]} edge
 * @param {number[]} rows
 * @param {number} count
 */
function jumpOf([from, to], rows, count) {
  return (to >= rows.length ? count : rows[to]) - (from < 0 ? -1 : rows[from]);
}

/**
 * Returns sizes and places of a box and of all that is open in it.
 * @param {Box} box
 * @param {Set<string>} open names of the open ones
 * @param {boolean} isRoot
 * @returns {Place}
 */
export function layOut(box, open, isRoot = false) {
  if (!box.parts || !(isRoot || open.has(box.name))) return { box, ...CARD, x: 0, y: 0 };
  const children = box.parts.map((part) => layOut(part, open));
  const edges = box.edges ?? [];
  const rows = rowsOf(children.length, edges);
  const count = Math.max(...rows) + 1;
  const lanes = lanesOf(edges, rows, count);
  const margin = lanes.size ? Math.min(lanes.size, MOST_LANES) * LANE + GAP_X : 0;
  const byRow = Array.from({ length: count }, (_, row) => children.filter((_child, i) => rows[i] === row));
  const inner = Math.max(...byRow.map(widthOf), isRoot ? 0 : CARD.w);
  const title = isRoot ? 0 : TITLE;
  const w = inner + 2 * PAD + 2 * margin;
  const h = stack(byRow, w, title + PORT) + PORT;
  return { box, w, h, x: 0, y: 0, inside: { children, rows, count, lanes, title, edges } };
}

/** @param {Place[]} row */
function widthOf(row) {
  return row.reduce((sum, child) => sum + child.w + GAP_X, -GAP_X);
}

/**
 * Gives the boxes of all rows their places, each row in the middle; returns where the last one ends.
 * @param {Place[][]} byRow
 * @param {number} width
 * @param {number} top
 */
function stack(byRow, width, top) {
  let y = top;
  for (const row of byRow) {
    let x = (width - widthOf(row)) / 2;
    const tall = Math.max(...row.map((child) => child.h));
    for (const child of row) {
      Object.assign(child, { x, y: y + (tall - child.h) / 2 });
      x += child.w + GAP_X;
    }
    y += tall + GAP_Y;
  }
  return y - GAP_Y;
}

/**
 * Returns the path of an edge inside of a box, for SVG, and whether it leads past a row.
 * @param {Place} place
 * @param {Inside} inside
 * @param {[number, number]} edge
 */
export function pathOf({ w, h }, { children, title, rows, count, lanes }, [from, to]) {
  const [above, below] = [children[from], children[to]];
  const start = above ? { x: above.x + above.w / 2, y: above.y + above.h } : { x: w / 2, y: title };
  const end = below ? { x: below.x + below.w / 2, y: below.y } : { x: w / 2, y: h };
  if (jumpOf([from, to], rows, count) <= 1) {
    const middle = (start.y + end.y) / 2;
    return { d: `M${start.x},${start.y} C${start.x},${middle} ${end.x},${middle} ${end.x},${end.y}`, isSkip: false };
  }
  const x = w - PAD - (lanes.get(from) ?? 0) * LANE;
  const [high, low, r] = [start.y + 6, end.y - 6, 5];
  const down = `M${start.x},${start.y} V${high - 1} Q${start.x},${high} ${start.x + r},${high}`;
  const along = `H${x - r} Q${x},${high} ${x},${high + r} V${low - r} Q${x},${low} ${x - r},${low}`;
  return { d: `${down} ${along} H${end.x + r} Q${end.x},${low} ${end.x},${low + 1} V${end.y}`, isSkip: true };
}

/**
 * Returns the names of the boxes that are open at first: the first block that branches and its stage, or else the first
 * stage; that shows what a network is made of.
 * @param {Box} whole
 */
export function openAtFirst({ parts: stages = [] }) {
  const branches = (/** @type {Box} */ box) => box.edges?.some(([from, to]) => to - from !== 1);
  for (const stage of stages) {
    const block = stage.parts?.find(branches);
    if (block) return new Set([stage.name, block.name]);
    if (branches(stage)) return new Set([stage.name]);
  }
  const first = stages.find((stage) => stage.parts);
  return new Set(first ? [first.name] : []);
}
