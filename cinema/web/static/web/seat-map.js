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
 * `docs/embedding.md` and the page `/embed/` list the options and events.
 *
 * The map loads `seat-map.css` from beside this file. That file lists the CSS variables that set its colors.
 */

import { repeatWithBackoff } from "./backoff.js";
import { isolate } from "./bidi.js";
import { ChangeAnnouncer } from "./change-announcer.js";
import { CLOCK_ERROR_MS, callAt, now } from "./clock.js";
import { addStyles } from "./dom.js";
import { Drawing } from "./drawing.js";
import { centerSeat, rowsOf, seatInDirection } from "./geometry.js";
import { HallSeats } from "./hall-seats.js";
import { followSeats } from "./live-updates.js";
import { MapHold } from "./map-hold.js";
import { callApi, getSeatMap } from "./seat-map-api.js";
import { SeatMapFrame } from "./seat-map-frame.js";
import { SeatWords } from "./seat-words.js";
import { words, wordsIn } from "./words.js";

/** The names of the events. */
export const EVENTS = [
  ...["choice", "hold", "hover", "refused", "full", "lost", "change", "hall"],
  ...["stale", "opened", "locked", "gone", "error"],
];

export class SeatMap extends EventTarget {
  /** The show as in the API's seat map, `{id, movie, screen_name, date_time, total_seats}`; null until it is drawn. */
  show = null;
  /** Seats by status, `{total, available, held, taken, blocked}`; null until the hall is drawn. */
  counts = null;
  version = 0;
  /** When the sale begins (milliseconds since 1970) if it has not begun; otherwise null. */
  opensAt = null;
  /** The categories of the hall: `[{name, color}]`. */
  categories = [];
  /** The prices as in the API's seat map, `{currency, kinds, by_category}`; null if the show has none. */
  prices = null;
  /** The access token of a user, or a function that returns or resolves to one. Only holds need it. */
  token;
  /** A promise that resolves when the hall is drawn. It rejects with an `Error` that may have the HTTP `status`. */
  ready;

  #base;
  #id;
  #element;
  #frame;
  #drawing = null;
  #hold = new MapHold(
    this,
    (...call) => this.#callHold(...call),
    (hold) => this.#emit("hold", { hold }),
  );
  #seats = new HallSeats();
  #options = {};
  #layout;
  #words = words;
  #text = (key, values) => this.#words.text(key, values);
  #seatWords;
  #hovered = null;
  #announcer;
  #cancelOpening = () => {};
  #stopUpdates = () => {};
  #cancelLock = () => {};
  #isClosed = false;

  constructor(element, options) {
    super();
    const { base = "", show, ...others } = options;
    this.#base = base.replace(/\/$/, "");
    this.#id = Number(show);
    this.#announcer = new ChangeAnnouncer(this.#text, (message) => this.announce(message));
    this.#element = element;
    addStyles(element.getRootNode(), new URL("seat-map.css", import.meta.url).href);
    this.#frame = new SeatMapFrame(element);
    this.#takeOptions(others);
    this.#addListeners();
    this.ready = this.#open();
    this.ready.catch(() => {}); // Keeps the console quiet where nobody awaits `ready`.
  }

  /**
   * All seats by number, as in the API's seat map, with the `color` of their category. Half of a sofa has the label of
   * the `otherHalf`.
   */
  get seats() {
    return this.#seats.all;
  }

  /** The chosen seats by number. */
  get chosen() {
    return this.#seats.chosen;
  }

  /** Why no seat can be chosen; empty while seats can be chosen. */
  get lockReason() {
    return this.#seats.lockReason;
  }

  /** `light` or `dark`, or `auto` to follow the `color-scheme` of the page. */
  get theme() {
    return this.#frame.theme;
  }

  set theme(theme) {
    this.#frame.theme = theme ?? "auto";
  }

  /** Finds a seat by its number or label; undefined if there is none. */
  seat(numberOrLabel) {
    return this.#seats.find(numberOrLabel);
  }

  /** Chooses exactly these seats and the other halves of their sofas, except those that are not available. */
  choose(numbers) {
    const before = this.#seats.chosenNumbers;
    this.#seats.choose(numbers);
    const { chosenNumbers, mine } = this.#seats;
    this.#update(new Set([...before, ...numbers, ...chosenNumbers]));
    this.#frame.startAt(mine[0] ?? chosenNumbers[0]);
    this.#emit("choice");
  }

  /** Marks the seats that the visitor has held or booked, by number, and no others. */
  set mine(numbers) {
    const affected = new Set([...this.#seats.mine, ...numbers]);
    this.#seats.mine = numbers;
    const { chosenNumbers, mine } = this.#seats;
    const choosable = chosenNumbers.filter((number) => this.#seats.isChoosable(number));
    if (choosable.length < chosenNumbers.length) this.choose(choosable);
    this.#update(affected);
    this.#frame.startAt(mine[0]);
  }

  get mine() {
    return this.#seats.mine;
  }

  /**
   * The user's hold as the API returns it, `{seat_numbers, expires_at}`; null if there is none. A hold ends when it
   * expires or is released, and not when its seats are booked.
   */
  get held() {
    return this.#hold.current;
  }

  /**
   * Holds exactly the chosen seats. Like the next three methods, it needs the `token`. They resolve to the hold, or
   * reject with an error that has the `message` for the visitor, the HTTP `status`, and the `code` and `body` of the
   * problem. Without a `status`, no answer arrived: `loadHold()` finds out what happened.
   */
  hold() {
    return this.#hold.put({ seat_numbers: this.#seats.chosenNumbers });
  }

  /** Finds and holds the best adjacent seats, for example `holdBest(2, { category: "Balcony", accessible: true })`. */
  holdBest(count, { category, accessible } = {}) {
    return this.#hold.put({ best: count, category, accessible });
  }

  /** Loads the hold that the user has made before, for example on another page. */
  loadHold() {
    return this.#hold.load();
  }

  releaseHold() {
    return this.#hold.release();
  }

  /** Ends choosing for good. Shows `reason`, and announces it to visitors who try. */
  lock(reason) {
    if (this.lockReason && !this.opensAt) return;
    this.#cancelOpening();
    this.opensAt = null;
    this.#seats.lockReason = reason;
    this.#frame.showNotice(reason);
    this.choose([]);
    this.#drawing?.updateAll();
    this.#showChange();
    this.#emit("locked", { reason });
  }

  /** Moves the focus to a seat, by default to the one that had it last. */
  focus(number) {
    const seat = this.#seats.has(number) ? number : this.#drawing?.tabStop;
    if (seat) this.#focusSeat(seat);
  }

  /** Moves the hall so that a seat is in view. */
  reveal(number) {
    this.#frame.reveal(number);
  }

  /** Lets screen readers read a text. */
  announce(message) {
    this.#frame.announce(message);
  }

  /**
   * Changes options of the open map, all but `base` and `show`. Keeps the others, the focus, and the chosen seats that
   * may still be chosen. Resolves when the map shows the change.
   */
  async setOptions(options) {
    this.#takeOptions(options);
    if (!(await this.#loadWords()) || !this.show) return;
    const { show, version, counts, prices, seats } = this;
    this.#draw({ show, version, counts, layout: this.#layout, prices, seats });
    if (this.lockReason) this.#frame.showNotice(this.lockReason);
  }

  /** Removes the map from the page and stops live updates. */
  close() {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#stopUpdates();
    this.#cancelLock();
    this.#cancelOpening();
    this.#announcer.close();
    this.#hold.close();
    this.#frame.close();
    this.#element.replaceChildren();
  }

  // --- loading and drawing ----------------------------------------------------------

  #takeOptions(options) {
    this.#options = { ...this.#options, ...options };
    const { most, limits, selectable } = this.#options;
    this.#seats.rules = { most: Number(most ?? 10), limits: limits ?? {}, selectable: selectable ?? (() => true) };
    if ("token" in options) this.token = options.token;
    this.theme = "theme" in options ? options.theme : this.theme;
  }

  /** Loads the words of the options. Resolves to false if other options or the end of the map came first. */
  async #loadWords() {
    const options = this.#options;
    const loaded = (await wordsIn(options.language)).with("map", options.texts);
    if (this.#isClosed || options !== this.#options) return false;
    this.#words = loaded;
    this.#frame.setWords(loaded);
    return true;
  }

  /** Loads the map. If that fails, shows why and a button that tries again. */
  async #open() {
    await this.#loadWords();
    if (this.#isClosed) return;
    this.#frame.showNotice(this.#text("map.loading"));
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
    const map = await getSeatMap(this.#base, this.#id, this.#words);
    if (this.#isClosed) return;
    const lost = this.#draw(map);
    this.#frame.showNotice(this.lockReason);
    if (lost.length) this.#emit("lost", { labels: lost });
    this.#lockInTime(map.show);
    this.#stopUpdates();
    this.#stopUpdates = followSeats({
      base: this.#base,
      show: this.#id,
      since: map.version,
      onUpdate: (update) => this.#applyUpdate(update),
      onStale: (stale) => {
        if (!this.lockReason) this.#frame.showNotice(stale ? this.#text("map.stale") : "", { isAlert: stale });
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
      if (![404, 410].includes(error.status)) throw error;
      if (!this.#isClosed) this.#handleGone();
    }
  }

  #handleGone() {
    this.lock(this.#text("map.removed"));
    this.#emit("gone");
  }

  /** Draws a map of the API. Returns the labels of chosen seats that can't be chosen any more. */
  #draw({ show, version, counts, layout, prices, seats }) {
    const focusedBefore = this.#seats.get(seatNumberOf(this.#element.getRootNode().activeElement));
    const colors = new Map(layout.categories.map(({ name, color }) => [name, color]));
    Object.assign(this, { show, version, counts, prices, categories: layout.categories });
    this.#layout = layout;
    this.#seatWords = new SeatWords(this.#words, prices, this.#options.formatPrice ?? undefined);
    this.#waitForSale(show.on_sale_from);
    const labels = new Map(seats.map((seat) => [seat.seat_number, seat.label]));
    const lost = this.#seats.replace(
      seats.map((seat) => ({ ...seat, color: colors.get(seat.category), otherHalf: labels.get(seat.pair) })),
    );
    const name = this.#text("map.seatsOf", { screen: isolate(show.screen_name) });
    this.#drawing = new Drawing(rowsOf(this.seats), name, layout, {
      stateOf: (number) => this.#seats.state(number),
      describe: (number) => this.#attributes(number),
      text: this.#text,
    });
    // The middle of a hall may be empty, for example a court. The map begins where there are seats.
    const tabStop = (this.seat(focusedBefore?.label) ?? this.chosen[0] ?? centerSeat(this.seats))?.seat_number;
    if (tabStop) this.#setTabStop(tabStop);
    this.#frame.setLegend(this.#seatWords.legend(this.categories, this.seats));
    this.#frame.setDrawing(this.#drawing, (number) => this.#seats.state(number), tabStop);
    this.#showChange();
    if (focusedBefore) this.focus();
    this.#emit("hall");
    this.#emit("change", { version, counts });
    this.#emit("choice");
    return lost;
  }

  /** Locks the map when the show begins, or at once if it was called off. */
  #lockInTime({ status, date_time }) {
    this.#cancelLock();
    if (status === "cancelled") this.lock(this.#text("map.calledOff"));
    this.#cancelLock = callAt(Date.parse(date_time), () => this.lock(this.#text("map.started")));
  }

  /** Keeps seats from being chosen until the sale begins. */
  #waitForSale(onSaleFrom) {
    this.#cancelOpening();
    if (this.lockReason && !this.opensAt) return;
    const opensAt = onSaleFrom ? Date.parse(onSaleFrom) + CLOCK_ERROR_MS : 0;
    this.opensAt = opensAt > now() ? opensAt : null;
    this.#seats.lockReason = this.opensAt ? this.#text("map.notOnSale") : "";
    if (this.opensAt) this.#cancelOpening = callAt(opensAt, () => this.#openSale());
  }

  #openSale() {
    this.opensAt = null;
    this.#seats.lockReason = "";
    this.#frame.showNotice("");
    this.#drawing?.updateAll();
    this.#showChange();
    this.announce(this.#text("map.saleBegun"));
    this.#emit("opened");
  }

  #addListeners() {
    this.#frame.addListener("click", (event) => {
      if (this.#frame.isFar) this.#frame.comeNear(event);
      else this.#toggle(seatNumberOf(event.target));
    });
    this.#frame.addListener("keydown", (event) => this.#handleKey(event));
    this.#frame.addListener("focusin", (event) => this.#showDescription(seatNumberOf(event.target)));
    this.#frame.addListener("pointerover", (event) => {
      if (event.pointerType === "mouse" && !event.buttons) this.#showDescription(seatNumberOf(event.target));
    });
    for (const type of ["pointerleave", "focusout"]) this.#frame.addListener(type, () => this.#showDescription());
  }

  // --- seats ------------------------------------------------------------------------

  #description(number) {
    return this.#seatWords.describe(this.#seats.get(number), this.#seats.state(number));
  }

  /** The ARIA attributes of a seat's cell. */
  #attributes(number) {
    const isChosen = this.#seats.isChosen(number);
    return {
      "aria-label": this.#description(number),
      "aria-selected": String(isChosen),
      "aria-disabled": isChosen || this.#seats.isChoosable(number) ? null : "true",
    };
  }

  /** Shows the states of these seats. */
  #update(numbers) {
    if (!this.#drawing) return;
    for (const number of numbers) this.#drawing.update(number);
    this.#showChange();
  }

  #showChange() {
    this.#frame.update(new Set(this.#seats.chosenNumbers.map((number) => this.#drawing?.place(number)?.row)));
  }

  #toggle(number) {
    if (!this.#seats.has(number)) return;
    this.#focusSeat(number);
    const limit = this.#seats.exceededLimit(number);
    if (this.#seats.isChosen(number)) {
      this.#seats.remove(number);
    } else if (!this.#seats.isChoosable(number)) {
      this.announce(this.lockReason || this.#text("map.chooseAnother", { seat: this.#description(number) }));
      this.#emit("refused", { seat: this.#seats.get(number), state: this.#seats.state(number) });
      return;
    } else if (limit) {
      const inWords = (key) =>
        [isolate(limit.category ?? ""), this.#text(key, { count: limit.most })].filter(Boolean).join(": ");
      this.announce(inWords("map.limitReached"));
      this.#frame.setDescription([inWords("map.limit")], this.#drawing.cell(number));
      this.#emit("full", limit);
      return;
    } else {
      this.#seats.add(number);
    }
    this.#update(this.#seats.unit(number));
    this.#showDescription(number);
    this.announce(this.#text("map.toggled", { seat: this.#description(number), count: this.chosen.length }));
    this.#emit("choice");
  }

  #handleKey(event) {
    const seat = this.#seats.get(seatNumberOf(event.target));
    if (!seat || event.altKey || event.metaKey) return;
    const seats = this.seats;
    const row = this.#drawing.rows[this.#drawing.place(seat.seat_number).row].map((place) => place.seat);
    let next;
    if (event.key.startsWith("Arrow")) next = seatInDirection(event.key, seat, seats, row);
    else if (event.key === "Home") next = event.ctrlKey ? seats[0] : row[0];
    else if (event.key === "End") next = event.ctrlKey ? seats.at(-1) : row.at(-1);
    else if (event.key !== " " && event.key !== "Enter") return;
    else if (!event.repeat) this.#toggle(seat.seat_number);
    event.preventDefault();
    if (next) this.#focusSeat(next.seat_number);
  }

  /** Focuses a seat and makes it the only tab stop of the grid. */
  #focusSeat(number) {
    if (this.#frame.isFar) this.#frame.comeNear({}, number);
    const cell = this.#setTabStop(number);
    cell.focus({ preventScroll: true });
    cell.scrollIntoView({ block: "nearest", inline: "nearest" });
    this.#showDescription(number);
  }

  #setTabStop(number) {
    const before = this.#drawing.tabStop;
    const cell = this.#drawing.cell(number);
    if (before && before !== number) this.#drawing.cell(before).setAttribute("tabindex", "-1");
    this.#drawing.tabStop = number;
    cell.setAttribute("tabindex", "0");
    return cell;
  }

  #showDescription(number) {
    const seat = this.#seats.get(number);
    const parts = seat ? this.#seatWords.parts(seat, this.#seats.state(number)) : [];
    this.#frame.setDescription(parts, seat && this.#drawing.cell(number));
    if (this.#hovered === (seat ?? null)) return;
    this.#hovered = seat ?? null;
    this.#emit("hover", { seat: this.#hovered });
  }

  async #callHold(method, body, query = "") {
    const token = typeof this.token === "function" ? await this.token() : this.token;
    return callApi(method, `${this.#base}/shows/${this.#id}/hold/${query}`, this.#words, { body, token });
  }

  // --- live updates -----------------------------------------------------------------

  #applyUpdate(update) {
    // An update without seats says that the layout has changed. So does another number of seats.
    const isNewLayout = !update.complete && update.seats.length === 0;
    // All seats of a show that was called off are blocked. Only the map says whether it was.
    const mayBeCalledOff = update.counts.blocked === update.counts.total && !this.lockReason;
    if (update.counts.total !== this.#seats.count || isNewLayout || mayBeCalledOff) {
      this.#stopUpdates();
      this.#stopUpdates = repeatWithBackoff(() => this.#reload());
      return;
    }
    Object.assign(this, { version: update.version, counts: update.counts });
    const { changed, lost, hasChoiceChanged, taken, freed } = this.#seats.applyStatuses(update.seats);
    this.#update(changed);
    this.#emit("change", { version: this.version, counts: this.counts });
    if (hasChoiceChanged) this.#emit("choice");
    if (lost.length) this.#emit("lost", { labels: lost });
    this.#announcer.add(taken, freed, this.counts.available);
  }

  #emit(name, detail) {
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }
}

/** The number of the seat that an element of the drawing belongs to; NaN if it belongs to none. */
function seatNumberOf(element) {
  return Number(element?.closest?.("[data-seat]")?.dataset.seat);
}
