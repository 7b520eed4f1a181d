// @ts-check
// What Streamlit hands to a component, and what a component keeps of one call until the next.

/**
 * @template [Data=Uint8Array]
 * @typedef {object} Component
 * @property {Data} data what the page sends
 * @property {ShadowRoot} parentElement holds the component's elements
 * @property {SetValue} setStateValue sets what the page sees until it is set anew
 * @property {SetValue} setTriggerValue sets what the page sees for one run
 */

/** @typedef {(name: string, value: unknown) => void} SetValue */

/**
 * Returns what gives each place of a component on the page a state of its own. `make` begins it; the first call of the
 * component adds what is missing.
 * @template {object} State
 * @param {() => Partial<State>} make
 * @returns {(parent: ShadowRoot) => State}
 */
export function statePerPlace(make) {
  /** @type {WeakMap<ShadowRoot, State>} */
  const states = new WeakMap();
  return (parent) => {
    const state = states.get(parent) ?? /** @type {State} */ (make());
    states.set(parent, state);
    return state;
  };
}
