// Takes a picture that is pasted, or dropped anywhere on the page, as the upload button would.
const LARGEST = 8 * 1024 * 1024; // bytes sent as they are; a larger photograph is made smaller here first
const LONGER_SIDE = 2048;

async function send(file, data, setTriggerValue) {
  const small = file.size > LARGEST ? await shrink(file) : file;
  const reader = new FileReader();
  reader.onload = () => setTriggerValue('picture', { name: file.name || data.nameless, data: reader.result.split(',', 2)[1] });
  reader.readAsDataURL(small);
}

async function shrink(file) {
  try {
    const bitmap = await createImageBitmap(file);
    const scale = Math.min(1, LONGER_SIDE / Math.max(bitmap.width, bitmap.height));
    const canvas = new OffscreenCanvas(Math.round(bitmap.width * scale), Math.round(bitmap.height * scale));
    canvas.getContext('2d').drawImage(bitmap, 0, 0, canvas.width, canvas.height);
    return await canvas.convertToBlob({ type: 'image/jpeg', quality: 0.95 });
  } catch {
    return file.slice(0, LARGEST); // not a picture the browser can read: the server says what is wrong with it
  }
}

export default function (component) {
  const { parentElement, data, setTriggerValue } = component;
  const veil = parentElement.querySelector('.veil');
  veil.textContent = data.invitation;
  const isUploader = (event) => event.composedPath().some((node) => node.dataset?.testid === 'stFileUploaderDropzone');
  const first = (transfer) => [...(transfer?.files ?? [])][0];
  const onPaste = (event) => {
    const file = first(event.clipboardData);
    if (!file) return;
    event.preventDefault();
    send(file, data, setTriggerValue);
  };
  const onDragOver = (event) => {
    if (![...event.dataTransfer.types].includes('Files') || isUploader(event)) return;
    event.preventDefault();
    veil.hidden = false;
  };
  const onDragEnd = (event) => {
    if (event.type === 'drop' || !event.relatedTarget) veil.hidden = true;
  };
  const onDrop = (event) => {
    veil.hidden = true;
    const file = first(event.dataTransfer);
    if (!file || isUploader(event)) return;
    event.preventDefault();
    send(file, data, setTriggerValue);
  };
  const listeners = { paste: onPaste, dragover: onDragOver, dragleave: onDragEnd, drop: onDrop };
  parentElement._leave?.();
  for (const [name, listener] of Object.entries(listeners)) document.addEventListener(name, listener);
  parentElement._leave = () => {
    for (const [name, listener] of Object.entries(listeners)) document.removeEventListener(name, listener);
  };
  return () => parentElement._leave();
}
