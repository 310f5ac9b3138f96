/** The parts around the drawing of a hall: the view that moves and zooms, seat description, legend, announcements. */

import { h, svg } from "./dom.js";
import { legendIcon } from "./drawing.js";
import { UNIT } from "./geometry.js";
import { HallLabels } from "./hall-labels.js";
import { MiniMap } from "./mini-map.js";

// The least and greatest width of a seat with its gap at zoom 1 (pixels). WCAG 2.2 requires targets of 24 pixels.
const MIN_SEAT_WIDTH = 24;
const MAX_SEAT_WIDTH = 46;
// At zoom 1 the whole hall is shown if its seats are at least this wide (pixels).
const WHOLE_SEAT_WIDTH = 30;
const ZOOM_STEP = 1.3;
const MAX_ZOOM = 3;
// The drawing hides the numbers on narrower seats, and the names of rows, because they would be illegible (pixels).
const MIN_READABLE_WIDTH = 18;
const MIN_NAMED_WIDTH = 9;
// In a large hall, the overview takes the place of narrower seats (pixels), and of more seats in view than this.
const MIN_CELL_WIDTH = 16;
const MAX_CELLS_IN_VIEW = 3000;
// Halls with fewer seats need no map in small.
const MIN_SEATS_OF_MINI_MAP = 400;
// A mouse that moves less before it is released has clicked (pixels).
const CLICK_DISTANCE = 6;
const ARROWS = { top: "↑", bottom: "↓", left: "←", right: "→" };

export class SeatMapFrame {
  #description = h("p", { class: "seat-map-about", "aria-hidden": "true", hidden: true });
  #notice = h("div", { class: "seat-map-notice" });
  #floor = h("div", { class: "seat-map-floor" });
  #scroll = h("div", { class: "seat-map-scroll" }, this.#floor);
  #toFront = h("button", { type: "button", class: "seat-map-to-front", hidden: true, onclick: () => this.#showFront() });
  #view = h("div", { class: "seat-map-view" }, this.#scroll, this.#toFront, this.#description);
  #legend = h("ul", { class: "seat-map-legend", tabindex: 0 });
  #status = h("p", { class: "seat-map-status", role: "status" });
  #root = h("div", { class: "seat-map" });
  #tools; // The buttons by the keys of their names.
  #words = null;
  #resizeObserver = new ResizeObserver(() => this.#handleResize());
  #drawing = null;
  #labels = null;
  #miniMap = null;
  #zoom = 1;
  #seatWidth = 0; // With its gap, in pixels.
  #size = ""; // That of the view when it was last observed.
  #frameRequest = 0;
  #described = null; // The cell of the seat that is described.
  #hasDragged = false;
  #isUsed = false; // Whether the visitor has moved or zoomed the hall, or has chosen a seat.

  constructor(element) {
    const button = (content, step) => h("button", { type: "button", onclick: () => this.#zoomBy(step) }, content);
    const corners = svg("path", { d: "M4 9V4h5M15 4h5v5M20 15v5h-5M9 20H4v-5" });
    const whole = svg("svg", { viewBox: "0 0 24 24", "aria-hidden": "true" }, corners);
    this.#tools = { "map.zoomOut": button("−", -1), "map.wholeHall": button(whole, 0), "map.zoomIn": button("+", 1) };
    const tools = h("div", { class: "seat-map-tools" }, ...Object.values(this.#tools));
    const top = h("div", { class: "seat-map-top" }, this.#legend, tools);
    this.#root.append(this.#notice, top, this.#view, this.#status);
    element.replaceChildren(this.#root);
    this.#resizeObserver.observe(this.#scroll);
    this.#scroll.addEventListener("scroll", () => this.#requestFollow(), { passive: true });
    this.#addPointerListeners();
    for (const type of ["pointerdown", "wheel", "keydown"]) {
      element.addEventListener(type, () => (this.#isUsed = true), { passive: true, capture: true });
    }
  }

  get theme() {
    return this.#root.dataset.theme;
  }

  set theme(theme) {
    this.#root.dataset.theme = theme;
  }

  /** Names everything in these words. */
  setWords(words) {
    this.#words = words;
    this.#root.lang = words.locale;
    this.#legend.setAttribute("aria-label", words.text("map.legend"));
    for (const [key, button] of Object.entries(this.#tools)) {
      button.title = words.text(key);
      button.setAttribute("aria-label", button.title);
    }
  }

  /**
   * Shows a `Drawing`. The view of the first one begins around the seat with the number `start`. A later one keeps the
   * place in view.
   */
  setDrawing(drawing, stateOf, start) {
    const isFirst = !this.#drawing;
    this.#drawing = drawing;
    this.#labels = new HallLabels(drawing);
    this.#miniMap?.close();
    this.#miniMap?.element.remove();
    this.#miniMap = null;
    const seatCount = drawing.rows.reduce((sum, row) => sum + row.length, 0);
    if (seatCount >= MIN_SEATS_OF_MINI_MAP) {
      this.#miniMap = new MiniMap(drawing, stateOf, (x, y) => this.#center(x, y));
      this.#view.append(this.#miniMap.element);
    }
    this.#toFront.textContent = `${this.#words.text(drawing.hasAreaInFront ? "map.front" : "map.screen")} ${ARROWS[drawing.front]}`;
    this.#floor.replaceChildren(drawing.root, this.#labels.element);
    this.#floor.style.setProperty("--ratio", drawing.width / drawing.height);
    this.#setSeatWidth(this.#defaultSeatWidth * this.#zoom);
    const place = drawing.place(start);
    if (isFirst && place) this.#center(place.x, place.y);
    this.#miniMap?.update();
  }

  /** Shows that the state of seats has changed; `chosenRows` are the positions of rows with chosen seats. */
  update(chosenRows) {
    this.#labels?.mark(chosenRows);
    this.#miniMap?.update();
  }

  /** Shows the legend, from entries `[name, state, color, categoryIndex]`. */
  setLegend(entries) {
    this.#legend.replaceChildren(...entries.map(([name, ...icon]) => h("li", {}, legendIcon(...icon), h("bdi", {}, name))));
  }

  /**
   * Adds an event listener around the drawing. Chromium makes an SVG element a tab stop if it has a focus listener of
   * its own.
   */
  addListener(type, listener) {
    this.#scroll.addEventListener(type, (event) => {
      // A drag with the mouse ends with a click, which is none.
      if (type !== "click" || !this.#hasDragged) listener(event);
    });
  }

  /** Begins the view around this seat, unless the visitor uses the map already. */
  startAt(number) {
    const place = this.#drawing?.place(number);
    if (place && !this.#isUsed) this.#center(place.x, place.y);
  }

  /** Moves the hall so that a seat is in view. */
  reveal(number) {
    const place = this.#drawing?.place(number);
    const box = this.#box;
    if (!place || !box) return;
    const isInView =
      place.x - UNIT > box.left && place.x + UNIT < box.right && place.y - UNIT > box.top && place.y + UNIT < box.bottom;
    if (!isInView) this.#center(place.x, place.y);
  }

  /** Whether seats are too small to be drawn one by one. */
  get isFar() {
    return this.#drawing?.isLarge && this.#seatWidth < this.#minCellWidth;
  }

  /** Zooms in so far that seats are drawn one by one, around the place of a pointer or of a seat. */
  comeNear({ clientX, clientY }, number) {
    const seatWidth = Math.max(this.#defaultSeatWidth, this.#minCellWidth);
    const place = this.#drawing.place(number);
    const box = this.#scroll.getBoundingClientRect();
    this.#setSeatWidth(seatWidth, place ? undefined : [clientX - box.left, clientY - box.top]);
    if (place) this.#center(place.x, place.y);
  }

  /** Shows the description of a seat beside its cell; hides it if it is empty. */
  setDescription(parts, cell) {
    const [title, price, ...rest] = parts;
    this.#description.hidden = !title;
    if (!title) return;
    this.#description.replaceChildren(
      h("b", {}, title),
      ...(price ? [" ", h("b", { class: "price" }, price)] : []),
      ...(rest.length ? [" ", h("span", {}, rest.filter(Boolean).join(" · "))] : []),
    );
    this.#described = cell;
    this.#placeDescription();
  }

  /**
   * Shows a text above the drawing, with a button to try again if `onRetry` is given; removes it if it is empty.
   * Screen readers read an alert at once.
   */
  showNotice(notice, { isAlert = false, onRetry = null } = {}) {
    const retry = onRetry && h("button", { type: "button", onclick: onRetry }, this.#words.text("map.tryAgain"));
    this.#notice.replaceChildren(...(notice ? [h("p", isAlert ? { role: "alert" } : {}, notice), retry || ""] : []));
  }

  /** Lets screen readers read a text. */
  announce(message) {
    this.#status.textContent = message;
  }

  close() {
    this.#resizeObserver.disconnect();
    cancelAnimationFrame(this.#frameRequest);
    this.#miniMap?.close();
  }

  // --- zoom -------------------------------------------------------------------------

  /** The width of a seat at zoom 1: the hall fills the view, unless seats would be too small to tap or very large. */
  get #defaultSeatWidth() {
    const across = (this.#viewWidth * UNIT) / this.#drawing.width;
    const whole = this.#wholeSeatWidth;
    const maxWidth = Math.max(MAX_SEAT_WIDTH, across * 0.6);
    return Math.min(whole >= WHOLE_SEAT_WIDTH ? whole : Math.max(across, MIN_SEAT_WIDTH), maxWidth);
  }

  /** The width of a seat at which the whole hall is in view. */
  get #wholeSeatWidth() {
    const { width, height } = this.#drawing;
    return Math.min((this.#viewWidth * UNIT) / width, (this.#viewHeight * UNIT) / height);
  }

  get #minCellWidth() {
    return Math.max(MIN_CELL_WIDTH, Math.sqrt((this.#viewWidth * this.#viewHeight) / MAX_CELLS_IN_VIEW));
  }

  get #viewWidth() {
    return this.#scroll.clientWidth;
  }

  /** The height that the view has or may have: on a page without a fixed height, it grows with the hall. */
  get #viewHeight() {
    return parseFloat(getComputedStyle(this.#scroll).maxHeight) || this.#scroll.clientHeight;
  }

  #handleResize() {
    const size = `${this.#viewWidth} ${this.#viewHeight}`;
    if (!this.#drawing || size === this.#size) return;
    this.#size = size;
    this.#setSeatWidth(this.#defaultSeatWidth * this.#zoom);
  }

  /** Zooms by a number of steps around the center; 0 steps show the whole hall. */
  #zoomBy(steps) {
    if (this.#drawing) this.#setSeatWidth(steps ? this.#seatWidth * ZOOM_STEP ** steps : 0);
  }

  /** Zooms so that a seat has this width, and the given point of the view stays where it is. */
  #setSeatWidth(seatWidth, [x, y] = [this.#scroll.clientWidth / 2, this.#scroll.clientHeight / 2]) {
    const { width, height, root } = this.#drawing;
    const before = this.#box;
    const place = before && [before.left + x / this.#scale, before.top + y / this.#scale];
    const base = this.#defaultSeatWidth;
    this.#seatWidth = Math.min(Math.max(seatWidth, Math.min(this.#wholeSeatWidth, base)), base * MAX_ZOOM);
    this.#zoom = this.#seatWidth / base;
    const { style } = this.#floor;
    style.width = `${Math.floor(width * this.#scale)}px`;
    style.height = `${Math.floor(height * this.#scale)}px`;
    style.setProperty("--seat", `${this.#seatWidth}px`);
    root.classList.toggle("tiny", this.#seatWidth < MIN_READABLE_WIDTH);
    this.#floor.classList.toggle("dense", this.#seatWidth < MIN_NAMED_WIDTH);
    this.#floor.classList.toggle("far", Boolean(this.isFar));
    // Below the hall there is space for the mini map, so that it covers no seat.
    const isWhole = this.#seatWidth <= this.#wholeSeatWidth * 1.01;
    this.#miniMap?.toggle(!isWhole);
    style.marginBottom = this.#miniMap && !isWhole ? `${this.#miniMap.element.offsetHeight + 16}px` : "";
    if (place) this.#scrollTo(place[0] * this.#scale - x, place[1] * this.#scale - y);
    this.setDescription([]);
    this.#follow();
  }

  // --- moving -----------------------------------------------------------------------

  /** Pixels for each unit. */
  get #scale() {
    return this.#seatWidth / UNIT;
  }

  /** The part of the drawing in view, in units; null before the first drawing. */
  get #box() {
    if (!this.#seatWidth) return null;
    const { scrollLeft, scrollTop, clientWidth, clientHeight } = this.#scroll;
    const [x, y] = [scrollLeft - this.#floor.offsetLeft, scrollTop - this.#floor.offsetTop];
    const [left, top, right, bottom] = [x, y, x + clientWidth, y + clientHeight].map((edge) => edge / this.#scale);
    return { left, top, right, bottom };
  }

  #scrollTo(x, y) {
    this.#scroll.scrollLeft = x + this.#floor.offsetLeft;
    this.#scroll.scrollTop = y + this.#floor.offsetTop;
  }

  #center(x, y) {
    this.#scrollTo(x * this.#scale - this.#scroll.clientWidth / 2, y * this.#scale - this.#scroll.clientHeight / 2);
    this.#requestFollow();
  }

  #showFront() {
    const { scrollWidth, scrollHeight, scrollLeft, scrollTop } = this.#scroll;
    const places = {
      top: [scrollLeft, 0],
      bottom: [scrollLeft, scrollHeight],
      left: [0, scrollTop],
      right: [scrollWidth, scrollTop],
    };
    this.#scroll.scrollTo(...places[this.#drawing.front]);
  }

  #requestFollow() {
    this.#frameRequest ||= requestAnimationFrame(() => this.#follow());
  }

  /** Draws what has come into view. */
  #follow() {
    cancelAnimationFrame(this.#frameRequest);
    this.#frameRequest = 0;
    const box = this.#box;
    if (!box) return;
    this.#drawing.show(this.isFar ? null : box);
    this.#labels.follow(box);
    this.#miniMap?.follow(box);
    this.#placeDescription();
    const { width, height, front } = this.#drawing;
    const margin = 2 * UNIT;
    this.#toFront.hidden = {
      top: box.top < margin,
      bottom: box.bottom > height - margin,
      left: box.left < margin,
      right: box.right > width - margin,
    }[front];
  }

  #placeDescription() {
    if (this.#description.hidden) return;
    const { offsetWidth: width, offsetHeight: height, style } = this.#description;
    const view = this.#view.getBoundingClientRect();
    const box = this.#described.getBoundingClientRect();
    const above = box.top - view.top - height - 8;
    style.left = `${Math.max(8, Math.min(box.left - view.left + box.width / 2 - width / 2, view.width - width - 8))}px`;
    style.top = `${above > 4 ? above : box.bottom - view.top + 8}px`;
  }

  /** Moves the hall with the mouse, and zooms with two fingers or the wheel and Ctrl. One finger scrolls by itself. */
  #addPointerListeners() {
    const scroll = this.#scroll;
    let drag = null;
    scroll.addEventListener("pointerdown", (event) => {
      this.#hasDragged = false;
      if (event.pointerType !== "mouse" || event.button !== 0) return;
      drag = { x: event.clientX, y: event.clientY, left: scroll.scrollLeft, top: scroll.scrollTop };
    });
    scroll.addEventListener("pointermove", (event) => {
      if (!drag) return;
      if (!event.buttons) {
        drag = null;
        scroll.classList.remove("dragged");
        return;
      }
      const [x, y] = [event.clientX - drag.x, event.clientY - drag.y];
      if (!this.#hasDragged && Math.hypot(x, y) > CLICK_DISTANCE) {
        this.#hasDragged = true;
        scroll.classList.add("dragged");
        scroll.setPointerCapture(event.pointerId);
        this.setDescription([]);
      }
      if (this.#hasDragged) scroll.scrollTo(drag.left - x, drag.top - y);
    });
    for (const type of ["pointerup", "pointercancel"]) {
      scroll.addEventListener(type, () => {
        drag = null;
        scroll.classList.remove("dragged");
      });
    }
    scroll.addEventListener(
      "wheel",
      (event) => {
        if (!event.ctrlKey || !this.#drawing) return;
        event.preventDefault();
        this.#setSeatWidth(this.#seatWidth * Math.exp(-event.deltaY / 200), this.#point([event]));
      },
      { passive: false },
    );
    let pinch = null; // The distance of two fingers and the width of a seat when they touched.
    const distance = ([a, b]) => Math.hypot(a.clientX - b.clientX, a.clientY - b.clientY);
    scroll.addEventListener(
      "touchstart",
      ({ touches }) => {
        const isPinch = touches.length === 2 && this.#drawing;
        pinch = isPinch ? { distance: distance(touches) || 1, seatWidth: this.#seatWidth } : null;
      },
      { passive: true },
    );
    scroll.addEventListener(
      "touchmove",
      (event) => {
        if (!pinch || event.touches.length !== 2) return;
        event.preventDefault();
        this.#setSeatWidth((pinch.seatWidth * distance(event.touches)) / pinch.distance, this.#point([...event.touches]));
      },
      { passive: false },
    );
  }

  /** The point in the middle of some pointers, in the view. */
  #point(pointers) {
    const box = this.#scroll.getBoundingClientRect();
    const mean = (axis) => pointers.reduce((sum, pointer) => sum + pointer[axis], 0) / pointers.length;
    return [mean("clientX") - box.left, mean("clientY") - box.top];
  }
}
