/**
 * `<cinema-seat-map base="https://cinema.example" show="7">`, the seat map as an element of HTML.
 *
 * The attributes and properties are the options of `SeatMap`; objects and functions are properties only. The property
 * `map` is the `SeatMap`, or null while the element is outside of a document or has no `show`. The events of the map
 * reach the element with the prefix `seat-map-`, for example `seat-map-choice`, and bubble. Without the prefix, an
 * `error` would reach listeners for errors of scripts.
 *
 * The map is in a shadow root, so that the styles of the page don't change it. Its colors follow the CSS variables in
 * `seat-map.css`. The content of the element is what visitors see if this script can't be loaded.
 */

import { h } from "./dom.js";
import { EVENTS, SeatMap } from "./seat-map.js";

const ATTRIBUTES = ["base", "show", "most", "language", "theme"];
// Options that are objects or functions, which attributes can't be.
const PROPERTIES = ["limits", "selectable", "texts", "formatPrice", "token"];
// An open map takes these at once, because a call for a hold may follow, and without being drawn again.
const LIVE = ["theme", "token"];
// These name the show, so the element opens another map.
const NAMES_OF_SHOW = ["base", "show"];

export class SeatMapElement extends HTMLElement {
  static observedAttributes = ATTRIBUTES;

  /** The `SeatMap`; null while the element is outside of a document or has no `show`. */
  map = null;
  #container = h("div");
  #properties = {};
  #changed = new Set(); // Names of options that have changed and will be passed to the map.

  constructor() {
    super();
    this.attachShadow({ mode: "open" }).append(this.#container);
  }

  connectedCallback() {
    // The page may have set properties before this script was loaded. They would hide those of the element.
    for (const name of [...ATTRIBUTES, ...PROPERTIES]) {
      if (!Object.hasOwn(this, name)) continue;
      const value = this[name];
      delete this[name];
      this[name] = value;
    }
    this.#change("show");
  }

  disconnectedCallback() {
    this.#close();
  }

  attributeChangedCallback(name, before, now) {
    if (before !== now) this.#change(name);
  }

  /** Passes a changed option to the map, together with all others that change in the same task. */
  #change(name) {
    if (LIVE.includes(name)) {
      if (this.map) this.map[name] = this[name];
      return;
    }
    if (!this.#changed.size) queueMicrotask(() => this.#update());
    this.#changed.add(name);
  }

  /** Opens another map for another show. */
  #update() {
    const isOtherShow = NAMES_OF_SHOW.some((name) => this.#changed.has(name));
    this.#changed.clear();
    // A locked map has no choice to keep, and says why in the words of its options.
    if (this.map?.show && !this.map.lockReason && !isOtherShow) {
      this.map.setOptions(this.#options);
      return;
    }
    this.#close();
    if (this.isConnected && this.hasAttribute("show")) this.#open();
  }

  get #options() {
    return Object.fromEntries([...ATTRIBUTES, ...PROPERTIES].map((name) => [name, this[name] ?? undefined]));
  }

  #open() {
    this.map = new SeatMap(this.#container, this.#options);
    for (const name of EVENTS) {
      this.map.addEventListener(name, ({ detail }) =>
        this.dispatchEvent(new CustomEvent(`seat-map-${name}`, { detail, bubbles: true })),
      );
    }
  }

  #close() {
    this.map?.close();
    this.map = null;
  }

  static {
    for (const name of ATTRIBUTES) {
      Object.defineProperty(this.prototype, name, {
        get() {
          return this.getAttribute(name);
        },
        set(value) {
          if (value === null || value === undefined) this.removeAttribute(name);
          else this.setAttribute(name, value);
        },
      });
    }
    for (const name of PROPERTIES) {
      Object.defineProperty(this.prototype, name, {
        get() {
          return this.#properties[name];
        },
        set(value) {
          this.#properties[name] = value;
          this.#change(name);
        },
      });
    }
  }
}

customElements.define("cinema-seat-map", SeatMapElement);
