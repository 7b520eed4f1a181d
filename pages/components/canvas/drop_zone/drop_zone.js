// @ts-check
// Takes a picture that is pasted, or dropped anywhere on the page, as the upload button would.
import { statePerPlace } from '../shared/component.js';
import { find } from '../shared/elements.js';

/** @import { Component } from '../shared/component.js' */
/** @typedef {{ invitation: string, nameless: string }} Payload */
/** @typedef {{ leave?: () => void }} State */

const LARGEST = 8 * 1024 * 1024; // bytes sent as they are; a larger photograph is made smaller here first
const LONGER_SIDE = 2048;

/** @type {(parent: ShadowRoot) => State} */
const stateOf = statePerPlace(() => ({}));

/**
 * Sends a file to the page.
 * @param {File} file
 * @param {Component<Payload>} component
 */
async function send(file, { data, setTriggerValue }) {
  const small = file.size > LARGEST ? await shrink(file) : file;
  const reader = new FileReader();
  const name = file.name || data.nameless;
  reader.onload = () => setTriggerValue('picture', { name, data: String(reader.result).split(',', 2)[1] });
  reader.readAsDataURL(small);
}

/** @param {File} file */
async function shrink(file) {
  try {
    const bitmap = await createImageBitmap(file);
    const scale = Math.min(1, LONGER_SIDE / Math.max(bitmap.width, bitmap.height));
    const canvas = new OffscreenCanvas(Math.round(bitmap.width * scale), Math.round(bitmap.height * scale));
    canvas.getContext('2d')?.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
    return await canvas.convertToBlob({ type: 'image/jpeg', quality: 0.95 });
  } catch {
    return file.slice(0, LARGEST); // not a picture the browser can read: the server says what is wrong with it
  }
}

/** @param {Event} event */
function isOverUploader(event) {
  const isUploader = (/** @type {EventTarget} */ node) =>
    node instanceof HTMLElement && node.dataset.testid === 'stFileUploaderDropzone';
  return event.composedPath().some(isUploader);
}

/**
 * Takes a file out of what was pasted or dropped, and keeps the browser from opening it.
 * @param {Event} event
 * @param {DataTransfer | null} transfer
 * @param {Component<Payload>} component
 */
function take(event, transfer, component) {
  const [file] = transfer?.files ?? [];
  if (!file || (event.type === 'drop' && isOverUploader(event))) return;
  event.preventDefault();
  send(file, component);
}

/**
 * @param {Component<Payload>} component
 * @param {HTMLElement} veil
 */
function listen(component, veil) {
  const listening = new AbortController();
  const { signal } = listening;
  document.addEventListener('paste', (event) => take(event, event.clipboardData, component), { signal });
  document.addEventListener('dragover', (event) => {
    if (!event.dataTransfer?.types.includes('Files') || isOverUploader(event)) return;
    event.preventDefault();
    veil.hidden = false;
  }, { signal });
  document.addEventListener('dragleave', (event) => {
    if (!event.relatedTarget) veil.hidden = true;
  }, { signal });
  document.addEventListener('drop', (event) => {
    veil.hidden = true;
    take(event, event.dataTransfer, component);
  }, { signal });
  return () => listening.abort();
}

/** @param {Component<Payload>} component */
export default function mount(component) {
  const state = stateOf(component.parentElement);
  const veil = find(component.parentElement, '.veil', HTMLElement);
  veil.textContent = component.data.invitation;
  state.leave?.();
  state.leave = listen(component, veil);
  return () => state.leave?.();
}
