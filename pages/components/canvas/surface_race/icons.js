// @ts-check
// The signs on the buttons.

const PATHS = {
  play: 'M5 3l12 7-12 7z',
  pause: 'M5 3h4v14H5zM11 3h4v14h-4z',
  restart: 'M4 3h3v14H4zM17 3v14L8 10z',
  next: 'M13 3h3v14h-3zM3 3l9 7-9 7z',
};

/**
 * Returns the sign of a name, as SVG.
 * @param {keyof typeof PATHS} name
 */
export function icon(name) {
  const path = `<path fill="currentColor" d="${PATHS[name]}"/>`;
  return `<svg viewBox="0 0 20 20" width="16" height="16" aria-hidden="true">${path}</svg>`;
}
