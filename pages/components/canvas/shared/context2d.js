// A canvas to draw on in pixels of CSS, sharp on every screen, and the colours of the theme.
function prepare(canvas) {
  const ratio = window.devicePixelRatio || 1;
  const [width, height] = [canvas.clientWidth, canvas.clientHeight];
  canvas.width = Math.round(width * ratio);
  canvas.height = Math.round(height * ratio);
  const context = canvas.getContext('2d');
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  return { context, width, height };
}

function colours(canvas) {
  const names = { text: '--st-text-color', back: '--st-background-color', accent: '--st-primary-color', font: '--st-font' };
  return Object.fromEntries(Object.entries(names).map(([key, name]) => [key, style(canvas, name)]));
}

