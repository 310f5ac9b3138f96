/** The seats of a large hall as a few paths: all that there is to see from afar, and on paper. */

import { svg } from "./dom.js";

// The width of a square for a seat that is available or the visitor's own, and for any other (units). The cells of round
// seats cover them.
const WIDTH = 26;
const GONE_WIDTH = 12;
const OWN_STATES = ["available", "chosen", "mine"];

export class Overview {
  element = svg("g", { class: "overview", "aria-hidden": "true" });
  #rows;
  #look;
  #groups;
  #changed = new Set();

  /** `rows` are those of a `Drawing`; `look(seat)` returns the state of a seat and its color. */
  constructor(rows, look) {
    this.#rows = rows;
    this.#look = look;
    this.#groups = rows.map(() => svg("g"));
    this.element.append(...this.#groups);
    rows.forEach((_, index) => this.update(index));
  }

  /** Draws a row again, together with others that change now. */
  update(index) {
    if (!this.#changed.size) queueMicrotask(() => this.#draw());
    this.#changed.add(index);
  }

  #draw() {
    for (const index of this.#changed) {
      const paths = new Map(); // State and color → path data.
      for (const { seat, x, y } of this.#rows[index]) {
        const [state, color] = this.#look(seat);
        const key = OWN_STATES.includes(state) ? `${state} ${color ?? ""}` : "gone ";
        const width = key === "gone " ? GONE_WIDTH : WIDTH;
        const square = `M${x - width / 2} ${y - width / 2}h${width}v${width}h${-width}z`;
        paths.set(key, (paths.get(key) ?? "") + square);
      }
      this.#groups[index].replaceChildren(...[...paths].map(([key, d]) => path(key, d)));
    }
    this.#changed.clear();
  }
}

function path(key, d) {
  const [state, ...color] = key.split(" ");
  const drawn = svg("path", { class: state, d });
  drawn.style.setProperty("--seat-color", color.join(" ") || "initial");
  return drawn;
}
