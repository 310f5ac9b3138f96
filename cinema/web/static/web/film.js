/** A movie of the programme: poster, title, facts, and the pills of its shows. */

import { isolate } from "./bidi.js";
import { h } from "./dom.js";
import { formatDuration } from "./format.js";
import { drawnPoster } from "./poster.js";
import { text } from "./words.js";

const LONG_TITLE_LENGTH = 40;

// Origins of pictures that the page may load, from the server's setting POSTER_ORIGINS.
const posterOrigins = (document.body.dataset.posterOrigins ?? "").split(" ").filter(Boolean);

/** The movie's picture if it has one from an allowed origin; otherwise, or if that fails to load, a drawn poster. */
export function moviePoster({ title, duration_minutes, poster_url }) {
  const drawn = drawnPoster(title, formatDuration(duration_minutes));
  if (!poster_url || !posterOrigins.includes(new URL(poster_url).origin)) return drawn;
  const picture = h("img", { src: poster_url, alt: "", decoding: "async", referrerpolicy: "no-referrer" });
  picture.addEventListener("error", () => picture.parentElement.replaceWith(drawn));
  return h("span", { class: "poster" }, picture);
}

/** Age rating, duration and language of a movie. */
export function movieFacts({ age_rating, duration_minutes, language }) {
  return h(
    "p",
    { class: "facts small" },
    age_rating && h("span", { class: "tag age" }, h("span", { class: "unseen" }, `${text("programme.ageRating")} `), h("bdi", {}, age_rating)),
    h("span", {}, formatDuration(duration_minutes)),
    language && h("bdi", { class: "quiet" }, language),
  );
}

/** The article of a movie with the items of its shows on one day. */
export function filmArticle(movie, items) {
  const titleClass = movie.title.length > LONG_TITLE_LENGTH ? "film-title long" : "film-title";
  return h(
    "article",
    { class: "film" },
    moviePoster(movie),
    h(
      "div",
      { class: "words" },
      h("div", { class: "head" }, h("h2", { class: titleClass }, h("a", { href: `#/movies/${movie.id}` }, h("bdi", {}, movie.title))), movieFacts(movie)),
      h("ul", { class: "shows", "aria-label": text("programme.showsOf", { title: isolate(movie.title) }) }, items),
    ),
  );
}
