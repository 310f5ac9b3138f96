/** The head of a show's page: movie, time, screen, how many seats are available, and the form for the best seats. */

import { bestSeatsForm } from "./best-seats.js";
import { isolate } from "./bidi.js";
import { now } from "./clock.js";
import { h } from "./dom.js";
import { formatDateTime, formatDuration, formatWait } from "./format.js";
import { cinemaName } from "./page-title.js";
import { text } from "./words.js";

export class ShowHead {
  #title = h("h1", { tabindex: -1 }, "…");
  #details = h("p", { class: "quiet" });
  #availability = h("p", { class: "free" });
  #bestSeats;
  #saleTicker = 0;

  /** Calls `onFindBest(data)` with the body of a hold request; `maxSeats` is the limit of one hold. */
  constructor(maxSeats, onFindBest) {
    this.#bestSeats = bestSeatsForm(maxSeats, onFindBest);
    const facts = h("div", {}, this.#title, h("div", { class: "hall-facts" }, this.#details, this.#availability));
    this.element = h("header", { class: "hall-head" }, facts, this.#bestSeats.element);
  }

  /** Shows what is on, also in the title of the page. */
  showFacts({ movie, screen_name, date_time }) {
    const start = formatDateTime(date_time);
    this.#title.replaceChildren(h("bdi", {}, movie.title));
    document.title = `${isolate(movie.title)}, ${start} – ${isolate(cinemaName)}`;
    const duration = formatDuration(movie.duration_minutes);
    this.#details.replaceChildren(`${start} · `, h("bdi", {}, screen_name), ` · ${duration}`);
  }

  /** Offers the categories of a hall, and accessible seats if it has any. */
  setOptions(categories, hasAccessible) {
    this.#bestSeats.setOptions(categories, hasAccessible);
  }

  showAvailable({ available, total }) {
    this.#availability.textContent = available ? text("show.available", { available, count: total }) : text("show.soldOut");
  }

  /** Counts down to the begin of the sale (milliseconds since 1970). */
  waitForSale(opensAt) {
    clearInterval(this.#saleTicker);
    const tick = () => (this.#availability.textContent = text("show.onSaleIn", { time: formatWait(opensAt - now()) }));
    this.#saleTicker = setInterval(tick, 1000);
    tick();
    this.#bestSeats.element.hidden = true;
  }

  beginSale() {
    clearInterval(this.#saleTicker);
    this.#bestSeats.element.hidden = false;
  }

  endSale() {
    clearInterval(this.#saleTicker);
    this.#bestSeats.element.hidden = true;
    this.#availability.textContent = text("show.notOnSale");
  }

  close() {
    clearInterval(this.#saleTicker);
  }
}
