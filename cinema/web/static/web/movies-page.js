/** The page of all movies, and the page of one movie with its upcoming shows. */

import { get, getAllPages } from "./api.js";
import { callAt, now } from "./clock.js";
import { h } from "./dom.js";
import { foreignZone, formatDateTime, formatDay, formatDuration, formatTime, pluralize } from "./format.js";
import { pagedList } from "./paged-list.js";

// Delay between the last key of a search and the request.
const SEARCH_DELAY_MS = 250;

export async function moviesPage(main) {
  const movies = pagedList({
    className: "cards",
    itemName: "movie",
    renderItem: movieCard,
    formatCount: (count) => pluralize(count, "movie"),
    emptyMessage: ["No movies found. Try another title."],
  });
  const search = h("input", { type: "search", name: "search", maxlength: 200, dir: "auto", placeholder: "Title" });
  let timer = 0;
  search.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(() => movies.open(`/movies/?search=${encodeURIComponent(search.value.trim())}`), SEARCH_DELAY_MS);
  });
  const form = h("form", { role: "search", onsubmit: (event) => event.preventDefault() });
  form.append(h("label", {}, h("span", {}, "Find a movie"), search));
  main.append(h("h1", { tabindex: -1 }, "What is on"), form, movies.element);
  await movies.open("/movies/");
}

function movieCard(movie) {
  return h(
    "li",
    { class: "card" },
    h("a", { href: `#/movies/${movie.id}` }, h("bdi", {}, movie.title)),
    h("span", { class: "quiet" }, formatDuration(movie.duration_minutes)),
  );
}

/** Resolves to a function that cleans up. */
export async function moviePage(main, id) {
  const movie = await get(`/movies/${id}/`);
  const days = h("div", { class: "days" });
  main.append(
    h("p", {}, h("a", { href: "#/" }, "← All movies")),
    h("h1", { tabindex: -1 }, h("bdi", {}, movie.title)),
    h("p", { class: "quiet" }, formatDuration(movie.duration_minutes)),
    days,
  );
  const zone = foreignZone(new Date());
  if (zone) days.before(h("p", { class: "quiet" }, `All times are the cinema's: ${zone}.`));
  const shows = await getAllPages(`/movies/${id}/shows/?upcoming=true&page_size=200`);
  if (!shows.length) days.append(h("p", {}, "This movie has no upcoming shows. Choose another movie."));
  const cancels = [];
  for (const [day, showsOfDay] of groupByDay(shows)) {
    const items = showsOfDay.map((show) => {
      const item = showItem(show);
      cancels.push(callAt(Date.parse(show.date_time), () => endSale(item)));
      return item;
    });
    days.append(h("h2", {}, day), h("ul", { class: "times" }, items));
  }
  return () => cancels.forEach((cancel) => cancel());
}

/** Replaces the link of a show that has started. */
function endSale(item) {
  const link = item.querySelector("a");
  if (!link) return;
  const [time, screen] = link.children;
  if (link === document.activeElement) document.querySelector("main h1").focus();
  link.replaceWith(h("span", { class: "time" }, time, screen, h("span", { class: "quiet" }, "started")));
}

/** A map from formatted days to their shows, in order. */
function groupByDay(shows) {
  const days = new Map();
  for (const show of shows) {
    const day = formatDay(show.date_time);
    days.set(day, [...(days.get(day) ?? []), show]);
  }
  return days;
}

function showItem(show) {
  const isOnSale = !show.on_sale_from || Date.parse(show.on_sale_from) <= now();
  const seats = show.available_seats ? `${show.available_seats} of ${show.total_seats} available` : "sold out";
  const availability = isOnSale ? seats : `on sale from ${formatDateTime(show.on_sale_from)}`;
  return h(
    "li",
    {},
    h(
      "a",
      { class: "time", href: `#/shows/${show.id}` },
      h("strong", {}, formatTime(show.date_time)),
      h("span", {}, h("bdi", {}, show.screen_name)),
      h("span", { class: "quiet" }, availability),
    ),
  );
}
