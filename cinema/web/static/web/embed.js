/** The live example in the documentation of the embedded seat map: the visitor changes its options and sees its events. */

import { getPage } from "./api.js";
import { h } from "./dom.js";
import { formatDateTime } from "./format.js";
import "./seat-map-element.js";
import { EVENTS } from "./seat-map.js";
import { text } from "./words.js";

const MAX_EVENTS = 50;
const SELECTABLE = { all: null, even: (seat) => seat.column % 2 === 0 };

const hall = document.querySelector("cinema-seat-map");
const form = document.querySelector("#options");
const message = document.querySelector("#message");
const events = document.querySelector("#events ol");

for (const name of EVENTS) {
  hall.addEventListener(`seat-map-${name}`, ({ type, detail }) => {
    const shown = detail?.seat?.label ?? (detail && JSON.stringify(detail));
    events.prepend(h("li", {}, h("code", {}, [type, shown].filter(Boolean).join(" "))));
    if (events.children.length > MAX_EVENTS) events.lastChild.remove();
  });
}

/** Sets the options of the map, and shows them as HTML. */
function apply() {
  hall.base = location.origin;
  for (const name of ["show", "most", "language", "theme"]) hall[name] = form.elements[name].value || null;
  if (hall.theme === "auto") hall.theme = null;
  const selectable = SELECTABLE[form.elements.selectable.value];
  if (selectable !== hall.selectable) hall.selectable = selectable;
  const attributes = [...hall.attributes].map(({ name, value }) => ` ${name}="${value}"`).join("");
  document.querySelector("#html").textContent =
    `<script type="module" src="${new URL("seat-map-element.js", import.meta.url)}"></script>\n` +
    `<cinema-seat-map${attributes}></cinema-seat-map>`;
}

for (const origin of document.querySelectorAll(".origin")) origin.textContent = location.origin;
form.addEventListener("change", apply);
form.addEventListener("submit", (event) => event.preventDefault());

try {
  const { results } = await getPage("/shows/?upcoming=true&page_size=50");
  form.elements.show.replaceChildren(
    ...results.map(({ id, movie_title, date_time }) =>
      h("option", { value: id, dir: "auto" }, `${movie_title}, ${formatDateTime(date_time)}`),
    ),
  );
  if (results.length) apply();
  else message.textContent = text("programme.empty");
} catch (problem) {
  message.textContent = problem.message;
}
