// The rows under each other that add up, with bars that go on where the one above ends, and the steps that follow.

function element(kind, name, text = '') {
  const made = document.createElement(kind);
  made.className = name;
  made.textContent = text;
  return made;
}

// A row: of a term a small map with the window and its products, of all what they are, the number, the bar.
function makeRow(title, isTerm) {
  const row = element(isTerm ? 'button' : 'div', 'row');
  if (isTerm) row.append(element('canvas', 'thumb'), element('canvas', 'mini'));
  row.append(element('span', 'name', title), element('span', 'number'));
  const track = element('span', 'track');
  track.append(element('i', 'zero'), element('i', 'bar'));
  row.append(track);
  return row;
}

// Makes all rows anew: of the terms, of the rest, of the bias and of the result.
function makeRows(state) {
  const { root, head, terms } = state;
  const list = root.querySelector('.rows');
  const rows = terms.map((term) => makeRow(term.title, true));
  rows.forEach((row, i) => {
    row.setAttribute('aria-label', terms[i].title);
    row.onclick = () => state.select(i);
  });
  state.rows = { terms: rows, rest: null, bias: null, result: null };
  if (head.others) state.rows.rest = makeRow(head.words.others, false);
  if (head.bias !== null) state.rows.bias = makeRow(head.words.bias, false);
  if (head.operator) state.rows.result = makeRow(head.words.result, false);
  state.rows.result?.classList.add('result');
  list.replaceChildren(...rows, ...[state.rows.rest, state.rows.bias, state.rows.result].filter(Boolean));
  list.hidden = head.kind === 'maximum' || head.kind === 'average';
}

// Writes the numbers of a place into the rows and moves the bars; sums only: factors have no bars.
function fillRows(state, at) {
  const { head, rows } = state;
  const parts = at.terms.map(({ value }, i) => [rows.terms[i], value, i && head.operator === '−' ? -value : value]);
  if (rows.rest) parts.push([rows.rest, at.rest, at.rest]);
  if (rows.bias) parts.push([rows.bias, head.bias, head.bias]);
  const isSum = head.operator === '+' || head.operator === '−';
  const ends = parts.reduce((sums, [, , step]) => [...sums, sums.at(-1) + step], [0]);
  const scale = isSum ? scaleOf([...ends, ...state.extent]) : null;
  parts.forEach(([row, value], i) => {
    row.querySelector('.number').textContent = fixed(value, state.decimals);
    moveBar(row, scale, ends[i], ends[i + 1]);
  });
  if (!rows.result) return;
  rows.result.querySelector('.number').textContent = `= ${fixed(at.values[0], state.decimals)}`;
  moveBar(rows.result, scale, 0, at.values[0]);
}

function scaleOf(values) {
  const [low, high] = [Math.min(0, ...values), Math.max(0, ...values)];
  return { low, span: high - low || 1 };
}

function moveBar(row, scale, from, to) {
  row.querySelector('.track').hidden = !scale;
  if (!scale) return;
  const percent = (value) => ((value - scale.low) / scale.span) * 100;
  const bar = row.querySelector('.bar');
  bar.style.left = `${percent(Math.min(from, to))}%`;
  bar.style.width = `${Math.abs(percent(to) - percent(from))}%`;
  bar.dataset.sign = to < from ? 'minus' : 'plus';
  row.querySelector('.zero').style.left = `${percent(0)}%`;
}

// The links of the chain: for each what it is called, and its formula with the numbers of a place in it.
function fillSteps(state, at) {
  const { root, head } = state;
  const lines = head.links.map((link, i) => {
    const line = element('div', i === head.chosen ? 'step chosen' : 'step');
    const name = element('div', 'name', link.title);
    if (link.layer) name.append(element('code', '', link.layer));
    if (i === head.chosen) name.append(element('em', '', head.words.chosen));
    const formula = element('div', 'formula');
    formula.append(...formulaOf(state, link, at, i));
    line.append(name, formula);
    return line;
  });
  root.querySelector('.steps').replaceChildren(...lines);
}

function formulaOf(state, link, at, i) {
  const result = element('b', '', precise(at.values[i]));
  const before = i ? precise(at.values[i - 1]) : '';
  if (link.kind === 'normalised') return [...normalised(link, before, at), ' = ', result];
  if (link.kind === 'activated') return [link.formula.replaceAll('-{x}', '−{x}').replaceAll('{x}', bracketed(before)), ' = ', result];
  if (link.kind === 'unchanged') return [before, ' = ', result];
  return [...startOf(state, link, at), result];
}

// (x − μ) / √(σ² + ε) · γ + β, with the numbers; statistics of the place itself are known of the chosen cell only.
function normalised(link, before, at) {
  const known = !link.ofPlace || at.exact;
  const [mean, variance] = known ? [bracketed(precise(link.mean)), precise(link.variance)] : ['μ', 'σ²'];
  const fraction = element('span', 'fraction');
  fraction.append(element('span', '', `${before} − ${mean}`), element('span', '', `√(${variance} + ${precise(link.epsilon)})`));
  return [fraction, ` · ${bracketed(precise(link.scale))} + ${bracketed(precise(link.shift))}`];
}

function bracketed(text) {
  return text.startsWith('−') ? `(${text})` : text;
}

// How the first link comes about, in one line.
function startOf(state, link, at) {
  const { head } = state;
  if (head.kind === 'sum') {
    const parts = at.terms.slice(0, 2).map(({ value }) => precise(value));
    const isMore = at.terms.length > 2 || head.others;
    const all = [...parts, ...(isMore ? ['…'] : []), ...(head.bias === null ? [] : [precise(head.bias)])];
    return all.length < 2 ? [] : [`${all.map((text, i) => (i ? bracketed(text) : text)).join(' + ')} = `];
  }
  if (head.kind === 'average') {
    const sum = at.terms[0].patch.values.reduce((total, value) => total + value, 0);
    return [`${precise(sum)} / ${divisorAt(state, at.row, at.column)} = `];
  }
  if (head.kind === 'maximum') return [fill(head.words.maximum, { count: at.terms[0].patch.inside.filter(Boolean).length }), ' = '];
  const texts = at.terms.map(({ value }) => precise(value));
  return texts.length > 1 ? [`${texts.map((text, i) => (i ? bracketed(text) : text)).join(` ${head.sign} `)} = `] : [];
}
