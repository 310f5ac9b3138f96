/** The shows that guests come to now: those that have not ended, the next start first. */

import { getAllPages } from "./api.js";
import { now } from "./clock.js";
import { h } from "./dom.js";
import { cinemaDay, formatDay, formatTime } from "./format.js";
import { text } from "./words.js";

const HOUR_MS = 3600 * 1000;
// The longest movies, and the shows of the next day.
const [HOURS_BACK, HOURS_AHEAD] = [8, 24];

export async function currentShows() {
  const [from, to] = [now() - HOURS_BACK * HOUR_MS, now() + HOURS_AHEAD * HOUR_MS].map((time) => new Date(time).toISOString());
  const shows = await getAllPages(`/shows/?from=${from}&to=${to}&page_size=200`);
  const open = shows.filter((show) => show.status !== "cancelled" && Date.parse(show.ends_at) > now());
  const hasBegun = (show) => Date.parse(show.date_time) <= now();
  return [...open.filter((show) => !hasBegun(show)), ...open.filter(hasBegun).reverse()];
}

/** The elements of the choice. */
export function showChoice(shows, { onChoose, onLogOut }) {
  return [
    h("header", { class: "door-head facade" }, h("h1", {}, text("door.title")), h("button", { type: "button", class: "link", onclick: onLogOut }, text("page.logOut"))),
    h("h2", { class: "door-title" }, text("door.choose")),
    shows.length
      ? h("ul", { class: "door-shows" }, shows.map((show) => h("li", {}, showButton(show, onChoose))))
      : h("p", { class: "door-title" }, text("door.noShows")),
  ];
}

function showButton(show, onChoose) {
  const begun = Date.parse(show.date_time) <= now();
  const day = cinemaDay(show.date_time) === cinemaDay(now()) ? "" : `${formatDay(show.date_time)}, `;
  return h(
    "button",
    { type: "button", class: begun ? "door-show begun" : "door-show", onclick: () => onChoose(show) },
    h("strong", { class: "number" }, formatTime(show.date_time)),
    h("span", {}, h("bdi", { class: "film-title" }, show.movie_title), h("small", {}, day, h("bdi", {}, show.screen_name), begun && `, ${text("door.hasBegun")}`)),
  );
}
