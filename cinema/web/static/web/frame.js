/** What is around a hall: the room to move and zoom it in, words on a seat, the legend, what is read out. */

import { UNIT, sign } from "./drawing.js";
import { h } from "./dom.js";

// Of a seat with its gap, where the zoom is at 1 (pixels): WCAG 2.2 wants 24 at least.
const SEAT_WIDTHS = { least: 24, most: 46 };
const ZOOM_STEP = 1.3;
const ZOOMS = { least: 0.02, most: 3 };
const TINY = 18; // Below that, numbers on seats can't be read (pixels).

export class Frame {
  #about = h("p", { class: "seat-map-about", "aria-hidden": "true" }, "\u00a0");
  #scroll = h("div", { class: "seat-map-scroll" });
  #legend = h("ul", { class: "seat-map-legend" });
  #status = h("p", { class: "seat-map-status", role: "status" });
  #watch = new ResizeObserver(() => this.#fit());
  #hall = null;
  #width = 0; // of the hall, in the units of its drawing
  #zoom = 1;

  constructor(element) {
    const button = (name, text, step) =>
      h("button", { type: "button", "aria-label": name, title: name, onclick: () => this.#zoomTo(step) }, text);
    const tools = h(
      "div",
      { class: "seat-map-tools" },
      button("Smaller", "−", -1),
      button("Whole hall", "Whole hall", 0),
      button("Larger", "+", 1),
    );
    const top = h("div", { class: "seat-map-top" }, this.#about, tools);
    element.replaceChildren(h("div", { class: "seat-map" }, top, this.#scroll, this.#legend, this.#status));
    this.#watch.observe(this.#scroll);
  }

  /** Puts a hall, `width` units wide, into the frame; what was in the middle stays there. */
  put(hall, width) {
    const isFirst = !this.#hall;
    this.#hall = hall;
    this.#width = width;
    this.#scroll.replaceChildren(hall);
    this.#fit();
    if (isFirst) this.#centre(0.5);
  }

  /** Shows what the signs mean: `[[words, sign, color, place of the category], …]`. */
  explain(entries) {
    const entry = ([words, ...drawn]) => h("li", {}, sign(...drawn), words);
    this.#legend.replaceChildren(...entries.map(entry));
  }

  /** Hears of what is done in the hall. An SVG that listens for the focus itself would be a stop of Tab, in Chromium. */
  listen(name, listener) {
    this.#scroll.addEventListener(name, listener);
  }

  /** Words on the seat that is pointed at, for the eye. */
  describe(text) {
    this.#about.textContent = text;
  }

  /** Words for those who listen. */
  announce(text) {
    this.#status.textContent = text;
  }

  close() {
    this.#watch.disconnect();
  }

  #fit() {
    if (!this.#hall) return;
    const seat = this.#natural * this.#zoom;
    this.#hall.style.width = `${Math.floor((seat * this.#width) / UNIT)}px`;
    this.#hall.classList.toggle("tiny", seat < TINY);
  }

  /** The width of a seat at which the hall fills the page; but no smaller than a finger and no larger than a hand. */
  get #natural() {
    const { least, most } = SEAT_WIDTHS;
    return Math.min(Math.max(this.#fitting, least), Math.max(most, this.#fitting * 0.6));
  }

  get #fitting() {
    return (this.#scroll.clientWidth * UNIT) / this.#width;
  }

  /** A step in or out, about what is in the middle; a step of 0, out to the whole hall. */
  #zoomTo(step) {
    const { scrollLeft, clientWidth, scrollWidth } = this.#scroll;
    const middle = (scrollLeft + clientWidth / 2) / scrollWidth;
    const zoom = step ? this.#zoom * ZOOM_STEP ** step : Math.min(1, this.#fitting / this.#natural);
    this.#zoom = Math.min(Math.max(zoom, ZOOMS.least), ZOOMS.most);
    this.#fit();
    this.#centre(middle);
  }

  #centre(share) {
    this.#scroll.scrollLeft = share * this.#scroll.scrollWidth - this.#scroll.clientWidth / 2;
  }
}
