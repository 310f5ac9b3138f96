/** Icons: strokes on a field of 24 by 24. They repeat a word beside them, so screen readers skip them. */

import { svg } from "./dom.js";

const PATHS = {
  back: "M14 5l-7 7l7 7",
  calendar: "M4 6h16v14H4zM4 10.5h16M8 3v4M16 3v4M12 13v4M10 15h4",
  cancel: "M6 6l12 12M18 6L6 18",
  check: "M4 12.5l5.5 5.5L20 6.5",
  clock: "M12 3a9 9 0 1 0 0 18a9 9 0 0 0 0-18M12 7v5l3.5 2",
  lamp: "M9 18h6M10 21h4M12 3a6 6 0 0 0-3.5 11c.5.5.5 1 .5 2h6c0-1 0-1.5.5-2A6 6 0 0 0 12 3",
  move: "M4 9h14l-4-4M20 15H6l4 4",
  print: "M7 9V3h10v6M7 17H4V9h16v8h-3M7 14h10v7H7z",
  search: "M10.5 4a6.5 6.5 0 1 0 0 13a6.5 6.5 0 0 0 0-13M15.5 15.5L21 21",
  star: "M12 3.5l2.6 5.6l6 .7l-4.5 4.1l1.2 6L12 16.9L6.7 19.9l1.2-6L3.4 9.8l6-.7z",
  user: "M12 4a4 4 0 1 0 0 8a4 4 0 0 0 0-8M4 21c1-5 4-6 8-6s7 1 8 6",
};

export function icon(name) {
  return svg("svg", { class: "icon-line", viewBox: "0 0 24 24", "aria-hidden": "true" }, svg("path", { d: PATHS[name] }));
}
