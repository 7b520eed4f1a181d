// Two lists of channels, each channel a bar; a click, or the enter key, silences it or lets it speak again.
function render(state) {
  const { root, data } = state;
  const focused = root.querySelector(':focus')?.dataset.channel;
  root.replaceChildren(...data.lists.map((list, i) => drawList(state, list, i)));
  if (focused !== undefined) root.querySelector(`[data-channel="${focused}"]`)?.focus();
}

function drawList({ data: { words }, silenced, toggle }, { title, bars }, i) {
  const section = document.createElement('section');
  section.dataset.list = i;
  section.append(element('h4', title));
  if (!bars.length) section.append(element('p', words.none));
  for (const [channel, length, figure] of bars) {
    const button = document.createElement('button');
    const bar = element('i', '');
    const track = element('span', '');
    const isSilenced = silenced.has(channel);
    bar.style.width = `${Math.max(0.5, 100 * length)}%`;
    track.append(bar);
    button.append(element('b', String(channel)), track, element('em', figure));
    button.dataset.channel = channel;
    button.setAttribute('aria-pressed', String(isSilenced));
    const name = fill(words.channel, { channel, figure });
    button.setAttribute('aria-label', isSilenced ? `${name} · ${words.silenced}` : name);
    button.title = isSilenced ? words.silenced : '';
    button.onclick = () => toggle(channel);
    section.append(button);
  }
  return section;
}

function element(name, text) {
  const made = document.createElement(name);
  made.textContent = text;
  return made;
}

export default function (component) {
  const { data, parentElement, setTriggerValue } = component;
  const state = (parentElement._influence ||= {});
  Object.assign(state, { data, root: parentElement.querySelector('.lists') });
  hearSilencing(state, data.silencing);
  state.toggle = (channel) => {
    clickChannel(state, channel, setTriggerValue);
    render(state);
  };
  render(state);
}
