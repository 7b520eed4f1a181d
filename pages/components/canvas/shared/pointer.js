// @ts-check
// Pointers and keys: what is under a pointer, and where the arrow keys lead.

/** @typedef {{ left: number, top: number, width: number, height: number }} Box */
/** @typedef {{ clientX: number, clientY: number }} Point */

/** @type {Record<string, [number, number]>} the step of each arrow key, down and to the right */
export const ARROWS = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };

/**
 * Returns by how many items an arrow key leads on where they stand in rows of `columns`; 0 for any other key.
 * @param {string} key
 * @param {number} columns
 */
export function gridStep(key, columns) {
  const [down, right] = ARROWS[key] ?? [0, 0];
  return down * columns + right;
}

/**
 * Returns the row and the column under a pointer, of a grid that fills a box; the nearest one where it is outside.
 * @param {Box} box
 * @param {Point} point
 * @param {number} rows
 * @param {number} columns
 * @returns {[number, number]}
 */
export function cellUnder(box, point, rows, columns) {
  const y = Math.floor(((point.clientY - box.top) / box.height) * rows);
  const x = Math.floor(((point.clientX - box.left) / box.width) * columns);
  return [Math.min(rows - 1, Math.max(0, y)), Math.min(columns - 1, Math.max(0, x))];
}

/**
 * Lets `state.canvas` tell what is under the pointer: `locate` finds the spot, of which the item `k` is outlined by `draw`.
 * @template {{ k: number }} Spot
 * @template {{ canvas: HTMLCanvasElement, hovered: number }} State
 * @param {State} state
 * @param {{
 *   locate: (state: State, point: Point) => Spot | null,
 *   tell: (state: State, spot: Spot | null) => void,
 *   draw: (state: State) => void,
 * }} what
 */
export function followPointer(state, { locate, tell, draw }) {
  const { canvas } = state;
  const hover = (/** @type {Spot | null} */ spot) => {
    const changed = (spot?.k ?? -1) !== state.hovered;
    state.hovered = spot?.k ?? -1;
    if (changed) draw(state);
    tell(state, spot);
  };
  canvas.onmousemove = (event) => {
    const spot = locate(state, event);
    canvas.style.cursor = spot ? 'pointer' : 'default';
    hover(spot);
  };
  canvas.onmouseleave = () => hover(null);
}

/**
 * Scrolls a box no further than it takes to show what lies from `top` on.
 * @param {Element} box
 * @param {number} top
 * @param {number} height
 */
export function scrollTo(box, top, height) {
  if (top < box.scrollTop) box.scrollTop = top;
  else if (top + height > box.scrollTop + box.clientHeight) box.scrollTop = top + height - box.clientHeight;
}
