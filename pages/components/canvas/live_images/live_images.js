// Each picture keeps its canvas; a frame is drawn only once it is decoded, and never over a later one.

function place() {
  const figure = document.createElement('figure');
  const frame = document.createElement('div');
  frame.className = 'place';
  const canvas = document.createElement('canvas');
  canvas.setAttribute('role', 'img');
  frame.append(canvas, document.createElement('span'));
  const caption = document.createElement('figcaption');
  caption.append(document.createElement('b'), document.createElement('span'));
  figure.append(frame, caption);
  return figure;
}

async function draw(canvas, content) {
  const turn = (canvas._turn = (canvas._turn || 0) + 1);
  const image = await createImageBitmap(new Blob([content]));
  if (canvas._turn !== turn) return;
  canvas.width = image.width;
  canvas.height = image.height;
  canvas.getContext('2d').drawImage(image, 0, 0);
}

function clear(canvas) {
  canvas._turn = (canvas._turn || 0) + 1;
  canvas.width = canvas.height = 1;
}

export default function (component) {
  const { head, blocks } = unpack(component.data);
  const root = component.parentElement.querySelector('.making');
  const count = head.items.length;
  if (root.children.length !== count) root.replaceChildren(...head.items.map(place));
  root.style.setProperty('--columns', count);
  head.items.forEach((item, k) => {
    const figure = root.children[k];
    const canvas = figure.querySelector('canvas');
    canvas.setAttribute('aria-label', item.alternative);
    figure.querySelector('.place span').textContent = blocks[k].length ? '' : item.waiting;
    figure.querySelector('b').textContent = item.title;
    figure.querySelector('figcaption span').textContent = item.note;
    if (blocks[k].length) draw(canvas, blocks[k]);
    else clear(canvas);
  });
}
