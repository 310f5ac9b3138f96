/** Draws a hall as SVG. Each state of a seat has an icon and a name, so that nobody depends on colors. */

import { svg } from "./dom.js";
import { UNIT, fullRowName, seatName } from "./geometry.js";
import { Overview } from "./overview.js";
import { areaBoxes, areas, beam, screen } from "./surroundings.js";

const SEAT_WIDTH = 34;
const MAX_DRAWN_NAME_LENGTH = 4;
// The document has all seats of smaller halls. Of larger ones it has those in view: more would be slow on a phone.
const MAX_CELLS = 2000;
// How far outside of the view seats are drawn, in units.
const MARGIN = 3 * UNIT;
// Space between the screen and the seats for the name of a zone, in units.
const ZONE_NAME_SPACE = 0.8 * UNIT;
// Corner radius by category, so that categories differ by more than color.
const CORNER_RADII = [8, 3, 14, 0];
// Path data, centered on 0, 0. Characters would depend on the visitor's fonts.
const ICONS = {
  chosen: "M-8 0.5 L-2.5 6.5 L8.5 -6",
  taken: "M0 0 h0.1",
  held: "M-6 -7 H6 L-6 7 H6 Z",
  blocked: "M-10 10 L10 -10",
  mine: "M0 -9 L2.6 -3 L9 -2.6 L4 1.6 L5.6 8 L0 4.5 L-5.6 8 L-4 1.6 L-9 -2.6 L-2.6 -3 Z",
  companion: "M0 -9.5 a3.6 3.6 0 1 0 0.1 0 M-7 9.5 c0.6 -6 3.2 -8 7 -8 s6.4 2 7 8",
  accessible: "M-2.5 -10.5 h0.1 M-2.5 -6 V2.5 H4 L7.5 9.5 M-2.5 -2 H3.5 M-5.5 -2 A6.3 6.3 0 1 0 3.5 8",
};

/** The shape of a seat; `categoryIndex` is the position of its category in the hall's list, -1 if it has none. */
function seatShape(categoryIndex = 0) {
  const rx = CORNER_RADII[Math.max(categoryIndex, 0) % CORNER_RADII.length];
  return svg("rect", { class: "box", x: -SEAT_WIDTH / 2, y: -SEAT_WIDTH / 2, width: SEAT_WIDTH, height: SEAT_WIDTH, rx });
}

/** A seat in the given state, for the legend. */
export function legendIcon(state, color, categoryIndex) {
  const icon = svg("path", { class: "icon", d: ICONS[state] ?? "" });
  const seat = svg("g", { class: `seat ${state}` }, seatShape(categoryIndex), icon);
  setColor(seat, color);
  return svg("svg", { viewBox: `${-UNIT / 2} ${-UNIT / 2} ${UNIT} ${UNIT}`, "aria-hidden": "true" }, seat);
}

/**
 * A hall as an ARIA grid. `layout` is that of the API's seat map. During an upgrade, nodes of an earlier release send
 * only its `categories`.
 *
 * `stateOf(number)` returns the state of a seat: `available`, `held`, `taken`, `blocked`, `chosen` or `mine`.
 * `describe(number)` returns the ARIA attributes of its cell.
 * `text(key, values)` returns words.
 */
export class Drawing {
  /** The SVG element, and its size in units. */
  root;
  width;
  height;
  /** Whether the document has only the cells in view. */
  isLarge;
  /** `top`, `bottom`, `left` or `right`, and whether a stage or another area is there. */
  front;
  hasAreaInFront;
  /** Rows of `{seat, x, y}` in units, from the upper left corner of the drawing. */
  rows;
  /** The named zones, `{name, x, y}` in units: the upper left seat of each. */
  zones;
  /** The number of the seat that stays in the document, because it is the tab stop. */
  tabStop;
  #categories;
  #stateOf;
  #describe;
  #group = svg("g", { role: "rowgroup" });
  #rowElements;
  #places = new Map(); // Seat number → {seat, x, y, row}, `row` being the position of its row.
  #cells = new Map(); // Seat number → element, if it is in the document.
  #sofas = new Map(); // Seat number → elements.
  #overview = null;

  constructor(rows, label, layout, { stateOf, describe, text }) {
    this.#stateOf = stateOf;
    this.#describe = describe;
    this.#categories = layout.categories.map(({ name }) => name);
    this.front = layout.front ?? "top";
    const position = this.#measure(rows, layout);
    this.isLarge = this.#places.size > MAX_CELLS;
    this.root = svg("svg", {
      role: "grid",
      "aria-label": label,
      "aria-multiselectable": "true",
      viewBox: `0 0 ${this.width} ${this.height}`,
    });
    const [left, top] = position.origin;
    const boxes = areaBoxes(layout.areas ?? [], position, position.scale);
    const gap = this.zones.length ? ZONE_NAME_SPACE : 0;
    const drawnScreen = screen(text("map.screen"), this.front, position.width, position.height, boxes, gap);
    this.hasAreaInFront = !drawnScreen.querySelector("text");
    const light = this.hasAreaInFront ? "" : beam(this.front, position.width, position.height, gap);
    const surroundings = svg("g", { transform: `translate(${-left} ${-top})` }, light, drawnScreen, ...areas(boxes));
    this.root.append(surroundings, ...this.#drawSofas());
    if (this.isLarge) {
      this.#overview = new Overview(this.rows, (seat) => [this.#stateOf(seat.seat_number), seat.color]);
      this.root.append(this.#overview.element);
      this.root.setAttribute("aria-rowcount", rows.length);
      this.root.setAttribute("aria-colcount", Math.max(...rows.map((row) => row.length)));
    }
    this.root.append(this.#group);
    this.#rowElements = rows.map((row, index) =>
      svg("g", {
        role: "row",
        "aria-label": text("map.row", { row: fullRowName(row) }),
        ...(this.isLarge && { "aria-rowindex": index + 1 }),
      }),
    );
    if (!this.isLarge) this.#showWhere(() => true);
  }

  /** Where a seat is, `{seat, x, y, row}` in units, `row` being the position of its row. */
  place(number) {
    return this.#places.get(number);
  }

  /** The cell of a seat. It is drawn if it was out of view. */
  cell(number) {
    if (!this.#cells.has(number) && this.#places.has(number)) {
      this.#showWhere((place) => this.#cells.has(place.seat.seat_number) || place.seat.seat_number === number);
    }
    return this.#cells.get(number);
  }

  /** Draws the cells within a box in units, `{left, top, right, bottom}`; without it, the overview is enough. */
  show(box) {
    if (!this.isLarge) return;
    const [left, top, right, bottom] = box
      ? [box.left - MARGIN, box.top - MARGIN, box.right + MARGIN, box.bottom + MARGIN]
      : [0, 0, 0, 0];
    this.#showWhere(({ x, y }) => x >= left && x <= right && y >= top && y <= bottom);
  }

  /** Shows the state of a seat, if the hall has it. */
  update(number) {
    const place = this.#places.get(number);
    if (!place) return;
    const cell = this.#cells.get(number);
    const state = this.#stateOf(number);
    if (cell) this.#paint(cell, place.seat, state);
    this.#overview?.update(place.row);
    this.#sofas.get(number)?.forEach((part) => part.setAttribute("class", `${part.dataset.part} ${state}`));
  }

  updateAll() {
    for (const number of this.#places.keys()) this.update(number);
  }

  /** Finds the places of the seats, and the size of the drawing. Returns a function from the plan's places to units. */
  #measure(rows, layout) {
    const { areas: places = [], zones = [], pitch = firstDistance(rows) } = layout;
    const seats = rows.flat();
    const scale = UNIT / pitch;
    const [left, right] = range(seats.map((seat) => seat.x));
    const [top, bottom] = range(seats.map((seat) => seat.y));
    const [width, height] = [scale * (right - left), scale * (bottom - top)];
    const position = (place) => [scale * (place.x - left), scale * (place.y - top)];
    // Space for row names on the sides, and for the screen at the front.
    const space = { left: 1.6, right: 1.6, top: 1.6, bottom: 1.6, [this.front]: zones.length < 2 ? 3.4 : 4.2 };
    const boxes = areaBoxes(places, position, scale);
    const [drawnLeft, drawnRight] = range([
      -space.left * UNIT,
      width + space.right * UNIT,
      ...boxes.flatMap(({ x, width: boxWidth }) => [x - UNIT / 2, x + boxWidth + UNIT / 2]),
    ]);
    const [drawnTop, drawnBottom] = range([
      -space.top * UNIT,
      height + space.bottom * UNIT,
      ...boxes.flatMap(({ y, height: boxHeight }) => [y - UNIT / 2, y + boxHeight + UNIT / 2]),
    ]);
    [this.width, this.height] = [drawnRight - drawnLeft, drawnBottom - drawnTop];
    const placed = (place) => {
      const [x, y] = position(place);
      return { x: x - drawnLeft, y: y - drawnTop };
    };
    this.rows = rows.map((row, index) =>
      row.map((seat) => {
        const place = { seat, row: index, ...placed(seat) };
        this.#places.set(seat.seat_number, place);
        return place;
      }),
    );
    // A hall with one zone needs no name for it.
    this.zones = zones.length < 2 ? [] : zones.map((zone) => ({ name: zone.name, ...placed(zone) }));
    return Object.assign(position, { width, height, scale, origin: [drawnLeft, drawnTop] });
  }

  /** Brings the cells in the document in line with a condition, in the order of their rows. */
  #showWhere(isShown) {
    let nextRow = this.#group.firstChild;
    this.rows.forEach((row, index) => {
      const element = this.#rowElements[index];
      let next = element.firstChild;
      for (const place of row) {
        const number = place.seat.seat_number;
        const cell = this.#cells.get(number);
        if (number === this.tabStop || isShown(place)) {
          if (cell) next = cell.nextSibling;
          else element.insertBefore(this.#create(place), next);
        } else if (cell) {
          next = cell.nextSibling;
          cell.remove();
          this.#cells.delete(number);
        }
      }
      if (!element.firstChild) {
        if (element === nextRow) nextRow = element.nextSibling;
        element.remove();
      } else if (element === nextRow) {
        nextRow = element.nextSibling;
      } else {
        this.#group.insertBefore(element, nextRow);
      }
    });
  }

  #create({ seat, x, y, row }) {
    const number = seat.seat_number;
    const cell = svg(
      "g",
      {
        role: "gridcell",
        tabindex: number === this.tabStop ? "0" : "-1",
        "data-seat": number,
        transform: `translate(${x} ${y})`,
      },
      seatShape(this.#categories.indexOf(seat.category)),
    );
    if (this.isLarge) cell.setAttribute("aria-colindex", this.rows[row].findIndex((place) => place.seat === seat) + 1);
    setColor(cell, seat.color);
    this.#cells.set(number, cell);
    this.#paint(cell, seat, this.#stateOf(number));
    return cell;
  }

  #paint(cell, seat, state) {
    showState(cell, seat, state);
    for (const [name, value] of Object.entries(this.#describe(seat.seat_number))) {
      if (value === null) cell.removeAttribute(name);
      else cell.setAttribute(name, value);
    }
  }

  /** The seat and the back that join the two halves of each sofa. */
  #drawSofas() {
    const places = [...this.#places.values()];
    const halves = places.filter(({ seat }) => seat.pair > seat.seat_number && this.#places.has(seat.pair));
    return halves.flatMap(({ seat, x, y }) => {
      const other = this.#places.get(seat.pair);
      const distance = Math.hypot(other.x - x, other.y - y) || 1;
      // A quarter turn from the direction of the sofa, which points away from the screen in most halls.
      const [awayX, awayY] = [(-(other.y - y) / distance) * Math.sign(other.x - x || 1), Math.abs(other.x - x) / distance];
      const back = SEAT_WIDTH / 2 + 3;
      const line = (part, dx, dy) =>
        svg("line", {
          class: `${part} ${this.#stateOf(seat.seat_number)}`,
          "data-part": part,
          "aria-hidden": "true",
          x1: x + dx,
          y1: y + dy,
          x2: other.x + dx,
          y2: other.y + dy,
        });
      const parts = [line("sofa", 0, 0), line("sofa-back", back * awayX, back * awayY)];
      for (const part of parts) setColor(part, seat.color);
      for (const half of [seat, other.seat]) this.#sofas.set(half.seat_number, parts);
      return parts;
    });
  }
}

/** Shows a seat's state in its cell. */
function showState(cell, seat, state) {
  cell.setAttribute("class", `seat ${state}`);
  const kept = seat.accessible ? "accessible" : seat.companion && "companion";
  const name = seatName(seat);
  const content =
    state === "available" && !kept
      ? svg(
          "text",
          { "text-anchor": "middle", "dominant-baseline": "central" },
          // A longer name would not fit. Screen readers read it.
          name.length > MAX_DRAWN_NAME_LENGTH ? String(seat.column) : name,
        )
      : svg("path", { class: "icon", d: ICONS[state === "available" ? kept : state] });
  cell.replaceChildren(cell.firstChild, content);
}

function range(numbers) {
  let [min, max] = numbers.length ? [Infinity, -Infinity] : [0, 0];
  for (const number of numbers) [min, max] = [Math.min(min, number), Math.max(max, number)];
  return [min, max];
}

/** The distance of the first two neighbors in a row; 1 if no seat has a neighbor. */
function firstDistance(rows) {
  const [first, second] = rows.find((row) => row.length > 1) ?? [];
  return (first && Math.hypot(second.x - first.x, second.y - first.y)) || 1;
}

function setColor(element, color) {
  if (!color) return;
  element.style.setProperty("--seat-color", color);
  element.style.setProperty("--seat-ink", contrastColor(color));
}

const contrastColors = new Map();

/** Black or white, whichever has the higher contrast with a color (by relative luminance, WCAG 2). */
function contrastColor(color) {
  if (!contrastColors.has(color)) {
    // A canvas converts any CSS color to its RGB channels.
    const context = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
    context.fillStyle = color;
    context.fillRect(0, 0, 1, 1);
    const [r, g, b] = [...context.getImageData(0, 0, 1, 1).data].map((channel) => {
      const c = channel / 255;
      return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
    });
    const luminance = 0.2126 * r + 0.7152 * g + 0.0722 * b;
    contrastColors.set(color, luminance > 0.179 ? "#000" : "#fff");
  }
  return contrastColors.get(color);
}
