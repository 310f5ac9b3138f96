/** The names of rows and zones over a drawing. They stay in view while the hall moves. */

import { h } from "./dom.js";
import { UNIT } from "./geometry.js";

// Rows that are bent by less need no change when the hall moves (units).
const MAX_BEND = 0.2 * UNIT;

export class HallLabels {
  element;
  #drawing;
  #rows;

  constructor(drawing) {
    this.#drawing = drawing;
    this.#rows = drawing.rows.filter((row) => row.length).map((row) => this.#row(row));
    this.element = h(
      "div",
      { class: "seat-map-labels", "aria-hidden": "true" },
      this.#rows.some(({ isUpright }) => !isUpright) && ["left", "right"].map(rail),
      this.#rows.some(({ isUpright }) => isUpright) && ["top", "bottom"].map(rail),
      this.#rows.flatMap(({ bands }) => bands),
      drawing.zones.map((zone) => this.#zone(zone)),
    );
  }

  /** Keeps the names of bent rows level with their first and last seat in view, a box in units. */
  follow({ left, top, right, bottom }) {
    for (const { isUpright, seats, bands, isBent } of this.#rows) {
      if (!isBent) continue;
      const [from, to, along] = isUpright ? [top, bottom, "y"] : [left, right, "x"];
      this.#place(bands[0], seats.find((seat) => seat[along] >= from) ?? seats.at(-1), isUpright);
      this.#place(bands[1], seats.findLast((seat) => seat[along] <= to) ?? seats[0], isUpright);
    }
  }

  /** Marks the rows at these positions, and no others. */
  mark(positions) {
    this.#rows.forEach(({ bands }, index) => {
      for (const band of bands) band.firstChild.classList.toggle("here", positions.has(index));
    });
  }

  /** The two names of a row. Each is in a band along the row, at whose ends it sticks to the edge of the view. */
  #row(row) {
    const [left, right] = extent(row.map(({ x }) => x));
    const [top, bottom] = extent(row.map(({ y }) => y));
    const isUpright = bottom - top > right - left;
    const along = isUpright ? "y" : "x";
    const seats = [...row].sort((a, b) => a[along] - b[along]);
    const bands = ["start", "end"].map((side) => {
      const name = h("span", { class: "row-name" }, row[0].seat.row);
      const band = h("div", { class: `row-band ${side}${isUpright ? " upright" : ""}` }, name);
      const start = (isUpright ? top : left) - 1.5 * UNIT;
      const end = (isUpright ? bottom : right) + 1.5 * UNIT;
      const size = isUpright ? this.#drawing.height : this.#drawing.width;
      band.style[isUpright ? "top" : "left"] = percent(start, size);
      band.style[isUpright ? "height" : "width"] = percent(end - start, size);
      return band;
    });
    this.#place(bands[0], seats[0], isUpright);
    this.#place(bands[1], seats.at(-1), isUpright);
    return { isUpright, seats, bands, isBent: Math.min(right - left, bottom - top) > MAX_BEND };
  }

  #place(band, seat, isUpright) {
    if (isUpright) band.style.left = percent(seat.x, this.#drawing.width);
    else band.style.top = percent(seat.y, this.#drawing.height);
  }

  /** The name of a zone, which sticks to the upper edge of the view as long as the zone is there. */
  #zone(zone) {
    const { width, height, zones } = this.#drawing;
    const below = zones.filter((other) => other.y > zone.y + UNIT).map((other) => other.y - 1.5 * UNIT);
    const isBeside = (other) => other.x > zone.x + UNIT && Math.abs(other.y - zone.y) < UNIT;
    const beside = zones.filter(isBeside).map((other) => other.x - UNIT);
    const [top, bottom] = [zone.y - 1.4 * UNIT, Math.min(height, ...below)];
    const [left, right] = [zone.x - UNIT / 2, Math.min(width - UNIT, ...beside)];
    const strip = h("div", { class: "zone-strip" }, h("span", { class: "zone-name" }, zone.name));
    Object.assign(strip.style, {
      left: percent(left, width),
      width: percent(right - left, width),
      top: percent(top, height),
      height: percent(bottom - top, height),
    });
    return strip;
  }
}

/** The ground of the names that stick to one edge of the view. */
function rail(side) {
  return h("div", { class: `row-rail ${side}` }, h("div"));
}

function extent(numbers) {
  return [Math.min(...numbers), Math.max(...numbers)];
}

function percent(part, whole) {
  return `${(100 * part) / whole}%`;
}
