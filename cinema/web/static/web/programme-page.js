/** The front page: the programme by day, and the search for movies, which takes the place of the programme. */

import { h } from "./dom.js";
import { formatDay } from "./format.js";
import { icon } from "./icons.js";
import { movieFacts, moviePoster } from "./film.js";
import { pagedList } from "./paged-list.js";
import { setTitle } from "./page-title.js";
import { programmeList } from "./programme.js";
import { text } from "./words.js";

// Delay between the last key of a search and the request.
const SEARCH_DELAY_MS = 250;

/** Renders the programme into `main`, opened at `day` (`2031-03-30`) if it has shows. Resolves to a function that cleans up. */
export async function programmePage(main, day) {
  let address = location.hash;
  const dayName = h("span", { class: "day-name" });
  const shows = programmeList({ day, onDay: showDay });
  const programme = pagedList({ list: shows, moreText: text("programme.more"), emptyMessage: [text("programme.empty")] });
  const movies = pagedList({
    className: "cards movies",
    moreText: text("programme.moreMovies"),
    renderItem: movieCard,
    formatCount: (count) => text("programme.movies", { count }),
    emptyMessage: [text("programme.noMovies")],
  });
  movies.element.hidden = true;

  function showDay({ key, start }, isLast) {
    dayName.textContent = formatDay(start);
    programme.element.classList.toggle("ends-later", !isLast);
    // The visitor opened another page while this one loaded. The event of that may come after this call.
    if (!main.isConnected || location.hash !== address) return;
    setTitle(text("programme.title", { day: formatDay(start) }));
    // The way back from a hall leads to the same day.
    history.replaceState(history.state, "", `#/days/${key}`);
    address = location.hash;
  }

  function search(title) {
    movies.element.hidden = !title;
    programme.element.hidden = shows.tabs.hidden = dayName.hidden = Boolean(title);
    if (title) movies.open(`/movies/?search=${encodeURIComponent(title)}`);
  }

  main.classList.add("full");
  main.append(
    h(
      "div",
      { class: "facade marquee" },
      h(
        "div",
        { class: "wrap" },
        h(
          "div",
          { class: "marquee-top" },
          h("h1", { tabindex: -1 }, h("span", { class: "kicker" }, text("shell.programme")), h("span", { class: "unseen" }, ", "), dayName),
          searchForm(search),
        ),
        shows.tabs,
      ),
    ),
    h("div", { class: "wrap" }, movies.element, programme.element),
  );
  await programme.open("/shows/?upcoming=true&page_size=200");
  return shows.close;
}

function searchForm(search) {
  let timer = 0;
  const input = h("input", { type: "search", name: "search", maxlength: 200, dir: "auto", placeholder: text("programme.search") });
  input.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(() => search(input.value.trim()), SEARCH_DELAY_MS);
  });
  const label = h("label", { class: "search" }, h("span", { class: "unseen" }, text("programme.search")), icon("search"), input);
  return h("form", { role: "search", onsubmit: (event) => event.preventDefault() }, label);
}

function movieCard(movie) {
  return h(
    "li",
    { class: "card" },
    moviePoster(movie),
    h("div", {}, h("a", { href: `#/movies/${movie.id}` }, h("bdi", {}, movie.title)), movieFacts(movie)),
  );
}
