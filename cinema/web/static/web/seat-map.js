/**
 * A live seat map in any element. It draws the hall of a show from the public API, lets people choose seats by
 * mouse, touch and keyboard, and follows what others do.
 *
 *     import { SeatMap } from "https://cinema.example/static/web/seat-map.js";
 *
 *     const map = new SeatMap(document.querySelector("#hall"), { base: "https://cinema.example", show: 7 });
 *     map.addEventListener("choice", () => console.log(map.chosen.map((seat) => seat.label)));
 *     await map.ready;
 *
 * Options: `base`, the API's address (default: the page's own); `show`, the show's id; `most`, how many seats may
 * be chosen (default 10). From another origin, the server must name the page's origin in CORS_ALLOWED_ORIGINS. The
 * styles come from `seat-map.css` beside this file; colours can be changed by the variables that it names.
 *
 * Events: `choice`, the chosen seats have changed; `change`, any seats have (`detail`: `{version, counts}`); `lost`,
 * chosen seats can't be had any more (`detail.labels`); `full`, one more was wanted than may be chosen; `hall`, the
 * hall was drawn, or drawn anew for having changed; `stale`, whether what is shown may be old (`detail.stale`);
 * `gone`, the show is no longer there.
 */

import { addStyles } from "./dom.js";
import { draw, show as showState } from "./drawing.js";
import { Frame } from "./frame.js";
import { middle, rowName, rowsOf, towards } from "./hall.js";
import { follow, patiently } from "./live.js";

// How long changes are gathered before they are read out (milliseconds).
const CALM = 2500;

const WORDS = {
  available: "available",
  chosen: "chosen",
  mine: "yours",
  held: "held by somebody",
  taken: "taken",
  blocked: "not for sale",
};

export class SeatMap extends EventTarget {
  /** The show as the seat map describes it, `{id, movie, screen_name, date_time, total_seats}`, once it is drawn. */
  show = null;
  counts = null;
  version = 0;
  /** The categories of the hall: `[{name, color}]`. */
  categories = [];
  /** Settles when the map is drawn; rejected with an `Error`, which has the answer's `status` if there was one. */
  ready;

  #url;
  #most;
  #element;
  #frame;
  #grid = null;
  #seats = new Map(); // by seat_number
  #cells = new Map();
  #chosen = new Set();
  #mine = new Set();
  #locked = "";
  #stop = () => {};
  #closed = false;
  #heard = { lost: 0, freed: 0 };
  #calm = 0;

  constructor(element, { base = "", show, most = 10 }) {
    super();
    this.#url = `${base.replace(/\/$/, "")}/shows/${show}`;
    this.#most = most;
    this.#element = element;
    addStyles(element.getRootNode(), new URL("seat-map.css", import.meta.url).href);
    this.#frame = new Frame(element);
    this.#listen();
    this.ready = this.#load();
    this.ready.catch(() => {}); // Whoever awaits it is told; nobody has to.
  }

  /** The chosen seats, in the order of their numbers, as the seat map describes them. */
  get chosen() {
    return [...this.#chosen].sort((a, b) => a - b).map((number) => this.#seats.get(number));
  }

  /** The seat of a number, or of a label, or undefined. */
  seat(name) {
    return this.#seats.get(name) ?? [...this.#seats.values()].find((seat) => seat.label === name);
  }

  /** Chooses exactly these seats; those that are not to be had are left out. */
  choose(numbers) {
    const before = new Set([...this.#chosen, ...numbers]);
    this.#chosen = new Set(numbers.filter((number) => this.#isChoosable(number)).slice(0, this.#most));
    before.forEach((number) => this.#refresh(number));
    this.#tell("choice");
  }

  /** Marks seats as the visitor's own (held or booked), in place of those marked before. */
  set mine(numbers) {
    const before = new Set([...this.#mine, ...numbers]);
    this.#mine = new Set(numbers);
    const kept = [...this.#chosen].filter((number) => this.#isChoosable(number));
    if (kept.length < this.#chosen.size) this.choose(kept);
    before.forEach((number) => this.#refresh(number));
  }

  get mine() {
    return [...this.#mine];
  }

  /** From now on nothing can be chosen; `why` is said to who tries. */
  lock(why) {
    this.#locked = why;
    this.choose([]);
    this.#cells.forEach((_, number) => this.#refresh(number));
  }

  /** Moves the focus to a seat, or to the one where the keyboard was last. */
  focus(number) {
    const cell = this.#cells.get(number) ?? this.#grid?.querySelector('[tabindex="0"]');
    if (cell) this.#moveTo(numberOf(cell));
  }

  /** Says something to those who listen to the page rather than look at it. */
  announce(text) {
    this.#frame.announce(text);
  }

  /** Takes the map from the page and stops following. */
  close() {
    if (this.#closed) return;
    this.#closed = true;
    this.#stop();
    clearTimeout(this.#calm);
    this.#frame.close();
    this.#element.replaceChildren();
  }

  // --- what is on the page ----------------------------------------------------------

  async #load() {
    const map = await getJson(`${this.#url}/seats/`);
    if (this.#closed) return;
    this.#draw(map);
    this.#stop();
    this.#stop = follow({
      url: this.#url,
      since: map.version,
      onNews: (news) => this.#hear(news),
      onStale: (stale) => this.#tell("stale", { stale }),
      onGone: () => this.#tell("gone"),
    });
  }

  #draw({ show, version, counts, layout, seats }) {
    const colors = new Map(layout.categories.map(({ name, color }) => [name, color]));
    const before = { chosen: this.chosen, focus: this.#seats.get(numberOf(document.activeElement)) };
    Object.assign(this, { show, version, counts, categories: layout.categories });
    this.#seats = new Map(seats.map((seat) => [seat.seat_number, { ...seat, color: colors.get(seat.category) }]));
    const rows = rowsOf([...this.#seats.values()]);
    const names = this.categories.map(({ name }) => name);
    const { root, width, cells } = draw(rows, `Seats of ${show.screen_name}`, names);
    this.#grid = root;
    this.#cells = cells;
    this.#frame.put(root, width);
    this.#explain();
    // A hall that is drawn anew may have numbered its seats anew: what is printed on a seat is what was chosen.
    const again = before.chosen.map(({ label }) => [label, this.seat(label)?.seat_number]);
    this.#chosen = new Set(again.map(([, number]) => number).filter((number) => this.#isChoosable(number)));
    cells.forEach((_, number) => this.#refresh(number));
    const first = this.seat(before.focus?.label) ?? middle([...this.#seats.values()]);
    if (first) cells.get(first.seat_number).setAttribute("tabindex", "0");
    if (before.focus) this.focus();
    this.#tell("hall");
    this.#tell("change", { version, counts });
    this.#tell("choice");
    const lost = again.filter(([, number]) => !this.#chosen.has(number)).map(([label]) => label);
    if (lost.length) this.#tell("lost", { labels: lost });
  }

  #listen() {
    this.#frame.listen("click", (event) => this.#toggle(numberOf(event.target)));
    this.#frame.listen("keydown", (event) => this.#press(event));
    this.#frame.listen("focusin", (event) => this.#describe(numberOf(event.target)));
    this.#frame.listen("pointerover", (event) => this.#describe(numberOf(event.target)));
  }

  #explain() {
    const seats = [...this.#seats.values()];
    const entries = this.categories.map(({ name, color }, place) => [name, "available", color, place]);
    if (!entries.length) entries.push(["Available", "available"]);
    if (seats.some((seat) => seat.accessible)) entries.push(["Accessible", "accessible", seats[0].color]);
    for (const state of ["chosen", "mine", "held", "taken", "blocked"]) {
      entries.push([WORDS[state][0].toUpperCase() + WORDS[state].slice(1), state]);
    }
    this.#frame.explain(entries);
  }

  // --- seats ------------------------------------------------------------------------

  #state(number) {
    if (this.#chosen.has(number)) return "chosen";
    const { status } = this.#seats.get(number);
    return this.#mine.has(number) && status !== "available" ? "mine" : status;
  }

  #isChoosable(number) {
    const status = this.#seats.get(number)?.status;
    return !this.#locked && (status === "available" || (status === "held" && this.#mine.has(number)));
  }

  #words(number) {
    const seat = this.#seats.get(number);
    const row = rowName(seat);
    const parts = [row ? `Row ${row}, seat ${seat.column}` : seat.label, seat.category];
    if (seat.accessible) parts.push("accessible");
    return [...parts, WORDS[this.#state(number)]].filter(Boolean).join(", ");
  }

  #refresh(number) {
    const cell = this.#cells.get(number);
    if (!cell) return;
    const state = this.#state(number);
    showState(cell, this.#seats.get(number), state);
    cell.setAttribute("aria-label", this.#words(number));
    cell.setAttribute("aria-selected", String(state === "chosen"));
    if (state === "chosen" || this.#isChoosable(number)) cell.removeAttribute("aria-disabled");
    else cell.setAttribute("aria-disabled", "true");
  }

  #toggle(number) {
    if (!this.#seats.has(number)) return;
    this.#moveTo(number);
    if (!this.#chosen.has(number)) {
      if (!this.#isChoosable(number)) {
        this.announce(this.#locked || `${this.#words(number)}. Choose another.`);
        return;
      }
      if (this.#chosen.size >= this.#most) {
        this.announce(`You can choose ${this.#most} seats at most.`);
        this.#frame.describe(`${this.#most} seats at most`);
        this.#tell("full");
        return;
      }
      this.#chosen.add(number);
    } else {
      this.#chosen.delete(number);
    }
    this.#refresh(number);
    this.#describe(number);
    this.announce(`${this.#words(number)}. ${this.#chosen.size} chosen.`);
    this.#tell("choice");
  }

  #press(event) {
    const number = numberOf(event.target);
    const seat = this.#seats.get(number);
    if (!seat || event.altKey || event.metaKey) return;
    const seats = [...this.#seats.values()];
    const row = seats.filter((other) => rowName(other) === rowName(seat));
    let next;
    if (event.key.startsWith("Arrow")) next = towards(event.key, seat, seats);
    else if (event.key === "Home") next = event.ctrlKey ? seats[0] : row[0];
    else if (event.key === "End") next = event.ctrlKey ? seats.at(-1) : row.at(-1);
    else if (event.key !== " " && event.key !== "Enter") return;
    else if (!event.repeat) this.#toggle(number);
    event.preventDefault();
    if (next) this.#moveTo(next.seat_number);
  }

  #moveTo(number) {
    const cell = this.#cells.get(number);
    this.#grid.querySelector('[tabindex="0"]')?.setAttribute("tabindex", "-1");
    cell.setAttribute("tabindex", "0");
    cell.focus({ preventScroll: true });
    cell.scrollIntoView({ block: "nearest", inline: "nearest" });
  }

  #describe(number) {
    if (this.#seats.has(number)) this.#frame.describe(this.#words(number));
  }

  // --- what others do ---------------------------------------------------------------

  #hear(news) {
    const isOtherwise = !news.complete && news.seats.length === 0;
    if (news.counts.total !== this.#seats.size || isOtherwise) {
      this.#stop();
      this.#stop = patiently(() => this.#load());
      return;
    }
    Object.assign(this, { version: news.version, counts: news.counts });
    const lost = [];
    let isOther = false; // Whether the choice is.
    for (const { seat_number: number, status } of news.seats) {
      const seat = this.#seats.get(number);
      if (seat.status === status) continue;
      if (!this.#mine.has(number)) this.#heard[status === "available" ? "freed" : "lost"] += 1;
      seat.status = status;
      if (this.#chosen.has(number) && !this.#isChoosable(number)) {
        this.#chosen.delete(number);
        isOther = true;
        if (!this.#mine.has(number)) lost.push(seat.label);
      }
      this.#refresh(number);
    }
    this.#tell("change", { version: this.version, counts: this.counts });
    if (isOther) this.#tell("choice");
    if (lost.length) this.#tell("lost", { labels: lost });
    if (!this.#calm) this.#calm = setTimeout(() => this.#summarise(), CALM);
  }

  /** Reads out what changed, all at once: in a full hall something changes all the time. */
  #summarise() {
    const { lost, freed } = this.#heard;
    this.#heard = { lost: 0, freed: 0 };
    this.#calm = 0;
    const said = [lost && `${lost} gone`, freed && `${freed} free again`].filter(Boolean).join(", ");
    if (said) this.announce(`Seats: ${said}. ${this.counts.available} available.`);
  }

  #tell(name, detail) {
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }
}

function numberOf(target) {
  return Number(target?.closest?.("[data-seat]")?.dataset.seat);
}

async function getJson(url) {
  const answer = await fetch(url).catch(() => null);
  const body = await answer?.json().catch(() => null);
  if (answer?.ok && body) return body;
  const why = body?.detail ?? "The seats can't be shown: no connection to the cinema.";
  throw Object.assign(new Error(why), { status: answer?.status });
}
