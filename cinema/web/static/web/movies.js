/** What is on: the movies, and the shows of one. */

import { get, pages } from "./api.js";
import { h } from "./dom.js";
import { list } from "./list.js";
import { day, duration, time } from "./words.js";

export async function moviesPage(main) {
  const count = (number) => (number === 1 ? "1 movie" : `${number} movies`);
  const movies = list({ name: "cards", entry: card, count, none: ["No such movie."] });
  const search = h("input", { type: "search", name: "search", maxlength: 200, placeholder: "Title" });
  let typing = 0;
  search.addEventListener("input", () => {
    clearTimeout(typing);
    typing = setTimeout(() => movies.open(`/movies/?search=${encodeURIComponent(search.value.trim())}`), 250);
  });
  const form = h("form", { role: "search", onsubmit: (event) => event.preventDefault() });
  form.append(h("label", {}, h("span", {}, "Find a movie"), search));
  main.append(h("h1", { tabindex: -1 }, "What is on"), form, movies.element);
  await movies.open("/movies/");
}

function card(movie) {
  return h(
    "li",
    { class: "card" },
    h("a", { href: `#/movies/${movie.id}` }, movie.title),
    h("span", { class: "quiet" }, duration(movie.duration_minutes)),
  );
}

export async function moviePage(main, id) {
  const movie = await get(`/movies/${id}/`);
  const days = h("div", { class: "days" });
  main.append(
    h("p", {}, h("a", { href: "#/" }, "← All movies")),
    h("h1", { tabindex: -1 }, movie.title),
    h("p", { class: "quiet" }, duration(movie.duration_minutes)),
    days,
  );
  const shows = await pages(`/movies/${id}/shows/?upcoming=true&page_size=200`);
  if (!shows.length) days.append(h("p", {}, "There is no show of it to come."));
  for (const [name, ofDay] of byDay(shows)) {
    days.append(h("h2", {}, name), h("ul", { class: "times" }, ofDay.map(showLink)));
  }
}

function byDay(shows) {
  const days = new Map();
  for (const show of shows) {
    const name = day(show.date_time);
    days.set(name, [...(days.get(name) ?? []), show]);
  }
  return days;
}

function showLink(show) {
  const free = show.available_seats ? `${show.available_seats} of ${show.total_seats} free` : "sold out";
  return h(
    "li",
    {},
    h(
      "a",
      { class: "time", href: `#/shows/${show.id}` },
      h("strong", {}, time(show.date_time)),
      h("span", {}, show.screen_name),
      h("span", { class: "quiet" }, free),
    ),
  );
}
