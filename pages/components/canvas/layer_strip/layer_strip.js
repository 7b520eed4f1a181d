// All stages and the layers of the chosen one; click, or left and right arrows, choose a layer.
const shapeText = (shape) => shape.join('×');

function stageOf(state) {
  return state.data.stages.findIndex((stage) => stage.layers.some((layer) => layer.name === state.chosen));
}

function button(text, detail, pressed, onClick) {
  const element = document.createElement('button');
  const [top, bottom] = [document.createElement('span'), document.createElement('small')];
  top.textContent = text;
  bottom.textContent = detail;
  element.append(top, bottom);
  element.setAttribute('role', 'option');
  element.setAttribute('aria-selected', String(pressed));
  element.tabIndex = pressed ? 0 : -1;
  element.onclick = onClick;
  return element;
}

// The same stage as before: only which layer is chosen differs.
function mark(state) {
  for (const element of state.root.querySelectorAll('.layers button')) {
    const isChosen = element.dataset.layer === state.chosen;
    element.setAttribute('aria-selected', String(isChosen));
    element.tabIndex = isChosen ? 0 : -1;
  }
  reveal(state);
}

function reveal({ root }) {
  const chosen = root.querySelector('.layers [aria-selected=true]');
  if (!chosen) return;
  const list = chosen.parentElement;
  const [left, right] = [chosen.offsetLeft - list.offsetLeft, chosen.offsetLeft - list.offsetLeft + chosen.offsetWidth];
  if (left < list.scrollLeft || right > list.scrollLeft + list.clientWidth) list.scrollLeft = left - list.clientWidth / 3;
}

function render(state) {
  const { root, data } = state;
  const focused = root.querySelector('.stages:focus-within') ? '.stages' : root.querySelector('.layers:focus-within') ? '.layers' : null;
  const current = Math.max(0, stageOf(state));
  if (state.drawn === data.drawing && state.stage === current) return mark(state);
  Object.assign(state, { drawn: data.drawing, stage: current });
  root.querySelector('.stages').replaceChildren(
    ...data.stages.map((stage, i) => {
      const last = stage.layers[stage.layers.length - 1];
      const element = button(stage.label, shapeText(last.shape), i === current, () => state.choose(last.name, '.stages'));
      element.style.flexGrow = Math.min(6, Math.max(1, Math.sqrt(stage.layers.length)));
      return element;
    })
  );
  root.querySelector('.layers').replaceChildren(
    ...data.stages[current].layers.map((layer) => {
      const element = button(layer.short, `${layer.kind} ${shapeText(layer.shape)}`, layer.name === state.chosen, () =>
        state.choose(layer.name, '.layers')
      );
      element.dataset.group = layer.group;
      element.dataset.layer = layer.name;
      element.title = layer.name;
      return element;
    })
  );
  if (focused) root.querySelector(`${focused} [aria-selected=true]`)?.focus({ preventScroll: true });
  reveal(state);
}

export default function (component) {
  const { data, parentElement, setStateValue } = component;
  const state = (parentElement._layers ||= {});
  Object.assign(state, { data, root: parentElement });
  state.chosen = data.chosen;
  parentElement.querySelector('.stages').setAttribute('aria-label', data.words.stages);
  parentElement.querySelector('.layers').setAttribute('aria-label', data.words.layers);
  state.choose = (name, list, wait = 0) => {
    state.chosen = name;
    clearTimeout(state.timer);
    if (wait) state.timer = setTimeout(() => setStateValue('layer', name), wait);
    else setStateValue('layer', name);
    render(state);
    parentElement.querySelector(`${list} [aria-selected=true]`)?.focus();
  };
  const onKey = (names, list) => (event) => {
    const at = names.indexOf(state.chosen);
    const target = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: names.length - 1 }[event.key];
    if (target === undefined || !names[target]) return;
    event.preventDefault();
    state.choose(names[target], list, 120);
  };
  const all = data.stages.flatMap((stage) => stage.layers.map((layer) => layer.name));
  const ends = data.stages.map((stage) => stage.layers[stage.layers.length - 1].name);
  parentElement.querySelector('.layers').onkeydown = onKey(all, '.layers');
  parentElement.querySelector('.stages').onkeydown = (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    const target = step && ends[stageOf(state) + step];
    if (!target) return;
    event.preventDefault();
    state.choose(target, '.stages', 120);
  };
  render(state);
}
