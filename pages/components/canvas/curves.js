// The values of f by step, on a logarithmic axis, in step with the paths of a race.
const PAD = { left: 58, right: 12, top: 12, bottom: 34 }; // px around the curves
const LEAST = 1e-12; // of f above the minimum, on the logarithmic axis

// The axis of f − f_min is logarithmic and spans what the sound runs reach; a diverged one leaves through the top.
function curveRange(state) {
  let [low, high] = [Infinity, -Infinity];
  for (const [k, path] of state.paths.entries()) {
    const lost = state.head.entrants[k].diverged !== null;
    for (let i = 2; i < path.length; i += 3) {
      const value = Math.max(LEAST, path[i] - state.head.lowest);
      low = Math.min(low, value);
      if (!lost || i === 2) high = Math.max(high, value);
    }
  }
  return [Math.floor(Math.log10(low)), Math.ceil(Math.log10(high) + 0.2)];
}

function drawCurves(state) {
  const { head, curves, look } = state;
  const { context, width, height } = curves;
  const [low, high] = state.range;
  const x = (step) => PAD.left + (step / head.steps) * (width - PAD.left - PAD.right);
  const y = (value) => {
    const share = (Math.log10(Math.max(LEAST, value - head.lowest)) - low) / (high - low);
    return PAD.top + (1 - Math.min(1.05, share)) * (height - PAD.top - PAD.bottom);
  };
  context.clearRect(0, 0, width, height);
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
  context.globalAlpha = 1;
  context.save();
  context.beginPath();
  context.rect(PAD.left, PAD.top - 6, width - PAD.left - PAD.right, height - PAD.top - PAD.bottom + 10);
  context.clip();
  const last = Math.floor(state.t);
  for (const [k, one] of head.entrants.entries()) {
    if (state.hidden.has(k)) continue;
    const path = state.paths[k];
    for (const [until, alpha] of [[path.length / 3 - 1, 0.18], [Math.min(last, path.length / 3 - 1), 1]]) {
      context.beginPath();
      for (let i = 0; i <= until; i++) context.lineTo(x(i), y(path[3 * i + 2]));
      context.globalAlpha = alpha;
      context.strokeStyle = one.colour;
      context.lineWidth = 2.5;
      context.setLineDash(one.dash);
      context.stroke();
    }
  }
  context.setLineDash([]);
  context.globalAlpha = 0.5;
  context.strokeStyle = look.text;
  context.lineWidth = 1;
  context.beginPath();
  context.moveTo(x(last), PAD.top);
  context.lineTo(x(last), height - PAD.bottom);
  context.stroke();
  context.restore();
  context.globalAlpha = 1;
}

