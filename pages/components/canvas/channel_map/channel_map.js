// One map enlarged, and the same map over the picture that the network received.

function drawBoth(state) {
  const { root, map, picture } = state;
  const [large, over] = [root.querySelector('canvas.large'), root.querySelector('canvas.over')];
  const side = Math.round(large.clientWidth * (window.devicePixelRatio || 1));
  if (!side) return;
  for (const canvas of [large, over]) {
    canvas.width = side;
    canvas.height = side;
    canvas.getContext('2d').imageSmoothingEnabled = false;
  }
  large.getContext('2d').drawImage(map, 0, 0, side, side);
  const context = over.getContext('2d');
  context.imageSmoothingEnabled = true;
  if (picture) context.drawImage(picture, 0, 0, side, side);
  context.imageSmoothingEnabled = false;
  context.globalAlpha = state.opacity / 100;
  context.drawImage(map, 0, 0, side, side);
  context.globalAlpha = 1;
  if (state.cursor) for (const canvas of [large, over]) outline(canvas.getContext('2d'), state, side);
}

// The cell under the pointer, in white on black, so that it stands out on any colour.
function outline(context, { cursor: [y, x], head }, side) {
  const [width, height] = [side / head.w, side / head.h];
  for (const [colour, line] of [['#000', 4], ['#fff', 2]]) {
    context.strokeStyle = colour;
    context.lineWidth = line;
    context.strokeRect(x * width, y * height, width, height);
  }
}

export default function (component) {
  const { data, parentElement, setStateValue, setTriggerValue } = component;
  const state = (parentElement._channel ||= {});
  const { head, blocks } = unpack(data);
  const [lut, raw, picture] = blocks;
  const values = new Float32Array(raw.buffer, raw.byteOffset, raw.byteLength / 4);
  Object.assign(state, { head, values, root: parentElement, map: paintMap(head, lut, values) });
  state.opacity ??= head.opacity;
  const output = parentElement.querySelector('output');
  const slider = parentElement.querySelector('input');
  const say = (text) => { output.textContent = text; };
  parentElement.querySelector('.title').textContent = head.words.title;
  parentElement.querySelector('.facts').textContent = head.words.facts;
  parentElement.querySelector('.opacity').textContent = head.words.opacity;
  parentElement.querySelector('canvas.large').setAttribute('aria-label', head.words.large);
  parentElement.querySelector('canvas.over').setAttribute('aria-label', head.words.over);
  slider.value = String(state.opacity);
  slider.setAttribute('aria-label', head.words.opacity);
  if (state.source !== head.picture) {
    state.source = head.picture;
    createImageBitmap(new Blob([picture], { type: 'image/jpeg' })).then((bitmap) => {
      state.picture = bitmap;
      drawBoth(state);
    });
  }
  drawBoth(state);
  say(head.words.hint);
  slider.oninput = () => {
    state.opacity = Number(slider.value);
    drawBoth(state);
  };
  slider.onchange = () => setStateValue('opacity', state.opacity);
  const large = parentElement.querySelector('canvas.large');
  const tell = ([y, x]) => say(fill(head.words.cell, { x, y, value: localise(values[y * head.w + x].toPrecision(6)) }));
  const point = (cell) => {
    state.cursor = cell;
    drawBoth(state);
    if (cell) tell(cell);
    else say(head.words.hint);
  };
  for (const canvas of parentElement.querySelectorAll('canvas')) {
    const cellAt = (event) => {
      const box = canvas.getBoundingClientRect();
      const x = Math.min(head.w - 1, Math.max(0, Math.floor(((event.clientX - box.left) / box.width) * head.w)));
      const y = Math.min(head.h - 1, Math.max(0, Math.floor(((event.clientY - box.top) / box.height) * head.h)));
      return [y, x];
    };
    canvas.onmousemove = (event) => point(cellAt(event));
    canvas.onmouseleave = () => point(null);
    canvas.onclick = (event) => setTriggerValue('cell', cellAt(event));
  }
  large.onblur = () => point(null);
  large.onkeydown = (event) => {
    const [y, x] = state.cursor || [0, 0];
    const step = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] }[event.key];
    if (event.key === 'Enter' && state.cursor) setTriggerValue('cell', state.cursor);
    else if (step && !state.cursor) point([0, 0]);
    else if (step) point([Math.min(head.h - 1, Math.max(0, y + step[0])), Math.min(head.w - 1, Math.max(0, x + step[1]))]);
    else return;
    event.preventDefault();
  };
  parentElement.querySelector('canvas.large').dataset.shown = head.id;
  return watchSize(state, parentElement.querySelector('.pair'), () => drawBoth(state));
}
