// Where windows lie, what is in them, and what follows from it: the arithmetic of whichever cell the window is at.

function covered(slide, cell) {
  return Array.from({ length: slide.sizes[cell] }, (_, i) => slide.firsts[cell] + slide.dilation * i);
}

// Where a number is read for a place that may lie outside of the map.
function readAt(place, cells, padding) {
  if (padding === 'circular') return ((place % cells) + cells) % cells;
  let inside = place;
  if (padding === 'reflect') {
    inside = Math.abs(inside);
    inside = Math.min(inside, 2 * (cells - 1) - inside);
  }
  return Math.max(0, Math.min(cells - 1, inside));
}

// The cells of a term's map that the window of an output cell covers: numbers, and whether each is one of the map's.
function patchOf({ head }, term, row, column) {
  const [height, width] = term.shape;
  const down = head.rows ? covered(head.rows, row) : [Math.min(row, height - 1)];
  const across = head.columns ? covered(head.columns, column) : [Math.min(column, width - 1)];
  const patch = { rows: down, columns: across, values: [], inside: [] };
  for (const y of down) {
    for (const x of across) {
      const inside = y >= 0 && x >= 0 && y < height && x < width;
      const counts = inside || head.padding !== 'zeros';
      const from = readAt(y, height, head.padding) * width + readAt(x, width, head.padding);
      patch.values.push(counts ? term.map[from] : 0);
      patch.inside.push(inside);
    }
  }
  return patch;
}

// One term at a place: its patch and products, where it has a map, and what it contributes.
function termAt(state, term, row, column, exact) {
  if (!term.map) return { value: term.value };
  const patch = patchOf(state, term, row, column);
  if (!term.kernel) {
    const isWindow = Boolean(state.head.rows);
    return { patch, value: exact || isWindow ? term.value : patch.values[0] };
  }
  const products = patch.values.map((value, i) => value * term.kernel[i]);
  return { patch, products, value: exact ? term.value : products.reduce((sum, value) => sum + value, 0) };
}

// Everything at a place. At the chosen cell all numbers are the server's; elsewhere those of the links are the
// tensors' own, and the terms that are not shown contribute what is missing.
function arithmeticAt(state, row, column) {
  const { head, terms, maps } = state;
  const exact = row === head.cell[0] && column === head.cell[1];
  const stored = maps.map((map) => map[row * head.out[1] + column]);
  const values = exact ? head.values : stored;
  const found = terms.map((term) => termAt(state, term, row, column, exact));
  const shown = found.reduce((sum, { value }) => sum + value, 0);
  const rest = exact ? head.rest : values[0] - (head.bias ?? 0) - shown;
  return { row, column, exact, terms: found, rest, values, stored };
}

function divisorAt({ head }, row, column) {
  return head.divisor ?? head.rows.counted[row] * head.columns.counted[column];
}

// The place in a window of its first largest number.
function winnerOf({ values, inside }) {
  return values.reduce((best, value, i) => (inside[i] && (best < 0 || value > values[best]) ? i : best), -1);
}

// How many cells windows reach over the borders of a map, [up or down, sideways], so that a drawing leaves room for them.
function overhang({ rows, columns }) {
  const over = (slide) => slide.firsts.map((first, i) => {
    return Math.max(-first, first + slide.dilation * (slide.sizes[i] - 1) - slide.cells + 1);
  });
  return rows ? [rows, columns].map((slide) => Math.max(0, ...over(slide))) : [0, 0];
}
