/** The parts around the drawing of a hall: scrolling, zoom buttons, seat description, legend, announcements. */

import { h } from "./dom.js";
import { legendIcon } from "./drawing.js";
import { UNIT } from "./geometry.js";

// The least and greatest width of a seat with its gap at zoom 1 (pixels). WCAG 2.2 requires targets of 24 pixels.
const MIN_SEAT_WIDTH = 24;
const MAX_SEAT_WIDTH = 46;
const ZOOM_STEP = 1.3;
const MIN_ZOOM = 0.02;
const MAX_ZOOM = 3;
// The drawing hides the numbers on narrower seats, because they would be illegible (pixels).
const MIN_READABLE_WIDTH = 18;

export class SeatMapFrame {
  #description = h("p", { class: "seat-map-about", "aria-hidden": "true" }, "\u00a0");
  #notice = h("div", { class: "seat-map-notice" });
  #scroll = h("div", { class: "seat-map-scroll" });
  #legend = h("ul", { class: "seat-map-legend" });
  #status = h("p", { class: "seat-map-status", role: "status" });
  #resizeObserver = new ResizeObserver(() => this.#resizeDrawing());
  #drawing = null;
  #drawingWidth = 0; // In the units of the drawing.
  #zoom = 1;

  constructor(element) {
    const button = (name, text, step) =>
      h("button", { type: "button", "aria-label": name, title: name, onclick: () => this.#zoomBy(step) }, text);
    const tools = h(
      "div",
      { class: "seat-map-tools" },
      button("Zoom out", "−", -1),
      button("Whole hall", "Whole hall", 0),
      button("Zoom in", "+", 1),
    );
    const top = h("div", { class: "seat-map-top" }, this.#description, tools);
    element.replaceChildren(h("div", { class: "seat-map" }, this.#notice, top, this.#scroll, this.#legend, this.#status));
    this.#resizeObserver.observe(this.#scroll);
  }

  /**
   * Shows a drawing that is `width` units wide. The first one is scrolled to `start`, between 0 (left) and 1 (right). A
   * later one keeps the scroll position.
   */
  setDrawing(drawing, width, start) {
    const isFirst = !this.#drawing;
    this.#drawing = drawing;
    this.#drawingWidth = width;
    this.#scroll.replaceChildren(drawing);
    this.#resizeDrawing();
    if (isFirst) this.#scrollTo(start);
  }

  /** Shows the legend, from entries `[text, state, color, categoryIndex]`. */
  setLegend(entries) {
    this.#legend.replaceChildren(...entries.map(([text, ...icon]) => h("li", {}, legendIcon(...icon), h("bdi", {}, text))));
  }

  /**
   * Adds an event listener around the drawing. Chromium makes an SVG element a tab stop if it has a focus listener of
   * its own.
   */
  addListener(type, listener) {
    this.#scroll.addEventListener(type, listener);
  }

  /** Shows the description of the seat that has the focus or the pointer. */
  setDescription(text) {
    this.#description.textContent = text;
  }

  /**
   * Shows a text above the drawing, with a button to try again if `onRetry` is given; removes it if it is empty.
   * Screen readers read an alert at once.
   */
  showNotice(text, { isAlert = false, onRetry = null } = {}) {
    const retry = onRetry && h("button", { type: "button", onclick: onRetry }, "Try again");
    this.#notice.replaceChildren(...(text ? [h("p", isAlert ? { role: "alert" } : {}, text), retry || ""] : []));
  }

  /** Lets screen readers read a text. */
  announce(text) {
    this.#status.textContent = text;
  }

  close() {
    this.#resizeObserver.disconnect();
  }

  #resizeDrawing() {
    if (!this.#drawing) return;
    const seatWidth = this.#defaultSeatWidth * this.#zoom;
    this.#drawing.style.width = `${Math.floor((seatWidth * this.#drawingWidth) / UNIT)}px`;
    this.#drawing.classList.toggle("tiny", seatWidth < MIN_READABLE_WIDTH);
  }

  /** The width of a seat at zoom 1: the hall fills the frame, unless seats would be too small to tap or very large. */
  get #defaultSeatWidth() {
    const maxWidth = Math.max(MAX_SEAT_WIDTH, this.#fittingSeatWidth * 0.6);
    return Math.min(Math.max(this.#fittingSeatWidth, MIN_SEAT_WIDTH), maxWidth);
  }

  /** The width of a seat at which the hall is just as wide as the frame. */
  get #fittingSeatWidth() {
    return (this.#scroll.clientWidth * UNIT) / this.#drawingWidth;
  }

  /** Zooms by a number of steps around the center; 0 steps show the whole hall. */
  #zoomBy(steps) {
    const { scrollLeft, clientWidth, scrollWidth } = this.#scroll;
    const center = (scrollLeft + clientWidth / 2) / scrollWidth;
    const zoom = steps ? this.#zoom * ZOOM_STEP ** steps : Math.min(1, this.#fittingSeatWidth / this.#defaultSeatWidth);
    this.#zoom = Math.min(Math.max(zoom, MIN_ZOOM), MAX_ZOOM);
    this.#resizeDrawing();
    this.#scrollTo(center);
  }

  /** Scrolls so that a point of the drawing is in the center; 0 is its left edge, 1 its right edge. */
  #scrollTo(point) {
    this.#scroll.scrollLeft = point * this.#scroll.scrollWidth - this.#scroll.clientWidth / 2;
  }
}
