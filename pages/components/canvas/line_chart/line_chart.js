// Curves of a training while it runs: the median of all seeds, the band they span, hover, and lines that can be hidden.
const MARGIN = { left: 62, right: 14, top: 12, bottom: 40 }; // px around the curves
const TICKS = 6;
const FADED = 0.4; // of a saved race, beside the present one

function niceStep(span) {
  const rough = span / TICKS;
  const power = 10 ** Math.floor(Math.log10(rough));
  return [1, 2, 2.5, 5, 10].map((factor) => factor * power).find((step) => step >= rough);
}

// An axis maps values to 0..1 and knows its ticks.
function axis(low, high, isLog) {
  if (isLog) {
    const [from, to] = [Math.log10(low), Math.log10(high)];
    const span = Math.max(to - from, 0.1);
    const every = Math.max(1, Math.ceil(span / TICKS));
    const whole = [];
    for (let power = Math.ceil(from); power <= to + 1e-9; power += every) whole.push(10 ** power);
    const fine = [];
    for (let power = Math.floor(from); power <= to; power++) for (const k of [1, 2, 5]) fine.push(k * 10 ** power);
    const ticks = whole.length > 2 ? whole : fine.filter((value) => value >= low && value <= high);
    return { ticks, share: (value) => (Math.log10(value) - from) / span };
  }
  const step = niceStep(high - low);
  const ticks = [];
  for (let value = Math.ceil(low / step) * step; value <= high + step * 1e-6; value += step) ticks.push(value);
  return { ticks, share: (value) => (value - low) / (high - low) };
}

function figure(head, value) {
  return head.isShare ? localise(`${Number((100 * value).toPrecision(3))}`) + ' %' : digits(value);
}

// The range of what is shown; outliers of single runs leave through the top rather than flatten all the others.
function valueRange(state) {
  const { head } = state;
  const values = [];
  for (const [k, one] of state.series.entries()) {
    if (state.hidden.has(head.series[k].key)) continue;
    for (const part of [one.low, one.middle, one.high]) for (const value of part) if (Number.isFinite(value) && (!head.log || value > 0)) values.push(value);
  }
  if (head.isShare && !values.length) return [0, 1];
  if (head.isShare && !head.log) return [Math.min(1, Math.max(0, Math.floor(Math.min(1, ...values.slice(0, 1e5)) * 10 - 0.5) / 10)), 1];
  if (!values.length) return head.log ? [0.1, 10] : [0, 1];
  values.sort((a, b) => a - b);
  const top = values[Math.min(values.length - 1, Math.floor(values.length * 0.995))];
  if (head.log) return [values[0] / 1.15, Math.max(top, values[0] * 1.5) * 1.15];
  const low = Math.min(0, values[0]);
  return [low, low + Math.max(top - low, 1e-9) * 1.06];
}

function drawAxes(state) {
  const { context, width, height, look, head, x, y, area } = state;
  context.clearRect(0, 0, width, height);
  context.font = `13px ${look.font}`;
  context.lineWidth = 1;
  context.fillStyle = look.text;
  context.strokeStyle = look.text;
  context.textAlign = 'right';
  context.textBaseline = 'middle';
  for (const tick of y.ticks) {
    const at = area.bottom - y.share(tick) * (area.bottom - area.top);
    if (at < area.top - 1 || at > area.bottom + 1) continue;
    context.globalAlpha = 0.14;
    context.beginPath();
    context.moveTo(area.left, at);
    context.lineTo(area.right, at);
    context.stroke();
    context.globalAlpha = 0.9;
    context.fillText(figure(head, tick), area.left - 8, at);
  }
  context.textBaseline = 'top';
  context.textAlign = 'center';
  for (const tick of x.ticks) context.fillText(head.xLog ? digits(tick) : String(tick), area.left + x.share(tick) * (area.right - area.left), area.bottom + 6);
  context.fillText(head.words.x, (area.left + area.right) / 2, height - 15);
  context.save();
  context.translate(12, (area.top + area.bottom) / 2);
  context.rotate(-Math.PI / 2);
  context.textBaseline = 'middle';
  context.fillText(head.words.y, 0, 0);
  context.restore();
  context.globalAlpha = 1;
}

function drawSeries(state) {
  const { context, head, x, y, area } = state;
  const across = (value) => area.left + x.share(value) * (area.right - area.left);
  const down = (value) => area.bottom - Math.max(-0.02, Math.min(1.05, y.share(head.log ? Math.max(value, 1e-30) : value))) * (area.bottom - area.top);
  context.save();
  context.beginPath();
  context.rect(area.left, area.top - 4, area.right - area.left + 4, area.bottom - area.top + 5);
  context.clip();
  for (const isBand of [true, false]) {
    for (const [k, one] of state.series.entries()) {
      const entry = head.series[k];
      const count = one.steps.length;
      if (state.hidden.has(entry.key) || !count || (isBand && !head.hasBands)) continue;
      context.beginPath();
      if (isBand) {
        for (let i = 0; i < count; i++) context.lineTo(across(one.steps[i]), down(one.high[i]));
        for (let i = count - 1; i >= 0; i--) context.lineTo(across(one.steps[i]), down(one.low[i]));
        context.globalAlpha = entry.faded ? 0.08 : 0.16;
        context.fillStyle = entry.colour;
        context.fill();
        continue;
      }
      let isDrawing = false;
      for (let i = 0; i < count; i++) {
        if (!Number.isFinite(one.middle[i])) { isDrawing = false; continue; }
        if (isDrawing) context.lineTo(across(one.steps[i]), down(one.middle[i]));
        else context.moveTo(across(one.steps[i]), down(one.middle[i]));
        isDrawing = true;
      }
      context.globalAlpha = entry.faded ? FADED : 1;
      context.strokeStyle = entry.colour;
      context.lineWidth = entry.faded ? 2 : 2.5;
      context.lineJoin = 'round';
      context.setLineDash(entry.dash);
      context.stroke();
      context.setLineDash([]);
      if (entry.lost !== null) {
        context.font = `bold 15px ${state.look.font}`;
        context.textAlign = 'center';
        context.textBaseline = 'middle';
        context.fillStyle = entry.colour;
        context.fillText('✗', Math.min(area.right - 8, across(one.steps[count - 1])), Math.max(area.top + 8, down(one.middle[count - 1])));
      }
      if (entry.mark !== null) {
        const at = one.steps.indexOf(one.steps.reduce((best, step) => (Math.abs(Math.log(step / entry.mark)) < Math.abs(Math.log(best / entry.mark)) ? step : best), one.steps[0]));
        context.beginPath();
        context.arc(across(one.steps[at]), down(one.middle[at]), 5, 0, 2 * Math.PI);
        context.fillStyle = entry.colour;
        context.fill();
      }
    }
  }
  context.restore();
  context.globalAlpha = 1;
}

function nearest(steps, at) {
  let [low, high] = [0, steps.length - 1];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (steps[middle] < at) low = middle + 1;
    else high = middle;
  }
  return low > 0 && at - steps[low - 1] < steps[low] - at ? low - 1 : low;
}

// Writes what all curves have at the step under the pointer, or at the end, into the legend.
function tellValues(state) {
  const { head, context, area, look } = state;
  const at = state.at;
  for (const [k, button] of state.root.querySelectorAll('.legend button').entries()) {
    const one = state.series[k];
    const i = at === null ? one.steps.length - 1 : nearest(one.steps, at);
    const value = one.steps.length ? figure(head, one.middle[i]) : '';
    const entry = head.series[k];
    button.lastChild.textContent = entry.lost !== null && at === null ? entry.lostText : value;
  }
  const output = state.root.querySelector('output');
  output.textContent = at === null ? head.words.hint : fill(head.words.at, { step: head.xLog ? digits(at) : Math.round(at) });
  if (at === null) return;
  const across = area.left + state.x.share(at) * (area.right - area.left);
  context.globalAlpha = 0.5;
  context.strokeStyle = look.text;
  context.beginPath();
  context.moveTo(across, area.top);
  context.lineTo(across, area.bottom);
  context.stroke();
  context.globalAlpha = 1;
}

function paint(state) {
  const canvas = state.root.querySelector('canvas');
  if (!canvas.clientWidth) return;
  const { head } = state;
  Object.assign(state, prepare(canvas), { look: colours(canvas) });
  state.area = { left: MARGIN.left, right: state.width - MARGIN.right, top: MARGIN.top, bottom: state.height - MARGIN.bottom };
  state.y = axis(...valueRange(state), head.log);
  state.x = axis(head.xRange[0], head.xRange[1], head.xLog);
  drawAxes(state);
  drawSeries(state);
  tellValues(state);
  canvas.dataset.paints = String(Number(canvas.dataset.paints ?? 0) + 1);
}

function listSeries(state) {
  const { head, root } = state;
  const list = root.querySelector('.legend');
  const keys = head.series.map((entry) => entry.key + entry.title).join();
  if (list.dataset.keys === keys) return; // the same buttons, so that the focus stays
  list.dataset.keys = keys;
  list.replaceChildren(
    ...head.series.map((entry) => {
      const item = document.createElement('li');
      const button = document.createElement('button');
      const line = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
      const stroke = document.createElementNS('http://www.w3.org/2000/svg', 'line');
      const looks = { x1: 0, y1: 4, x2: 28, y2: 4, stroke: entry.colour, 'stroke-width': 3, 'stroke-dasharray': entry.dash.join(' '), opacity: entry.faded ? FADED : 1 };
      for (const [name, value] of Object.entries(looks)) stroke.setAttribute(name, value);
      line.append(stroke);
      const name = document.createElement('span');
      name.textContent = entry.title;
      button.append(line, name, document.createElement('b'));
      button.title = head.words.hide;
      button.setAttribute('aria-pressed', String(!state.hidden.has(entry.key)));
      button.onclick = () => {
        if (!state.hidden.delete(entry.key)) state.hidden.add(entry.key);
        button.setAttribute('aria-pressed', String(!state.hidden.has(entry.key)));
        paint(state);
      };
      item.append(button);
      return item;
    }),
  );
}

// The chart as a picture to take along, with its legend, on the page's background.
function savePicture(state) {
  const chart = state.root.querySelector('canvas');
  const ratio = window.devicePixelRatio || 1;
  const shown = state.head.series.filter((entry) => !state.hidden.has(entry.key));
  const sheet = document.createElement('canvas');
  const rows = Math.ceil(shown.length / 3);
  [sheet.width, sheet.height] = [chart.width, chart.height + Math.round((34 + 24 * rows) * ratio)];
  const context = sheet.getContext('2d');
  context.fillStyle = state.look.back;
  context.fillRect(0, 0, sheet.width, sheet.height);
  context.scale(ratio, ratio);
  context.fillStyle = state.look.text;
  context.textBaseline = 'middle';
  context.font = `600 14px ${state.look.font}`;
  context.fillText(state.head.words.title, 12, 18);
  context.font = `13px ${state.look.font}`;
  for (const [k, entry] of shown.entries()) {
    const [left, top] = [12 + (k % 3) * ((state.width - 24) / 3), 44 + 24 * Math.floor(k / 3)];
    context.globalAlpha = entry.faded ? FADED : 1;
    context.strokeStyle = entry.colour;
    context.lineWidth = 3;
    context.setLineDash(entry.dash);
    context.beginPath();
    context.moveTo(left, top);
    context.lineTo(left + 28, top);
    context.stroke();
    context.globalAlpha = 1;
    context.fillText(entry.title, left + 36, top);
  }
  context.setLineDash([]);
  context.setTransform(1, 0, 0, 1, 0, 0);
  context.drawImage(chart, 0, sheet.height - chart.height);
  sheet.toBlob((blob) => {
    const link = document.createElement('a');
    link.href = URL.createObjectURL(blob);
    link.download = 'optimizer_race.png';
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 1000);
  });
}

// The plane of a task of points: how each network divides it now, and the examples.
function paintPlanes(state) {
  const { head, planes, points, root } = state;
  const list = root.querySelector('.planes');
  if (list.children.length !== planes.length) {
    list.replaceChildren(
      ...planes.map(() => {
        const whole = document.createElement('figure');
        const canvas = document.createElement('canvas');
        canvas.setAttribute('role', 'img');
        whole.append(canvas, document.createElement('figcaption'));
        return whole;
      }),
    );
  }
  const side = head.planeSide;
  for (const [k, plane] of planes.entries()) {
    const [canvas, caption] = list.children[k].children;
    caption.textContent = head.planeTitles[k];
    canvas.setAttribute('aria-label', fill(head.words.plane, { name: head.planeTitles[k] }));
    const { context, width, height } = prepare(canvas);
    const sheet = document.createElement('canvas');
    sheet.width = sheet.height = side;
    const pixels = new ImageData(side, side);
    for (let i = 0; i < side * side; i++) {
      const share = plane[i] / 255; // from orange over the paper to blue
      const strength = Math.abs(share - 0.5) * 1.5;
      pixels.data.set([...(share > 0.5 ? [0, 114, 178] : [213, 94, 0]), 255 * strength * 0.75], 4 * i);
    }
    sheet.getContext('2d').putImageData(pixels, 0, 0);
    context.drawImage(sheet, 0, 0, width, height);
    const [left, right, low, high] = head.plane;
    for (let i = 0; i < points.length; i += 3) {
      context.beginPath();
      context.arc(((points[i] - left) / (right - left)) * width, ((high - points[i + 1]) / (high - low)) * height, 1.7, 0, 2 * Math.PI);
      context.fillStyle = points[i + 2] ? '#0072b2' : '#d55e00';
      context.fill();
    }
  }
}

export default function (component) {
  const { data, parentElement } = component;
  const state = (parentElement._training ||= { hidden: new Set(), at: null });
  const { head, blocks } = unpack(data);
  const floats = (block) => new Float32Array(block.buffer, block.byteOffset, block.byteLength / 4);
  Object.assign(state, { head, root: parentElement });
  state.series = head.series.map((_, k) => {
    const [steps, middle, low, high] = blocks.slice(4 * k, 4 * k + 4).map(floats);
    return { steps, middle, low, high };
  });
  const rest = blocks.slice(4 * head.series.length);
  state.planes = rest.slice(1);
  state.points = rest.length ? floats(rest[0]) : [];
  const canvas = parentElement.querySelector('canvas');
  canvas.setAttribute('aria-label', head.words.chart);
  const save = parentElement.querySelector('.save');
  save.textContent = head.words.save;
  save.onclick = () => savePicture(state);
  listSeries(state);
  paint(state);
  paintPlanes(state);
  canvas.onpointermove = (event) => {
    if (head.xLog || !state.area) return;
    const share = (event.offsetX - state.area.left) / (state.area.right - state.area.left);
    state.at = share < 0 || share > 1 ? null : Math.round(head.xRange[0] + share * (head.xRange[1] - head.xRange[0]));
    paint(state);
  };
  canvas.onpointerleave = () => { state.at = null; paint(state); };
  canvas.onkeydown = (event) => {
    const moves = { ArrowRight: 1, ArrowLeft: -1, PageUp: 10, PageDown: -10 };
    if (event.key === 'Escape') state.at = null;
    else if (event.key in moves && !head.xLog) state.at = Math.min(head.xRange[1], Math.max(0, (state.at ?? head.xRange[1]) + moves[event.key]));
    else return;
    event.preventDefault();
    paint(state);
  };
  canvas.onblur = canvas.onpointerleave;
  if (!state.observer) {
    state.observer = new ResizeObserver(() => { paint(state); paintPlanes(state); });
    state.observer.observe(canvas);
  }
  canvas.training = state; // what a test looks at
  return () => {
    state.observer.disconnect();
    state.observer = null;
  };
}
