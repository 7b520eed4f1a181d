// @ts-check
// Clicks that silence channels: shown at once, and sent again until the page has heard them (see channel_toggle.py).

/** @import { SetValue } from './component.js' */
/** @typedef {{ of: string, channels: number[], heard: number }} Silencing what the page has taken into account */
/** @typedef {[number, number]} Click its time in milliseconds, and the channel */
/** @typedef {{ of?: string, clicks: Click[], silenced: Set<number> }} Toggles */

/**
 * Takes what the page has heard; clicks it has not heard yet count on top of it.
 * @param {Toggles} state
 * @param {Silencing} silencing
 */
export function hearSilencing(state, silencing) {
  const isSame = state.of === silencing.of;
  state.of = silencing.of;
  state.clicks = isSame ? state.clicks.filter(([time]) => time > silencing.heard) : [];
  state.silenced = new Set(silencing.channels);
  for (const [, channel] of state.clicks) flip(state.silenced, channel);
}

/**
 * Silences a channel, or lets it speak again, and tells the page. No two clicks have the same time.
 * @param {Toggles} state
 * @param {number} channel
 * @param {SetValue} setTriggerValue
 */
export function clickChannel(state, channel, setTriggerValue) {
  const last = state.clicks.at(-1)?.[0] ?? 0;
  state.clicks.push([Math.max(Date.now(), last + 1), channel]);
  flip(state.silenced, channel);
  setTriggerValue('clicks', state.clicks);
}

/**
 * @param {Set<number>} channels
 * @param {number} channel
 */
function flip(channels, channel) {
  if (!channels.delete(channel)) channels.add(channel);
}
