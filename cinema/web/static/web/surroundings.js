/** Draws what is beside the seats of a hall: the screen, areas such as a stage, and the names of zones. */

import { svg } from "./dom.js";
import { UNIT } from "./geometry.js";

const MIN_FONT_SIZE = 16;

/** The areas of a layout as boxes in units of the drawing. */
export function areaBoxes(areas, position, scale) {
  return areas.map((area) => {
    const [x, y] = position(area);
    return { text: area.text, x, y, width: scale * area.width, height: scale * area.height };
  });
}

export function areas(boxes) {
  return boxes.map(({ text, x, y, width, height }) => {
    const fitting = Math.min(height / 2, (1.5 * width) / text.length, 2 * UNIT);
    return svg(
      "g",
      { class: "area", "aria-hidden": "true" },
      svg("rect", { x, y, width, height, rx: 4 }),
      svg("text", { ...centered(x + width / 2, y + height / 2), "font-size": Math.max(fitting, MIN_FONT_SIZE) }, text),
    );
  });
}

/** The names of the zones above their first seats. A hall with one zone needs none. */
export function zoneNames(zones, position) {
  if (zones.length < 2) return [];
  return zones.map((zone) => {
    const [x, y] = position(zone);
    return svg("text", { class: "zone-name", x: x - UNIT / 2, y: y - 0.7 * UNIT, "aria-hidden": "true" }, zone.name);
  });
}

/**
 * The screen, on the `front` side of a hall with this width and height. It has no text if an area is in front of the
 * seats, because that may be a stage.
 */
export function screen(front, width, height, boxes) {
  const length = front === "left" || front === "right" ? height : width;
  // Converts a place along the front, and its distance from the seats, to a place in the drawing.
  const place = {
    top: (along, distance) => [along, -distance],
    bottom: (along, distance) => [along, height + distance],
    left: (along, distance) => [-distance, along],
    right: (along, distance) => [width + distance, along],
  }[front];
  const start = Math.min(0, length / 2 - UNIT);
  const path = `M${place(start, 1.6 * UNIT)} Q${place(length / 2, 2.6 * UNIT)} ${place(length - start, 1.6 * UNIT)}`;
  const turn = { left: -90, right: 90 }[front] ?? 0;
  const transform = `translate(${place(length / 2, 1.75 * UNIT)}) rotate(${turn})`;
  const drawn = svg("g", { class: "screen", "aria-hidden": "true" }, svg("path", { d: path }));
  if (!boxes.some((box) => isInFront(box, front, width, height))) {
    drawn.append(svg("text", { ...centered(0, 0), transform }, "Screen"));
  }
  return drawn;
}

function isInFront(box, front, width, height) {
  const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
  return { top: y < 0, bottom: y > height, left: x < 0, right: x > width }[front];
}

function centered(x, y) {
  return { x, y, "text-anchor": "middle", "dominant-baseline": "central" };
}
