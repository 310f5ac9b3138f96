/** The programme: one day at a time, all its movies and all their shows. */

import { dayTabs } from "./day-tabs.js";
import { groupByDay } from "./day-list.js";
import { h } from "./dom.js";
import { filmArticle } from "./film.js";
import { foreignZone } from "./format.js";
import { showPill } from "./show-pill.js";
import { text } from "./words.js";

const MINUTE_MS = 60 * 1000;

/**
 * Creates the programme as a list for `pagedList`. `day` is the day to open first, if it has shows; `onDay({key, start})`
 * is called for each day that opens.
 */
export function programmeList({ day: firstDay, onDay }) {
  const panel = h("div", { class: "films", id: "day-panel", role: "tabpanel" }, ...placeholders());
  const tabs = dayTabs({ panelId: panel.id, onSelect: open });
  let shows = [];
  let days = [];
  let selected = firstDay;
  let pills = [];

  function append(newShows) {
    const before = shows.length;
    shows = [...shows, ...newShows];
    days = groupByDay(shows);
    tabs.setDays(days);
    const hasSelected = (list) => list.some((show) => show.local_time.slice(0, 10) === selected);
    // More shows of the open day stay on it. More days open the first of them.
    if (!hasSelected(before ? newShows : shows)) selected = newShows[0]?.local_time.slice(0, 10);
    if (selected) open(selected);
    else panel.replaceChildren();
    const isNew = new Set(newShows);
    return pills.filter(({ show }) => isNew.has(show)).map(({ element }) => element);
  }

  function open(key) {
    const day = days.find((other) => other.key === key);
    closePills();
    selected = key;
    pills = day.shows.map((show) => ({ show, ...showPill(show) }));
    const zone = foreignZone(day.start);
    panel.replaceChildren(
      ...(zone ? [h("p", { class: "quiet small" }, text("page.zone", { zone }))] : []),
      ...films(pills),
    );
    panel.setAttribute("aria-labelledby", `day-${key}`);
    tabs.select(key);
    onDay(day, day === days.at(-1));
  }

  const closePills = () => pills.splice(0).forEach(({ close }) => close());

  function clear() {
    closePills();
    [shows, days] = [[], []];
    tabs.clear();
  }

  return { element: panel, tabs: tabs.element, append, clear, close: closePills };
}

/** The movies of one day, in the order of their first shows. */
function films(pills) {
  const byMovie = new Map();
  for (const pill of pills) byMovie.set(pill.show.movie, [...(byMovie.get(pill.show.movie) ?? []), pill]);
  return [...byMovie.values()].map((group) => filmArticle(movieOf(group[0].show), group.map(({ element }) => element)));
}

/** The movie of a show, as far as the list of shows has it. */
function movieOf(show) {
  return {
    id: show.movie,
    title: show.movie_title,
    duration_minutes: (Date.parse(show.ends_at) - Date.parse(show.date_time)) / MINUTE_MS,
    age_rating: show.movie_age_rating,
    poster_url: show.movie_poster_url,
  };
}

/** What the page shows until the programme is loaded. */
function placeholders() {
  return [1, 2, 3].map(() => h("div", { class: "film placeholder", "aria-hidden": "true" }, h("span", { class: "poster" }), h("span", { class: "words" })));
}
