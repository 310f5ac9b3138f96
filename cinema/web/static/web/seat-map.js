/**
 * A live seat map in any element. It draws the hall of a show from the public API, lets people choose seats by
 * mouse, touch and keyboard, and shows what other people take while they choose.
 *
 *     import { SeatMap } from "https://cinema.example/static/web/seat-map.js";
 *
 *     const map = new SeatMap(document.querySelector("#hall"), { base: "https://cinema.example", show: 7 });
 *     map.addEventListener("choice", () => console.log(map.chosen.map((seat) => seat.label)));
 *     await map.ready;
 *
 * Options:
 * - `base`: the address of the API (default: the page's own origin). On another origin, the server must list the
 *   page's origin in CORS_ALLOWED_ORIGINS.
 * - `show`: the id of the show.
 * - `most`: how many seats may be chosen (default 10).
 *
 * Events:
 * - `choice`: the chosen seats have changed.
 * - `change`: the status of any seats has changed (`detail`: `{version, counts}`).
 * - `lost`: chosen seats are no longer available (`detail.labels`).
 * - `full`: the visitor tried to choose more than `most` seats.
 * - `hall`: the hall has been drawn, at first or because its layout has changed.
 * - `stale`: the connection was lost or is back, so the seats shown may or may not be out of date (`detail.stale`).
 * - `gone`: the show no longer exists.
 * - `opened`: the sale has begun, so seats can be chosen from now on.
 * - `locked`: no seat can be chosen any more, because the show has started or was removed (`detail.reason`).
 * - `error`: the map could not be loaded (`detail`: `{status, message}`; no `status` if no answer arrived).
 *
 * The map itself tells the visitor about the last four. After an error, it has a button to try again.
 *
 * The map loads `seat-map.css` from beside this file. That file lists the CSS variables that set its colors.
 */

import { repeatWithBackoff } from "./backoff.js";
import { isolate } from "./bidi.js";
import { CLOCK_ERROR_MS, callAt, now, setClock } from "./clock.js";
import { addStyles } from "./dom.js";
import { drawHall, showState } from "./drawing.js";
import { pluralize } from "./format.js";
import { centerSeat, rowName, rowsOf, seatInDirection, seatName } from "./geometry.js";
import { followSeats } from "./live-updates.js";
import { SeatMapFrame } from "./seat-map-frame.js";

// Changes within this time are announced together. In a busy hall, a screen reader would never be silent otherwise.
const ANNOUNCE_DELAY_MS = 2500;

export const SHOW_STARTED = "This show has started. Its seats are no longer on sale.";
const NOT_ON_SALE = "This show is not on sale yet.";
const SHOW_REMOVED = "This show was removed from the program. Choose another show.";
const STALE = "No connection: the seats shown may be out of date. Reconnecting…";

const STATE_NAMES = {
  available: "available",
  chosen: "chosen",
  mine: "yours",
  held: "held by somebody",
  taken: "taken",
  blocked: "not for sale",
};

export class SeatMap extends EventTarget {
  /** The show as in the API's seat map, `{id, movie, screen_name, date_time, total_seats}`; null until it is drawn. */
  show = null;
  /** Seats by status, `{total, available, held, taken, blocked}`; null until the hall is drawn. */
  counts = null;
  version = 0;
  /** Why no seat can be chosen; empty while seats can be chosen. */
  lockReason = "";
  /** When the sale begins (milliseconds since 1970) if it has not begun; otherwise null. */
  opensAt = null;
  /** The categories of the hall: `[{name, color}]`. */
  categories = [];
  /** A promise that resolves when the hall is drawn. It rejects with an `Error` that may have the HTTP `status`. */
  ready;

  #base;
  #id;
  #maxChosen;
  #element;
  #frame;
  #grid = null;
  #seats = new Map(); // Seat number → seat.
  #cells = new Map(); // Seat number → element of the drawing.
  #chosen = new Set();
  #cancelOpening = () => {};
  #mine = new Set();
  #stopUpdates = () => {};
  #cancelLock = () => {};
  #isClosed = false;
  #unannounced = { lost: 0, freed: 0 };
  #announceTimer = 0;

  constructor(element, { base = "", show, most = 10 }) {
    super();
    this.#base = base.replace(/\/$/, "");
    this.#id = Number(show);
    this.#maxChosen = most;
    this.#element = element;
    addStyles(element.getRootNode(), new URL("seat-map.css", import.meta.url).href);
    this.#frame = new SeatMapFrame(element);
    this.#addListeners();
    this.ready = this.#open();
    this.ready.catch(() => {}); // Keeps the console quiet where nobody awaits `ready`.
  }

  /** All seats by number, as in the API's seat map and with the `color` of their category. */
  get seats() {
    return [...this.#seats.values()];
  }

  /** The chosen seats by number. */
  get chosen() {
    return [...this.#chosen].sort((a, b) => a - b).map((number) => this.#seats.get(number));
  }

  /** Finds a seat by its number or label; undefined if there is none. */
  seat(numberOrLabel) {
    return this.#seats.get(numberOrLabel) ?? this.seats.find((seat) => seat.label === numberOrLabel);
  }

  /** Chooses exactly these seats, except those that are not available. */
  choose(numbers) {
    const affected = new Set([...this.#chosen, ...numbers]);
    const choosable = [...new Set(numbers)].filter((number) => this.#isChoosable(number));
    this.#chosen = new Set(choosable.slice(0, this.#maxChosen));
    affected.forEach((number) => this.#updateCell(number));
    this.#emit("choice");
  }

  /** Marks the seats that the visitor has held or booked, by number, and no others. */
  set mine(numbers) {
    const affected = new Set([...this.#mine, ...numbers]);
    this.#mine = new Set(numbers);
    const choosable = [...this.#chosen].filter((number) => this.#isChoosable(number));
    if (choosable.length < this.#chosen.size) this.choose(choosable);
    affected.forEach((number) => this.#updateCell(number));
  }

  get mine() {
    return [...this.#mine];
  }

  /** Ends choosing for good. Shows `reason`, and announces it to visitors who try. */
  lock(reason) {
    if (this.lockReason && !this.opensAt) return;
    this.#cancelOpening();
    this.opensAt = null;
    this.lockReason = reason;
    this.#frame.showNotice(reason);
    this.choose([]);
    this.#cells.forEach((_, number) => this.#updateCell(number));
    this.#emit("locked", { reason });
  }

  /** Moves the focus to a seat, by default to the one that had it last. */
  focus(number) {
    const cell = this.#cells.get(number) ?? this.#grid?.querySelector('[tabindex="0"]');
    if (cell) this.#focusSeat(seatNumberOf(cell));
  }

  /** Lets screen readers read a text. */
  announce(text) {
    this.#frame.announce(text);
  }

  /** Removes the map from the page and stops live updates. */
  close() {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#stopUpdates();
    this.#cancelLock();
    this.#cancelOpening();
    clearTimeout(this.#announceTimer);
    this.#frame.close();
    this.#element.replaceChildren();
  }

  // --- loading and drawing ----------------------------------------------------------

  /** Loads the map. If that fails, shows why and a button that tries again. */
  async #open() {
    this.#frame.showNotice("Loading the seats…");
    try {
      await this.#load();
    } catch (error) {
      const { status, message } = error;
      if (!this.#isClosed) {
        this.#frame.showNotice(message, { isAlert: true, onRetry: () => this.#open().catch(() => {}) });
        this.#emit("error", { status, message });
      }
      throw error;
    }
  }

  async #load() {
    const map = await getJson(`${this.#base}/shows/${this.#id}/seats/`);
    if (this.#isClosed) return;
    this.#draw(map);
    this.#stopUpdates();
    this.#stopUpdates = followSeats({
      base: this.#base,
      show: this.#id,
      since: map.version,
      onUpdate: (update) => this.#applyUpdate(update),
      onStale: (stale) => {
        if (!this.lockReason) this.#frame.showNotice(stale ? STALE : "", { isAlert: stale });
        this.#emit("stale", { stale });
      },
      onGone: () => this.#handleGone(),
    });
  }

  /** Loads the map again, because its layout has changed. */
  async #reload() {
    try {
      await this.#load();
    } catch (error) {
      if (error.status !== 404) throw error;
      if (!this.#isClosed) this.#handleGone();
    }
  }

  #handleGone() {
    this.lock(SHOW_REMOVED);
    this.#emit("gone");
  }

  #draw({ show, version, counts, layout, seats }) {
    const chosenLabels = this.chosen.map((seat) => seat.label);
    const focusedBefore = this.#seats.get(seatNumberOf(document.activeElement));
    const colors = new Map(layout.categories.map(({ name, color }) => [name, color]));
    Object.assign(this, { show, version, counts, categories: layout.categories });
    this.#waitForSale(show.on_sale_from);
    this.#seats = new Map(seats.map((seat) => [seat.seat_number, { ...seat, color: colors.get(seat.category) }]));
    const { root, width, cells, fraction } = drawHall(rowsOf(this.seats), `Seats of ${isolate(show.screen_name)}`, layout);
    const tabStop = this.seat(focusedBefore?.label) ?? centerSeat(this.seats);
    this.#grid = root;
    this.#cells = cells;
    // The middle of a hall may be empty, for example a court. The map begins where there are seats.
    this.#frame.setDrawing(root, width, tabStop ? fraction(tabStop) : 0.5);
    this.#showLegend();
    // A new layout may have new seat numbers. Labels are printed on the seats, so they identify what was chosen.
    const chosenNumbers = chosenLabels.map((label) => this.seat(label)?.seat_number);
    this.#chosen = new Set(chosenNumbers.filter((number) => this.#isChoosable(number)));
    cells.forEach((_, number) => this.#updateCell(number));
    if (tabStop) cells.get(tabStop.seat_number).setAttribute("tabindex", "0");
    if (focusedBefore) this.focus();
    this.#frame.showNotice(this.lockReason);
    this.#emit("hall");
    this.#emit("change", { version, counts });
    this.#emit("choice");
    const lost = chosenLabels.filter((_, index) => !this.#chosen.has(chosenNumbers[index]));
    if (lost.length) this.#emit("lost", { labels: lost });
    this.#cancelLock();
    this.#cancelLock = callAt(Date.parse(show.date_time), () => this.lock(SHOW_STARTED));
  }

  /** Keeps seats from being chosen until the sale begins. */
  #waitForSale(onSaleFrom) {
    this.#cancelOpening();
    if (this.lockReason && !this.opensAt) return;
    const opensAt = onSaleFrom ? Date.parse(onSaleFrom) + CLOCK_ERROR_MS : 0;
    this.opensAt = opensAt > now() ? opensAt : null;
    this.lockReason = this.opensAt ? NOT_ON_SALE : "";
    if (this.opensAt) this.#cancelOpening = callAt(opensAt, () => this.#openSale());
  }

  #openSale() {
    this.opensAt = null;
    this.lockReason = "";
    this.#frame.showNotice("");
    this.#cells.forEach((_, number) => this.#updateCell(number));
    this.announce("The sale has begun.");
    this.#emit("opened");
  }

  #addListeners() {
    this.#frame.addListener("click", (event) => this.#toggle(seatNumberOf(event.target)));
    this.#frame.addListener("keydown", (event) => this.#handleKey(event));
    this.#frame.addListener("focusin", (event) => this.#showDescription(seatNumberOf(event.target)));
    this.#frame.addListener("pointerover", (event) => this.#showDescription(seatNumberOf(event.target)));
  }

  #showLegend() {
    const entries = this.categories.map(({ name, color }, index) => [name, "available", color, index]);
    if (!entries.length) entries.push(["Available", "available"]);
    if (this.seats.some((seat) => seat.accessible)) entries.push(["Accessible", "accessible", this.seats[0].color]);
    for (const state of ["chosen", "mine", "held", "taken", "blocked"]) {
      const name = STATE_NAMES[state];
      entries.push([name[0].toUpperCase() + name.slice(1), state]);
    }
    this.#frame.setLegend(entries);
  }

  // --- seats ------------------------------------------------------------------------

  /** `chosen`, `mine`, or the status of the seat. Nothing is available on a locked map. */
  #state(number) {
    if (this.#chosen.has(number)) return "chosen";
    const { status } = this.#seats.get(number);
    if (this.lockReason && status === "available") return "blocked";
    return this.#mine.has(number) && status !== "available" ? "mine" : status;
  }

  #isChoosable(number) {
    const status = this.#seats.get(number)?.status;
    return !this.lockReason && (status === "available" || (status === "held" && this.#mine.has(number)));
  }

  /** `Row C, seat 7, Standard, available`. */
  #description(number) {
    const seat = this.#seats.get(number);
    const row = rowName(seat);
    const place = row ? `Row ${isolate(row)}, seat ${isolate(seatName(seat))}` : isolate(seat.label);
    const parts = [place, isolate(seat.category)];
    if (seat.accessible) parts.push("accessible");
    return [...parts, STATE_NAMES[this.#state(number)]].filter(Boolean).join(", ");
  }

  #updateCell(number) {
    const cell = this.#cells.get(number);
    if (!cell) return;
    const state = this.#state(number);
    showState(cell, this.#seats.get(number), state);
    cell.setAttribute("aria-label", this.#description(number));
    cell.setAttribute("aria-selected", String(state === "chosen"));
    if (state === "chosen" || this.#isChoosable(number)) cell.removeAttribute("aria-disabled");
    else cell.setAttribute("aria-disabled", "true");
  }

  #toggle(number) {
    if (!this.#seats.has(number)) return;
    this.#focusSeat(number);
    if (!this.#chosen.has(number)) {
      if (!this.#isChoosable(number)) {
        this.announce(this.lockReason || `${this.#description(number)}. Choose another seat.`);
        return;
      }
      if (this.#chosen.size >= this.#maxChosen) {
        const limit = `${pluralize(this.#maxChosen, "seat")} at most`;
        this.announce(`You can choose ${limit}.`);
        this.#frame.setDescription(limit);
        this.#emit("full");
        return;
      }
      this.#chosen.add(number);
    } else {
      this.#chosen.delete(number);
    }
    this.#updateCell(number);
    this.#showDescription(number);
    this.announce(`${this.#description(number)}. ${this.#chosen.size} chosen.`);
    this.#emit("choice");
  }

  #handleKey(event) {
    const seat = this.#seats.get(seatNumberOf(event.target));
    if (!seat || event.altKey || event.metaKey) return;
    const seats = this.seats;
    const row = seats.filter((other) => rowName(other) === rowName(seat));
    let next;
    if (event.key.startsWith("Arrow")) next = seatInDirection(event.key, seat, seats);
    else if (event.key === "Home") next = event.ctrlKey ? seats[0] : row[0];
    else if (event.key === "End") next = event.ctrlKey ? seats.at(-1) : row.at(-1);
    else if (event.key !== " " && event.key !== "Enter") return;
    else if (!event.repeat) this.#toggle(seat.seat_number);
    event.preventDefault();
    if (next) this.#focusSeat(next.seat_number);
  }

  /** Focuses a seat and makes it the only tab stop of the grid. */
  #focusSeat(number) {
    const cell = this.#cells.get(number);
    this.#grid.querySelector('[tabindex="0"]')?.setAttribute("tabindex", "-1");
    cell.setAttribute("tabindex", "0");
    cell.focus({ preventScroll: true });
    cell.scrollIntoView({ block: "nearest", inline: "nearest" });
  }

  #showDescription(number) {
    if (this.#seats.has(number)) this.#frame.setDescription(this.#description(number));
  }

  // --- live updates -----------------------------------------------------------------

  #applyUpdate(update) {
    // An update without seats says that the layout has changed. So does another number of seats.
    const isNewLayout = !update.complete && update.seats.length === 0;
    if (update.counts.total !== this.#seats.size || isNewLayout) {
      this.#stopUpdates();
      this.#stopUpdates = repeatWithBackoff(() => this.#reload());
      return;
    }
    Object.assign(this, { version: update.version, counts: update.counts });
    const lost = [];
    let hasChoiceChanged = false;
    for (const { seat_number: number, status } of update.seats) {
      const seat = this.#seats.get(number);
      if (seat.status === status) continue;
      const isMine = this.#mine.has(number);
      if (!isMine) this.#unannounced[status === "available" ? "freed" : "lost"] += 1;
      seat.status = status;
      if (this.#chosen.has(number) && !this.#isChoosable(number)) {
        this.#chosen.delete(number);
        hasChoiceChanged = true;
        if (!isMine) lost.push(seat.label);
      }
      this.#updateCell(number);
    }
    this.#emit("change", { version: this.version, counts: this.counts });
    if (hasChoiceChanged) this.#emit("choice");
    if (lost.length) this.#emit("lost", { labels: lost });
    if (!this.#announceTimer) this.#announceTimer = setTimeout(() => this.#announceChanges(), ANNOUNCE_DELAY_MS);
  }

  #announceChanges() {
    const { lost, freed } = this.#unannounced;
    this.#unannounced = { lost: 0, freed: 0 };
    this.#announceTimer = 0;
    const changes = [
      lost && `${pluralize(lost, "seat")} no longer available`,
      freed && `${pluralize(freed, "seat")} available again`,
    ].filter(Boolean);
    const total = `${pluralize(this.counts.available, "seat")} available in all`;
    if (changes.length) this.announce(`${changes.join(", ")}. ${total}.`);
  }

  #emit(name, detail) {
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }
}

/** The number of the seat that an element of the drawing belongs to; NaN if it belongs to none. */
function seatNumberOf(element) {
  return Number(element?.closest?.("[data-seat]")?.dataset.seat);
}

async function getJson(url) {
  const response = await fetch(url).catch(() => null);
  const body = await response?.json().catch(() => null);
  if (response) setClock(response);
  if (response?.ok && body) return body;
  const unknown = response?.status === 404 && "This show was not found. Choose another show.";
  const message = unknown || body?.detail || "The seats could not be loaded. Check your internet connection and try again.";
  throw Object.assign(new Error(message), { status: response?.status });
}
