// The values of f by step, on a logarithmic axis, in step with the paths of a race.
//
// A line is the path's own values, or the median of many runs, which then has a band from the 10th percentile to the 90th.
const PAD = { left: 58, right: 12, top: 12, bottom: 34 }; // px around the curves
const LEAST = 1e-12; // of f above the minimum, on the logarithmic axis
const FAINT = 0.18; // opacity of what is still to come
const BAND = 0.16;

// Returns for each entrant its line, and the band around it where there is one.
function readLines(paths, spreads) {
  return paths.map((path, k) => {
    if (!spreads.length) return { line: path.filter((_, i) => i % 3 === 2), band: null };
    const count = spreads[k].length / 3;
    const [low, line, high] = [0, 1, 2].map((row) => spreads[k].subarray(row * count, (row + 1) * count));
    return { line, band: { low, high } };
  });
}

// The axis of f − f_min is logarithmic and spans what the sound runs reach; a diverged one leaves through the top.
function curveRange(state) {
  let [least, most] = [Infinity, -Infinity];
  for (const [k, { line, band }] of state.lines.entries()) {
    const [low, high] = [band?.low ?? line, band?.high ?? line];
    const isLost = band ? !Number.isFinite(high[high.length - 1]) : state.head.entrants[k].diverged !== null;
    for (let i = 0; i < line.length; i++) {
      least = Math.min(least, Math.max(LEAST, low[i] - state.head.lowest));
      if (!isLost || i === 0) most = Math.max(most, Math.max(LEAST, high[i] - state.head.lowest));
    }
  }
  return [Math.floor(Math.log10(least)), Math.ceil(Math.log10(most) + 0.2)];
}

function curvePlaces(state) {
  const { head, curves: { width, height }, range: [low, high] } = state;
  const x = (step) => PAD.left + (step / head.steps) * (width - PAD.left - PAD.right);
  const y = (value) => {
    const share = (Math.log10(Math.max(LEAST, value - head.lowest)) - low) / (high - low);
    return PAD.top + (1 - Math.min(1.05, share)) * (height - PAD.top - PAD.bottom);
  };
  return { x, y };
}

function writeCurveAxes(state, context, x) {
  const { head, curves: { width, height }, look, range: [low, high] } = state;
  context.font = `12px ${look.font}`;
  context.fillStyle = context.strokeStyle = look.text;
  context.lineWidth = 1;
  const every = Math.max(1, Math.ceil((high - low) / 7));
  context.textAlign = 'right';
  context.textBaseline = 'middle';
  for (let power = low; power <= high; power += every) {
    const at = PAD.top + (1 - (power - low) / (high - low)) * (height - PAD.top - PAD.bottom);
    context.globalAlpha = 0.15;
    context.beginPath();
    context.moveTo(PAD.left, at);
    context.lineTo(width - PAD.right, at);
    context.stroke();
    context.globalAlpha = 0.85;
    context.fillText(power >= -3 && power <= 4 ? localise(String(Number((10 ** power).toPrecision(1)))) : `1e${power}`, PAD.left - 6, at);
  }
  context.textBaseline = 'top';
  context.textAlign = 'center';
  for (const share of [0, 0.25, 0.5, 0.75, 1]) {
    context.fillText(String(Math.round(share * head.steps)), x(share * head.steps), height - PAD.bottom + 6);
  }
  context.fillText(head.words.step, (PAD.left + width - PAD.right) / 2, height - 13);
  context.save();
  context.translate(11, (PAD.top + height - PAD.bottom) / 2);
  context.rotate(-Math.PI / 2);
  context.fillText(head.words.above, 0, -6);
  context.restore();
}

function clipCurves(state, context) {
  const { width, height } = state.curves;
  context.beginPath();
  context.rect(PAD.left, PAD.top - 6, width - PAD.left - PAD.right, height - PAD.top - PAD.bottom + 10);
  context.clip();
}

function strokeCurve(state, context, k, until, { x, y }) {
  const { line } = state.lines[k];
  const one = state.head.entrants[k];
  context.beginPath();
  for (let i = 0; i <= Math.min(until, line.length - 1); i++) context.lineTo(x(i), y(line[i]));
  context.strokeStyle = one.colour;
  context.lineWidth = 2.5;
  context.setLineDash(one.dash);
  context.stroke();
}

// What stays while the race is played: axes, bands, and all lines faintly.
function paintBackdrop(state, places) {
  const { canvas, width, height } = state.curves;
  const sheet = document.createElement('canvas');
  [sheet.width, sheet.height] = [canvas.width, canvas.height];
  const context = sheet.getContext('2d');
  context.setTransform(canvas.width / width, 0, 0, canvas.height / height, 0, 0);
  writeCurveAxes(state, context, places.x);
  clipCurves(state, context);
  for (const [k, one] of state.head.entrants.entries()) {
    if (state.hidden.has(k)) continue;
    const { band, line } = state.lines[k];
    if (band) {
      context.beginPath();
      for (let i = 0; i < line.length; i++) context.lineTo(places.x(i), places.y(band.low[i]));
      for (let i = line.length - 1; i >= 0; i--) context.lineTo(places.x(i), places.y(band.high[i]));
      context.globalAlpha = BAND;
      context.fillStyle = one.colour;
      context.fill();
    }
    context.globalAlpha = FAINT;
    strokeCurve(state, context, k, Infinity, places);
  }
  return sheet;
}

function drawCurves(state) {
  const { context, width, height } = state.curves;
  const places = curvePlaces(state);
  state.backdrop ??= paintBackdrop(state, places);
  context.clearRect(0, 0, width, height);
  context.drawImage(state.backdrop, 0, 0, width, height);
  context.save();
  clipCurves(state, context);
  const last = Math.floor(state.t);
  for (const k of state.head.entrants.keys()) if (!state.hidden.has(k)) strokeCurve(state, context, k, last, places);
  context.setLineDash([]);
  context.globalAlpha = 0.5;
  context.strokeStyle = state.look.text;
  context.lineWidth = 1;
  context.beginPath();
  context.moveTo(places.x(last), PAD.top);
  context.lineTo(places.x(last), height - PAD.bottom);
  context.stroke();
  context.restore();
}

// What the line of an entrant says at a step: its value, or since when it is lost.
function sayCurve(state, k, step) {
  const { line } = state.lines[k];
  const end = line.findIndex((value) => !Number.isFinite(value));
  const lostAt = state.lines[k].band ? (end < 0 ? null : end) : state.head.entrants[k].diverged;
  if (lostAt !== null && step >= lostAt) return fill(state.head.words.diverged, { step: lostAt });
  return digits(line[Math.min(step, line.length - 1)]);
}

