// Clicks that silence channels: shown at once, and sent again until the page has heard them (see silencing.py).

function hearSilencing(state, silencing) {
  const isSame = state.of === silencing.of;
  state.of = silencing.of;
  state.clicks = isSame ? state.clicks.filter(([time]) => time > silencing.heard) : [];
  state.silenced = new Set(silencing.channels);
  for (const [, channel] of state.clicks) flip(state.silenced, channel);
}

function clickChannel(state, channel, setTriggerValue) {
  const last = state.clicks.at(-1)?.[0] ?? 0;
  state.clicks.push([Math.max(Date.now(), last + 1), channel]);
  flip(state.silenced, channel);
  setTriggerValue('clicks', state.clicks);
}

function flip(channels, channel) {
  if (!channels.delete(channel)) channels.add(channel);
}

