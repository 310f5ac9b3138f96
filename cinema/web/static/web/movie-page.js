/** The page of one movie with its upcoming shows. */

import { get, getAllPages } from "./api.js";
import { groupByDay } from "./day-list.js";
import { h } from "./dom.js";
import { movieFacts, moviePoster } from "./film.js";
import { foreignZone, formatDay } from "./format.js";
import { showPill } from "./show-pill.js";
import { text } from "./words.js";

/** Renders the page into `main`. Resolves to a function that cleans up. */
export async function moviePage(main, id) {
  const movie = await get(`/movies/${id}/`);
  const days = h("div", { class: "movie-days" });
  main.append(
    h("p", { class: "back" }, h("a", { href: "#/" }, text("programme.back"))),
    h(
      "div",
      { class: "movie" },
      moviePoster(movie),
      h(
        "div",
        { class: "movie-words" },
        h("h1", { tabindex: -1, class: "film-title" }, h("bdi", {}, movie.title)),
        movieFacts(movie),
        movie.description && h("p", { class: "about", dir: "auto" }, movie.description),
        days,
      ),
    ),
  );
  const shows = await getAllPages(`/movies/${id}/shows/?upcoming=true&page_size=200`);
  const pills = [];
  const itemOf = (show) => {
    const pill = showPill({ ...show, movie_title: movie.title });
    pills.push(pill);
    return pill.element;
  };
  const zone = foreignZone(new Date());
  days.append(
    ...(shows.length ? [] : [h("p", {}, text("programme.noShows"))]),
    ...(zone && shows.length ? [h("p", { class: "quiet small" }, text("page.zone", { zone }))] : []),
    ...groupByDay(shows).flatMap((day) => [h("h2", {}, formatDay(day.start)), h("ul", { class: "shows" }, day.shows.map(itemOf))]),
  );
  return () => pills.forEach(({ close }) => close());
}
