/** A small picture of a large hall, which shows the part in view and moves there. */

import { h } from "./dom.js";
import { UNIT } from "./geometry.js";

const REDRAW_DELAY_MS = 150;

export class MiniMap {
  #canvas = h("canvas");
  #view = h("div", { class: "seat-map-mini-view" });
  #hall = h("div", { class: "seat-map-mini-hall" }, this.#canvas, this.#view);
  element = h("div", { class: "seat-map-mini", "aria-hidden": "true" }, this.#hall);
  #drawing;
  #stateOf;
  #timer = 0;

  /** `stateOf(number)` returns the state of a seat. Calls `onMove(x, y)` with a place in units. */
  constructor(drawing, stateOf, onMove) {
    this.#drawing = drawing;
    this.#stateOf = stateOf;
    const move = (event) => {
      if (event.type === "pointermove" && !event.buttons) return;
      const box = this.#canvas.getBoundingClientRect();
      const [x, y] = [(event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height];
      onMove(x * drawing.width, y * drawing.height);
    };
    this.element.addEventListener("pointerdown", move);
    this.element.addEventListener("pointermove", move);
    // The style sheet makes each change of a color a transition, such as the page's change to dark colors.
    this.element.addEventListener("transitionend", () => this.update());
    this.#canvas.style.aspectRatio = `${drawing.width} / ${drawing.height}`;
  }

  toggle(isShown) {
    // A hidden picture has not been drawn.
    if (isShown && this.element.hidden) this.update();
    this.element.hidden = !isShown;
  }

  /** Shows which part is in view, a box in units. */
  follow({ left, top, right, bottom }) {
    const { width, height } = this.#drawing;
    const [x1, x2] = [left, right].map((x) => (100 * Math.min(Math.max(x, 0), width)) / width);
    const [y1, y2] = [top, bottom].map((y) => (100 * Math.min(Math.max(y, 0), height)) / height);
    Object.assign(this.#view.style, { left: `${x1}%`, top: `${y1}%`, width: `${x2 - x1}%`, height: `${y2 - y1}%` });
  }

  /** Draws the seats again, together with others that change now. */
  update() {
    if (!this.#timer) this.#timer = setTimeout(() => this.#draw(), REDRAW_DELAY_MS);
  }

  close() {
    clearTimeout(this.#timer);
  }

  #draw() {
    this.#timer = 0;
    const { clientWidth, clientHeight } = this.#canvas;
    if (!clientWidth) return;
    const scale = devicePixelRatio || 1;
    [this.#canvas.width, this.#canvas.height] = [clientWidth * scale, clientHeight * scale];
    const context = this.#canvas.getContext("2d");
    context.scale(this.#canvas.width / this.#drawing.width, this.#canvas.height / this.#drawing.height);
    // The style sheet sets these properties to the colors of the map.
    const { color: gone, outlineColor: own, caretColor: plain } = getComputedStyle(this.element);
    const chosen = [];
    for (const row of this.#drawing.rows) {
      for (const { seat, x, y } of row) {
        const state = this.#stateOf(seat.seat_number);
        if (state === "chosen" || state === "mine") chosen.push([x, y]);
        context.fillStyle = state === "available" ? (seat.color ?? plain) : gone;
        context.fillRect(x - 0.42 * UNIT, y - 0.42 * UNIT, 0.84 * UNIT, 0.84 * UNIT);
      }
    }
    context.fillStyle = own;
    for (const [x, y] of chosen) context.fillRect(x - UNIT, y - UNIT, 2 * UNIT, 2 * UNIT);
  }
}
