// Tells the browser the language of the page, and remembers it for the next visit.
export default function (component) {
  document.documentElement.lang = component.data.language;
  document.cookie = `${component.data.cookie}=${component.data.language}; path=/; max-age=31536000; SameSite=Lax`;
}
