// @ts-check
// The links of the chain: for each what it is called, and its formula with the numbers of a place in it.
import { element, find } from '../shared/elements.js';
import { fill } from '../shared/numbers.js';
import { bracketed, precise } from './number_format.js';
import { divisorAt, sumOf } from './window_arithmetic.js';

/** @import { Arithmetic, Head, Link, Normalised, State } from './state.js' */
/** @typedef {(string | HTMLElement)[]} Formula */

/**
 * @param {State} state
 * @param {Arithmetic} at
 */
export function fillSteps({ root, head }, at) {
  const lines = head.links.map((link, i) => {
    const line = element('div', i === head.chosen ? 'step chosen' : 'step');
    const name = element('div', 'name', link.title);
    if (link.layer) name.append(element('code', '', link.layer));
    if (i === head.chosen) name.append(element('em', '', head.words.chosen));
    const formula = element('div', 'formula');
    formula.append(...formulaOf(head, link, at, i));
    line.append(name, formula);
    return line;
  });
  find(root, '.steps', HTMLElement).replaceChildren(...lines);
}

/**
 * @param {Head} head
 * @param {Link} link
 * @param {Arithmetic} at
 * @param {number} i
 * @returns {Formula}
 */
function formulaOf(head, link, at, i) {
  const result = element('b', '', precise(at.values[i]));
  const before = i ? precise(at.values[i - 1]) : '';
  if (link.kind === 'normalised') return [...normalised(link, before, at), ' = ', result];
  if (link.kind === 'activated') return [activated(link.formula, before), ' = ', result];
  if (link.kind === 'unchanged') return [before, ' = ', result];
  return [...startOf(head, at), result];
}

/**
 * @param {string} formula
 * @param {string} before
 */
function activated(formula, before) {
  return formula.replaceAll('-{x}', '−{x}').replaceAll('{x}', bracketed(before));
}

/**
 * (x − μ) / √(σ² + ε) · γ + β, with the numbers; statistics of the place itself are known of the chosen cell only.
 * @param {Normalised} link
 * @param {string} before
 * @param {Arithmetic} at
 * @returns {Formula}
 */
function normalised(link, before, at) {
  const isKnown = !link.ofPlace || at.exact;
  const [mean, variance] = isKnown ? [bracketed(precise(link.mean)), precise(link.variance)] : ['μ', 'σ²'];
  const fraction = element('span', 'fraction');
  const root = element('span', '', `√(${variance} + ${precise(link.epsilon)})`);
  fraction.append(element('span', '', `${before} − ${mean}`), root);
  return [fraction, ` · ${bracketed(precise(link.scale))} + ${bracketed(precise(link.shift))}`];
}

/**
 * Says how the first link comes about, in one line.
 * @param {Head} head
 * @param {Arithmetic} at
 * @returns {Formula}
 */
function startOf(head, at) {
  const texts = at.terms.map(({ value }) => precise(value));
  if (head.kind === 'sum') {
    const isMore = texts.length > 2 || head.others;
    const bias = head.bias === null ? [] : [precise(head.bias)];
    return joined([...texts.slice(0, 2), ...(isMore ? ['…'] : []), ...bias], '+');
  }
  const patch = at.terms[0]?.patch;
  if (head.kind === 'average' && patch) {
    return [`${precise(sumOf(patch.values))} / ${divisorAt(head, at.row, at.column)} = `];
  }
  if (head.kind === 'maximum' && patch) {
    return [fill(head.words.maximum, { count: patch.inside.filter(Boolean).length }), ' = '];
  }
  return joined(texts, head.sign);
}

/**
 * @param {string[]} texts
 * @param {string} sign
 */
function joined(texts, sign) {
  return texts.length < 2 ? [] : [`${texts.map((text, i) => (i ? bracketed(text) : text)).join(` ${sign} `)} = `];
}
