/** Draws what is beside the seats of a hall: the screen with its light, and areas such as a stage. */

import { svg } from "./dom.js";
import { UNIT } from "./geometry.js";

const MIN_FONT_SIZE = 16;
// The greatest width of the screen and the greatest length of its light (units).
const MAX_SCREEN = 24 * UNIT;
const MAX_BEAM = 12 * UNIT;

let beamCount = 0;

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

/**
 * The screen, on the `front` side of a hall with this width and height. It has no `name` if an area is in front of the
 * seats, because that may be a stage. `gap` is additional space between the screen and the seats.
 */
export function screen(name, front, width, height, boxes, gap = 0) {
  const { place, length, start } = alongFront(front, width, height, gap);
  const path = `M${place(start, 1.6 * UNIT)} Q${place(length / 2, 2.6 * UNIT)} ${place(length - start, 1.6 * UNIT)}`;
  const turn = { left: -90, right: 90 }[front] ?? 0;
  const transform = `translate(${place(length / 2, 1.6 * UNIT)}) rotate(${turn})`;
  const drawn = svg("g", { class: "screen", "aria-hidden": "true" }, svg("path", { d: path }));
  if (!boxes.some((box) => isInFront(box, front, width, height))) {
    drawn.append(svg("text", { ...centered(0, 0), transform }, name));
  }
  return drawn;
}

/** The light that falls from the screen on the seats. */
export function beam(front, width, height, gap = 0) {
  const { place, length, depth, start } = alongFront(front, width, height, gap);
  const reach = Math.min(depth * 0.7, MAX_BEAM);
  const wide = UNIT;
  const edge = `M${place(start, 1.6 * UNIT)} Q${place(length / 2, 2.6 * UNIT)} ${place(length - start, 1.6 * UNIT)}`;
  const d = `${edge} L${place(length - start + wide, -reach - gap)} L${place(start - wide, -reach - gap)} Z`;
  const id = `seat-map-beam-${++beamCount}`;
  const [x1, y1, x2, y2] = { top: [0, 0, 0, 1], bottom: [0, 1, 0, 0], left: [0, 0, 1, 0], right: [1, 0, 0, 0] }[front];
  const stops = [svg("stop", { offset: 0, class: "beam-start" }), svg("stop", { offset: 1, class: "beam-end" })];
  const gradient = svg("linearGradient", { id, x1, y1, x2, y2 }, ...stops);
  const light = svg("path", { d, fill: `url(#${id})` });
  return svg("g", { class: "beam", "aria-hidden": "true" }, gradient, light, svg("path", { class: "glow", d: edge }));
}

/** Converts a place along the front, and its distance from the seats, to a place in the drawing. */
function alongFront(front, width, height, gap) {
  const [length, depth] = front === "left" || front === "right" ? [height, width] : [width, height];
  const place = {
    top: (along, distance) => [along, -distance - gap],
    bottom: (along, distance) => [along, height + distance + gap],
    left: (along, distance) => [-distance - gap, along],
    right: (along, distance) => [width + distance + gap, along],
  }[front];
  // A hall that is wide or small still has a screen of a usual width.
  const start = Math.min(0, length / 2 - UNIT) + Math.max(0, length / 2 - MAX_SCREEN / 2);
  return { place, length, depth, start };
}

function isInFront(box, front, width, height) {
  const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
  return { top: y < 0, bottom: y > height, left: x < 0, right: x > width }[front];
}

function centered(x, y) {
  return { x, y, "text-anchor": "middle", "dominant-baseline": "central" };
}
