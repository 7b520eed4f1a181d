const COLUMNS = 4; // as in gallery.css

export default function (component) {
  const { data, parentElement, setTriggerValue } = component;
  const list = parentElement.querySelector('.gallery');
  list.setAttribute('aria-label', data.label);
  list.replaceChildren(
    ...data.items.map((item) => {
      const button = document.createElement('button');
      const image = document.createElement('img');
      image.src = item.source;
      image.alt = item.title;
      button.title = item.title;
      button.setAttribute('aria-pressed', String(item.id === data.selected));
      button.append(image);
      button.onclick = () => setTriggerValue('chosen', item.id);
      return button;
    })
  );
  list.onkeydown = (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: COLUMNS, ArrowUp: -COLUMNS }[event.key];
    if (!step) return;
    event.preventDefault();
    const buttons = [...list.children];
    const next = buttons[buttons.indexOf(parentElement.activeElement ?? event.target.closest('button')) + step];
    if (next) next.focus();
  };
}
