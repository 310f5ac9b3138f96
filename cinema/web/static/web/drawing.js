/** The hall as SVG. A seat's status is a sign and a word as well as a colour. */

import { pitch, rowName } from "./hall.js";

const SVG = "http://www.w3.org/2000/svg";
// One seat and the gap to the next (units of the drawing).
export const UNIT = 40;
const BOX = 32;
// How round the corners are, by category: so these differ by more than their colour.
const CORNERS = [9, 2, 16, 5];
// Signs, drawn around 0, 0; no font need have them.
const SIGNS = {
  chosen: "M-8 0 L-2 6 L8 -6",
  taken: "M-6 -6 L6 6 M6 -6 L-6 6",
  held: "M-7 0 h0.1 M0 0 h0.1 M7 0 h0.1",
  blocked: "M-7 0 H7",
  mine: "M0 -9 L2.6 -3 L9 -2.6 L4 1.6 L5.6 8 L0 4.5 L-5.6 8 L-4 1.6 L-9 -2.6 L-2.6 -3 Z",
  accessible: "M-2 -10 h0.1 M-2 -5 V3 H4 L7 9 M-2 -1 H4 M-5 -1 A6 6 0 1 0 3 8",
};

export function svg(name, attributes = {}, ...children) {
  const element = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  element.append(...children);
  return element;
}

/** The outline of a seat of the category that is at this place in the hall's list. */
function outline(place = 0) {
  const rx = CORNERS[Math.max(place, 0) % CORNERS.length];
  return svg("rect", { class: "box", x: -BOX / 2, y: -BOX / 2, width: BOX, height: BOX, rx });
}

/** A sign by itself, for a legend. */
export function sign(name, color, place) {
  const box = outline(place);
  const drawn = svg("g", { class: `seat ${name}` }, box, svg("path", { class: "sign", d: SIGNS[name] ?? "" }));
  paint(drawn, color);
  return svg("svg", { viewBox: `${-UNIT / 2} ${-UNIT / 2} ${UNIT} ${UNIT}`, "aria-hidden": "true" }, drawn);
}

/** Draws rows of seats, of categories in this order; returns `{root, width, cells: Map(seat_number → element)}`, width in units. */
export function draw(rows, label, categories) {
  const seats = rows.flat();
  const scale = UNIT / pitch(rows);
  const [left, right] = ends(seats.map((seat) => seat.x));
  const [top, bottom] = ends(seats.map((seat) => seat.y));
  const [wide, high] = [scale * (right - left), scale * (bottom - top)];
  const at = (seat) => [scale * (seat.x - left), scale * (seat.y - top)];

  const cells = new Map();
  const root = svg("svg", {
    role: "grid",
    "aria-label": label,
    "aria-multiselectable": "true",
    viewBox: `${-1.5 * UNIT} ${-3 * UNIT} ${wide + 3 * UNIT} ${high + 4 * UNIT}`,
  });
  root.append(screen(wide));
  for (const row of rows) {
    const line = svg("g", { role: "row", "aria-label": `Row ${rowName(row[0])}` });
    for (const seat of row) {
      const [x, y] = at(seat);
      const cell = svg(
        "g",
        { role: "gridcell", tabindex: "-1", "data-seat": seat.seat_number, transform: `translate(${x} ${y})` },
        outline(categories.indexOf(seat.category)),
      );
      paint(cell, seat.color);
      cells.set(seat.seat_number, cell);
      line.append(cell);
    }
    root.append(line, ...rowNames(row, at));
  }
  return { root, width: wide + 3 * UNIT, cells };
}

/** Shows a state: one of the statuses, or `chosen` or `mine`. */
export function show(cell, seat, state) {
  cell.setAttribute("class", `seat ${state}`);
  const free = state === "available";
  const name = free && seat.accessible ? "accessible" : state;
  const inside =
    free && !seat.accessible
      ? svg("text", { "text-anchor": "middle", "dominant-baseline": "central" }, String(seat.column))
      : svg("path", { class: "sign", d: SIGNS[name] });
  cell.replaceChildren(cell.firstChild, inside);
}

function ends(numbers) {
  return numbers.length ? [Math.min(...numbers), Math.max(...numbers)] : [0, 0];
}

function screen(width) {
  const y = -1.6 * UNIT;
  const bend = 0.5 * UNIT;
  const start = Math.min(0, width / 2 - UNIT);
  return svg(
    "g",
    { class: "screen", "aria-hidden": "true" },
    svg("path", { d: `M${start} ${y} Q${width / 2} ${y - 2 * bend} ${width - start} ${y}` }),
    svg("text", { x: width / 2, y: y - 0.05 * UNIT, "text-anchor": "middle" }, "Screen"),
  );
}

function rowNames(row, at) {
  const places = row.map(at);
  const ends = [
    [Math.min(...places.map(([x]) => x)) - UNIT, places[0][1]],
    [Math.max(...places.map(([x]) => x)) + UNIT, places.at(-1)[1]],
  ];
  return ends.map(([x, y]) =>
    svg(
      "text",
      { class: "row-name", x, y, "text-anchor": "middle", "dominant-baseline": "central", "aria-hidden": "true" },
      row[0].row,
    ),
  );
}

function paint(element, color) {
  if (!color) return;
  element.style.setProperty("--seat-color", color);
  element.style.setProperty("--seat-ink", readableOn(color));
}

const inks = new Map();

/** Black or white, whichever reads better on a colour (WCAG's relative luminance). */
function readableOn(color) {
  if (!inks.has(color)) {
    const probe = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
    probe.fillStyle = color;
    probe.fillRect(0, 0, 1, 1);
    const [r, g, b] = [...probe.getImageData(0, 0, 1, 1).data].map((channel) => {
      const c = channel / 255;
      return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
    });
    const luminance = 0.2126 * r + 0.7152 * g + 0.0722 * b;
    inks.set(color, luminance > 0.179 ? "#000" : "#fff");
  }
  return inks.get(color);
}
