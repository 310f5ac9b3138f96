/** Draws a hall as SVG. Each state of a seat has an icon and a name, so that nobody depends on colors. */

import { svg } from "./dom.js";
import { UNIT, fullRowName, seatName } from "./geometry.js";
import { areaBoxes, areas, screen, zoneNames } from "./surroundings.js";

const SEAT_WIDTH = 32;
const MAX_DRAWN_NAME_LENGTH = 4;
// Corner radius by category, so that categories differ by more than color.
const CORNER_RADII = [9, 2, 16, 5];
// Path data, centered on 0, 0. Characters would depend on the visitor's fonts.
const ICONS = {
  chosen: "M-8 0 L-2 6 L8 -6",
  taken: "M-6 -6 L6 6 M6 -6 L-6 6",
  held: "M-7 0 h0.1 M0 0 h0.1 M7 0 h0.1",
  blocked: "M-7 0 H7",
  mine: "M0 -9 L2.6 -3 L9 -2.6 L4 1.6 L5.6 8 L0 4.5 L-5.6 8 L-4 1.6 L-9 -2.6 L-2.6 -3 Z",
  accessible: "M-2 -10 h0.1 M-2 -5 V3 H4 L7 9 M-2 -1 H4 M-5 -1 A6 6 0 1 0 3 8",
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
 * Draws rows of seats as an ARIA grid. `layout` is that of the API's seat map. During an upgrade, nodes of an earlier
 * release send only its `categories`.
 *
 * Returns `{root, width, cells, fraction}`: the SVG element, its width in units, a map from seat numbers to elements,
 * and a function that says where a seat is between the left edge (0) and the right edge (1) of the drawing.
 */
export function drawHall(rows, label, layout) {
  const { front = "top", areas: places = [], zones = [], pitch = firstDistance(rows) } = layout;
  const seats = rows.flat();
  const categories = layout.categories.map(({ name }) => name);
  const scale = UNIT / pitch;
  const [left, right] = range(seats.map((seat) => seat.x));
  const [top, bottom] = range(seats.map((seat) => seat.y));
  const [width, height] = [scale * (right - left), scale * (bottom - top)];
  const position = (place) => [scale * (place.x - left), scale * (place.y - top)];

  // Space for row names on the sides, and for the screen at the front.
  const space = { left: 1.5, right: 1.5, top: 1, bottom: 1, [front]: 3 };
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
  const drawnWidth = drawnRight - drawnLeft;
  const fraction = (seat) => (position(seat)[0] - drawnLeft) / drawnWidth;

  const cells = new Map();
  const root = svg("svg", {
    role: "grid",
    "aria-label": label,
    "aria-multiselectable": "true",
    viewBox: `${drawnLeft} ${drawnTop} ${drawnWidth} ${drawnBottom - drawnTop}`,
  });
  root.append(screen(front, width, height, boxes), ...areas(boxes), ...zoneNames(zones, position));
  for (const row of rows) {
    const rowElement = svg("g", { role: "row", "aria-label": `Row ${fullRowName(row)}` });
    for (const seat of row) {
      const [x, y] = position(seat);
      const cell = svg(
        "g",
        { role: "gridcell", tabindex: "-1", "data-seat": seat.seat_number, transform: `translate(${x} ${y})` },
        seatShape(categories.indexOf(seat.category)),
      );
      setColor(cell, seat.color);
      cells.set(seat.seat_number, cell);
      rowElement.append(cell);
    }
    root.append(rowElement, ...rowNames(row, position));
  }
  return { root, width: drawnWidth, cells, fraction };
}

/** Shows a seat's state in its cell: `available`, `held`, `taken`, `blocked`, `chosen` or `mine`. */
export function showState(cell, seat, state) {
  cell.setAttribute("class", `seat ${state}`);
  const isAvailable = state === "available";
  const name = seatName(seat);
  const content =
    isAvailable && !seat.accessible
      ? svg(
          "text",
          { "text-anchor": "middle", "dominant-baseline": "central" },
          // A longer name would not fit. Screen readers read it.
          name.length > MAX_DRAWN_NAME_LENGTH ? String(seat.column) : name,
        )
      : svg("path", { class: "icon", d: ICONS[isAvailable ? "accessible" : state] });
  cell.replaceChildren(cell.firstChild, content);
}

function range(numbers) {
  return numbers.length ? [Math.min(...numbers), Math.max(...numbers)] : [0, 0];
}

/** The distance of the first two neighbors in a row; 1 if no seat has a neighbor. */
function firstDistance(rows) {
  const [first, second] = rows.find((row) => row.length > 1) ?? [];
  return (first && Math.hypot(second.x - first.x, second.y - first.y)) || 1;
}

/** The name of a row, at both of its ends. */
function rowNames(row, position) {
  const positions = row.map(position);
  const ends = [
    [Math.min(...positions.map(([x]) => x)) - UNIT, positions[0][1]],
    [Math.max(...positions.map(([x]) => x)) + UNIT, positions.at(-1)[1]],
  ];
  return ends.map(([x, y]) =>
    svg(
      "text",
      { class: "row-name", x, y, "text-anchor": "middle", "dominant-baseline": "central", "aria-hidden": "true" },
      row[0].row,
    ),
  );
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
