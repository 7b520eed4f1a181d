function tile(item, place, picked, pick) {
  const button = document.createElement('button');
  button.className = item.dim ? 'dim' : '';
  button.setAttribute('aria-pressed', String(place === picked));
  button.setAttribute('aria-label', item.alternative);
  const image = document.createElement('img');
  image.src = item.source;
  image.alt = '';
  if (item.ratio) image.style.aspectRatio = item.ratio;
  const caption = document.createElement('span');
  const title = document.createElement('b');
  title.textContent = item.title;
  const lines = item.lines.map((line) => {
    const element = document.createElement('span');
    element.textContent = line;
    return element;
  });
  caption.append(title, ...lines);
  button.append(image, caption);
  button.onclick = () => pick(place);
  return button;
}

export default function (component) {
  const { data, parentElement, setTriggerValue } = component;
  const root = parentElement.querySelector('.tiles');
  root.setAttribute('aria-label', data.label);
  const shown = JSON.stringify(data);
  if (parentElement._shown === shown) return;
  parentElement._shown = shown;
  const focused = [...root.children].indexOf(root.getRootNode().activeElement);
  const pick = (place) => setTriggerValue('picked', place);
  root.replaceChildren(...data.items.map((item, place) => tile(item, place, data.picked, pick)));
  root.children[focused]?.focus();
  root.onkeydown = (event) => {
    const columns = getComputedStyle(root).gridTemplateColumns.split(' ').length;
    const step = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: columns, ArrowUp: -columns }[event.key];
    if (!step) return;
    event.preventDefault();
    root.children[[...root.children].indexOf(event.target.closest('button')) + step]?.focus();
  };
}
