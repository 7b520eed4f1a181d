function picture(source, kind) {
  const image = document.createElement('img');
  image.src = source;
  image.className = kind;
  image.alt = '';
  return image;
}

function text(kind, content) {
  const element = document.createElement('span');
  element.className = kind;
  element.textContent = content;
  return element;
}

function framed(item) {
  const frame = document.createElement('span');
  frame.className = 'frame';
  const holder = document.createElement('span');
  holder.className = 'holder';
  const box = document.createElement('i');
  const [left, top, right, bottom] = item.region.map((edge) => 100 * edge);
  Object.assign(box.style, { left: `${left}%`, top: `${top}%`, width: `${right - left}%`, height: `${bottom - top}%` });
  holder.append(picture(item.whole, 'whole'), box);
  frame.append(holder);
  return frame;
}

function figure(item, words, pick) {
  const button = document.createElement('button');
  button.setAttribute('aria-label', fill(words.alternative, item));
  button.title = `${item.title}\n${item.detail}\n${words.pick}`;
  const pair = document.createElement('span');
  pair.className = 'pair';
  const crop = document.createElement('span');
  crop.className = 'frame';
  crop.append(picture(item.crop, 'crop'));
  pair.append(crop, framed(item));
  button.append(pair, text('score', item.score), text('name', item.title));
  button.onclick = () => pick(item.id);
  return button;
}

function section(row, words, pick) {
  const part = document.createElement('section');
  const heading = document.createElement('h4');
  heading.textContent = row.heading;
  const list = document.createElement('div');
  list.className = 'row';
  list.setAttribute('role', 'group');
  list.setAttribute('aria-label', row.heading);
  list.append(...row.items.map((item) => figure(item, words, pick)));
  part.append(heading, ...(row.note ? [text('note', row.note)] : []), list);
  return part;
}

export default function (component) {
  const { data, parentElement, setTriggerValue } = component;
  const root = parentElement.querySelector('.hits');
  const shown = JSON.stringify(data);
  if (parentElement._shown === shown) return;
  parentElement._shown = shown;
  const focused = [...root.querySelectorAll('button')].indexOf(root.getRootNode().activeElement);
  root.replaceChildren(...data.rows.map((row) => section(row, data.words, (id) => setTriggerValue('picked', id))));
  const buttons = [...root.querySelectorAll('button')];
  if (focused >= 0) buttons[Math.min(focused, buttons.length - 1)]?.focus();
  root.onkeydown = (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    buttons[buttons.indexOf(event.target.closest('button')) + step]?.focus();
  };
}
