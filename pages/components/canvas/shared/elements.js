// @ts-check
// Elements: found, made, and labelled.

/**
 * Returns the element that `selector` finds, which is of a kind; throws where it is not there.
 * @template {Element} Kind
 * @param {ParentNode} root
 * @param {string} selector
 * @param {new () => Kind} kind
 * @returns {Kind}
 */
export function find(root, selector, kind) {
  const found = root.querySelector(selector);
  if (found instanceof kind) return found;
  throw new TypeError(`no ${kind.name} at ${selector}`);
}

/**
 * Returns all elements that `selector` finds, those of a kind.
 * @template {Element} Kind
 * @param {ParentNode} root
 * @param {string} selector
 * @param {new () => Kind} kind
 * @returns {Kind[]}
 */
export function findAll(root, selector, kind) {
  /** @type {(found: Element) => found is Kind} */
  const isOfKind = (found) => found instanceof kind;
  return [...root.querySelectorAll(selector)].filter(isOfKind);
}

/**
 * Returns the children of an element, which are HTML as all of it is.
 * @param {Element} parent
 * @returns {HTMLElement[]}
 */
export function childrenOf(parent) {
  return [...parent.children].filter((child) => child instanceof HTMLElement);
}

/**
 * Returns a new element with a class and a text.
 * @template {keyof HTMLElementTagNameMap} Name
 * @param {Name} name
 * @param {string} className
 * @param {string} text
 * @returns {HTMLElementTagNameMap[Name]}
 */
export function element(name, className = '', text = '') {
  const made = document.createElement(name);
  if (className) made.className = className;
  if (text) made.textContent = text;
  return made;
}

/**
 * Writes a text into the element that `selector` finds.
 * @param {ParentNode} root
 * @param {string} selector
 * @param {string} text
 */
export function say(root, selector, text) {
  find(root, selector, HTMLElement).textContent = text;
}

/**
 * Returns the button under an event, if there is one.
 * @param {Event} event
 */
export function buttonUnder(event) {
  return event.target instanceof Element ? event.target.closest('button') : null;
}
