// Two grids: the input with its padding, and the output, each cell of which is one place of the window.
function draw(state) {
  const { numbers, words } = state.data;
  const { side, kernel, stride, padding, dilation, places } = numbers;
  const whole = side + 2 * padding;
  const input = state.root.querySelector('.input');
  const output = state.root.querySelector('.output');
  state.root.querySelector('.in').textContent = words.input;
  state.root.querySelector('.out').textContent = words.output;
  input.style.gridTemplateColumns = `repeat(${whole}, 22px)`;
  output.style.gridTemplateColumns = `repeat(${places}, 24px)`;
  const cells = Array.from({ length: whole * whole }, (_, at) => {
    const cell = document.createElement('div');
    const [row, column] = [Math.floor(at / whole) - padding, (at % whole) - padding];
    cell.classList.toggle('pad', row < 0 || column < 0 || row >= side || column >= side);
    return cell;
  });
  const buttons = Array.from({ length: places * places }, (_, at) => {
    const button = document.createElement('button');
    button.setAttribute('role', 'gridcell');
    const [row, column] = [Math.floor(at / places), at % places];
    button.setAttribute('aria-label', `${row}, ${column}`);
    button.onmouseenter = button.onfocus = button.onclick = () => show(row, column);
    button.onkeydown = (event) => {
      const step = { ArrowRight: [0, 1], ArrowLeft: [0, -1], ArrowDown: [1, 0], ArrowUp: [-1, 0] }[event.key];
      if (!step) return;
      event.preventDefault();
      const [y, x] = [row + step[0], column + step[1]];
      if (y >= 0 && x >= 0 && y < places && x < places) buttons[y * places + x].focus();
    };
    return button;
  });
  const reach = (kernel - 1) * dilation + 1;
  function show(row, column) {
    state.at = [row, column];
    const [top, left] = [row * stride, column * stride];
    cells.forEach((cell, at) => {
      const [y, x] = [Math.floor(at / whole) - top, (at % whole) - left];
      const under = y >= 0 && x >= 0 && y < reach && x < reach;
      cell.classList.toggle('tap', under && y % dilation === 0 && x % dilation === 0);
      cell.classList.toggle('under', under && !(y % dilation === 0 && x % dilation === 0));
    });
    buttons.forEach((button, at) => {
      const isHere = at === row * places + column;
      button.setAttribute('aria-selected', String(isHere));
      button.tabIndex = isHere ? 0 : -1;
    });
    const values = { row, column, top: localise(String(top - padding)), left: localise(String(left - padding)) };
    state.root.querySelector('output').textContent = fill(words.cell, values);
  }
  input.replaceChildren(...cells);
  output.replaceChildren(...buttons);
  const [row, column] = state.at || [0, 0];
  show(Math.min(row, places - 1), Math.min(column, places - 1));
}

export default function (component) {
  const { data, parentElement } = component;
  const state = (parentElement._sliding ||= {});
  Object.assign(state, { data, root: parentElement });
  draw(state);
}
