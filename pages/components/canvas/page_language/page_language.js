// @ts-check
// Tells the browser the language of the page, and remembers it for the next visit.
/** @import { Component } from '../shared/component.js' */

/** @param {Component<{ language: string, cookie: string }>} component */
export default function mount({ data }) {
  document.documentElement.lang = data.language;
  document.cookie = `${data.cookie}=${data.language}; path=/; max-age=31536000; SameSite=Lax`;
}
