// @ts-check
// Decision boundaries of a task of points, one panel a network: how each divides the plane now, and the examples.
import { paintPixels, prepare } from '../shared/drawing.js';
import { childrenOf, element, find, say } from '../shared/elements.js';
import { fill } from '../shared/numbers.js';
import { planeColour, planePlace } from './boundary_colours.js';

/** @import { Context } from '../shared/drawing.js' */
/** @import { Limits } from './boundary_colours.js' */
/** @import { State } from './state.js' */

/** @param {State} state */
export function paintPlanes(state) {
  const { head, planes, root } = state;
  const list = find(root, '.planes', HTMLElement);
  if (list.children.length !== planes.length) list.replaceChildren(...planes.map(makePlane));
  childrenOf(list).forEach((whole, k) => {
    const canvas = find(whole, 'canvas', HTMLCanvasElement);
    say(whole, 'figcaption', head.planeTitles[k]);
    canvas.setAttribute('aria-label', fill(head.words.plane, { name: head.planeTitles[k] }));
    paintPlane(state, canvas, k);
  });
}

function makePlane() {
  const whole = element('figure');
  const canvas = element('canvas');
  canvas.setAttribute('role', 'img');
  whole.append(canvas, element('figcaption'));
  return whole;
}

/**
 * @param {State} state
 * @param {HTMLCanvasElement} canvas
 * @param {number} k
 */
function paintPlane({ head, planes, points }, canvas, k) {
  const { context, width, height } = prepare(canvas);
  const sheet = paintPixels(head.planeSide, head.planeSide, (i) => planeColour(planes[k][i]));
  context.drawImage(sheet, 0, 0, width, height);
  if (head.plane) paintPoints(context, head.plane, { width, height }, points);
}

/**
 * @param {Context} context
 * @param {Limits} limits
 * @param {{ width: number, height: number }} size
 * @param {ArrayLike<number>} points
 */
function paintPoints(context, limits, size, points) {
  for (let i = 0; i < points.length; i += 3) {
    context.beginPath();
    context.arc(...planePlace(limits, size, points[i], points[i + 1]), 1.7, 0, 2 * Math.PI);
    context.fillStyle = points[i + 2] ? '#0072b2' : '#d55e00';
    context.fill();
  }
}
