/** The page of one show: its seat map, and the steps from a choice of seats to a booking. */

import { isUnanswered, onSessionChange, post, put, remove, session } from "./api.js";
import { repeatWithBackoff } from "./backoff.js";
import { Basket } from "./basket.js";
import { bestSeatsForm } from "./best-seats.js";
import { isolate } from "./bidi.js";
import { now } from "./clock.js";
import { confirmInDialog } from "./confirm-dialog.js";
import { h } from "./dom.js";
import { formatDateTime, formatDuration, formatWait, joinWithAnd, pluralize } from "./format.js";
import { Hold } from "./hold.js";
import { requireLogin } from "./login-dialog.js";
import { OwnSeats } from "./own-seats.js";
import { lostSeatsMessage, problemMessage } from "./problem-messages.js";
import { SHOW_STARTED, SeatMap } from "./seat-map.js";
import { storedValue } from "./storage.js";

/** Renders the page into `main`; `maxSeats` is the limit of one hold. Resolves to a function that cleans up. */
export async function showPage(main, id, maxSeats) {
  const page = new ShowPage(main, id, maxSeats);
  await page.open();
  return () => page.close();
}

/** An idempotency key. `crypto.randomUUID` would need HTTPS. */
const randomKey = () => Array.from(crypto.getRandomValues(new Uint32Array(4)), (part) => part.toString(36)).join("-");

class ShowPage {
  constructor(main, id, maxSeats) {
    this.id = Number(id);
    this.path = `/shows/${id}`;
    this.isLoaded = false;
    this.isBusy = false;
    this.unanswered = null; // The last request, if its answer was lost.
    this.stopRetrying = null; // Set while loading the visitor's seats has failed and is tried again.
    this.attempt = null; // The idempotency key of a booking that has no answer yet, and the seats it is for.
    this.expiredNumbers = []; // Seats of an expired hold. The map may show them as held for another moment.
    this.storedChoice = storedValue(`cinema.choice.${id}`, "sessionStorage"); // Labels, to restore after a reload.
    const labels = this.storedChoice.get();
    this.labelsToRestore = Array.isArray(labels) ? labels : [];
    this.hold = new Hold({
      onTick: (timeLeft) => this.basket.setTimeLeft(timeLeft),
      onWarn: (seconds) => this.map.announce(`Your hold expires in ${seconds} seconds.`),
      onExpire: (seats) => this.handleExpiredHold(seats),
    });
    this.own = new OwnSeats(this.id, this.hold);
    this.username = session()?.username;
    this.basket = new Basket({
      onSubmit: () => (this.isChoiceHeld() ? this.bookHold() : this.holdSeats({ seat_numbers: this.chosenNumbers() })),
      onExtend: () => this.holdSeats({ seat_numbers: this.hold.seats }),
      onRelease: () => this.releaseHold(),
      onRemove: (number) => this.map.choose(this.chosenNumbers().filter((other) => other !== number)),
    });
    this.bestSeats = bestSeatsForm(maxSeats, (data) => this.holdBestSeats(data));
    this.title = h("h1", { tabindex: -1 }, "…");
    this.details = h("p", { class: "quiet" });
    this.availability = h("p", { class: "free" });
    const hall = h("div", { class: "hall" });
    const facts = [this.title, this.details, this.availability];
    const header = h("header", {}, facts, this.bestSeats.element);
    main.append(header, h("div", { class: "show" }, hall, this.basket.element));
    this.map = new SeatMap(hall, { show: id, most: maxSeats });
    this.addListeners(maxSeats);
  }

  addListeners(maxSeats) {
    this.map.addEventListener("choice", () => this.handleChoice());
    this.map.addEventListener("change", () => this.handleChange());
    this.map.addEventListener("hall", () => this.handleNewHall());
    // During a request, lost seats may be those that the request itself holds or books.
    this.map.addEventListener("lost", ({ detail }) => this.isBusy || this.showLostSeats(detail.labels.map(isolate)));
    this.map.addEventListener("full", () => {
      this.basket.showMessage(`You can choose ${pluralize(maxSeats, "seat")} at most. Remove one to choose another.`);
    });
    this.map.addEventListener("locked", () => this.endSale());
    this.map.addEventListener("opened", () => this.beginSale());
    this.map.addEventListener("stale", ({ detail }) => {
      if (!detail.stale && this.stopRetrying) this.loadOwnSeats();
    });
    this.unsubscribeSession = onSessionChange(() => this.handleSession());
    // The visitor may have held or booked seats on another device.
    this.handleVisibility = () => document.hidden || this.loadOwnSeats();
    document.addEventListener("visibilitychange", this.handleVisibility);
    // The visitor may hold, book or release seats in another tab.
    this.otherTabs = new BroadcastChannel("cinema");
    this.otherTabs.onmessage = ({ data }) => data === this.id && this.loadOwnSeats();
    // On small screens the basket covers the bottom of the hall. The style sheet keeps focused elements above it.
    this.basketObserver = new ResizeObserver(() => {
      document.documentElement.style.setProperty("--basket", `${this.basket.element.offsetHeight}px`);
    });
    this.basketObserver.observe(this.basket.element);
  }

  async open() {
    try {
      await this.map.ready;
    } catch (error) {
      this.close();
      throw error;
    }
    this.isLoaded = true;
    const { movie, screen_name, date_time } = this.map.show;
    const start = formatDateTime(date_time);
    this.title.replaceChildren(h("bdi", {}, movie.title));
    document.title = `${isolate(movie.title)}, ${start} – Cinema`;
    const duration = formatDuration(movie.duration_minutes);
    this.details.replaceChildren(`${start} · `, h("bdi", {}, screen_name), ` · ${duration}`);
    this.map.choose(this.labelsToRestore.map((label) => this.map.seat(label)?.seat_number));
    const lost = this.labelsToRestore.filter((label) => !this.map.chosen.some((seat) => seat.label === label));
    await this.loadOwnSeats();
    if (lost.length && !this.hold.seats.length && !this.map.lockReason) this.showLostSeats(lost.map(isolate));
  }

  close() {
    this.isClosed = true;
    clearInterval(this.saleTicker);
    this.stopRetrying?.();
    this.unsubscribeSession();
    document.removeEventListener("visibilitychange", this.handleVisibility);
    this.otherTabs.close();
    this.basketObserver.disconnect();
    document.documentElement.style.removeProperty("--basket");
    this.hold.stop();
    this.map.close();
  }

  // --- the visitor's seats ------------------------------------------------------------

  /**
   * Loads what the visitor holds and has booked for this show. Resolves to whether that worked. If not, it is tried
   * again until it works, and until then everything stays as it is.
   */
  async loadOwnSeats() {
    this.stopRetrying?.();
    this.stopRetrying = null;
    if (!this.map.show || this.isClosed) return false;
    try {
      await this.tryToLoadOwnSeats();
      return true;
    } catch (problem) {
      this.stopRetrying?.();
      if (!this.isClosed) {
        this.stopRetrying = repeatWithBackoff(() => this.tryToLoadOwnSeats(), 0, problem.retryAfterSeconds * 1000 || 1000);
      }
      return false;
    }
  }

  async tryToLoadOwnSeats() {
    if (!(await this.own.load()) || this.isClosed) return;
    this.stopRetrying = null;
    if (this.map.lockReason) this.hold.stop();
    this.markOwnSeats();
    const call = this.unanswered;
    this.unanswered = null;
    if (call) this.settle(call);
    if (!this.chosenNumbers().length) this.map.choose(this.hold.seats);
  }

  handleSession() {
    // The seats of one user must not stay on the page of another, even if loading fails.
    if (session()?.username !== this.username) {
      this.username = session()?.username;
      this.unanswered = this.attempt = null;
      this.own.clear();
      this.markOwnSeats();
    }
    this.loadOwnSeats();
  }

  markOwnSeats() {
    this.map.mine = this.own.numbers;
    this.updateBasket();
  }

  handleExpiredHold(seats) {
    if (this.stopRetrying || this.unanswered) {
      // The cinema does not answer. It may have extended the hold or booked the seats already.
      this.own.unconfirmed = [...this.own.unconfirmed, ...seats];
      this.unanswered ??= { seats, held: seats, isDone: () => this.hold.seats.length > 0, finish: () => {} };
      this.markOwnSeats();
      return;
    }
    this.attempt = null;
    this.expiredNumbers = [...new Set([...this.chosenNumbers(), ...seats])];
    this.markOwnSeats();
    this.rechooseExpiredSeats();
    this.basket.showMessage("Your hold has expired, and the seats are available again. Hold them again to book them.");
  }

  /** Chooses the seats of an expired hold again, once the map shows them as available. */
  rechooseExpiredSeats() {
    const available = this.expiredNumbers.filter((number) => this.map.seat(number)?.status === "available");
    if (!available.length) return;
    this.expiredNumbers = this.expiredNumbers.filter((number) => !available.includes(number));
    this.map.choose([...this.chosenNumbers(), ...available]);
  }

  // --- hold, book, release ------------------------------------------------------------

  /** Holds seats, after a login if needed. `data` is the request body: `seat_numbers`, or `best` and its options. */
  async holdSeats(data) {
    this.basket.clearMessage();
    const isNewLogin = !session();
    if (!(await requireLogin("Log in to hold your seats. Your choice is kept.")) || this.isClosed) return;
    if (isNewLogin) await this.loadOwnSeats();
    const { seats: heldBefore, expiresAt } = this.hold;
    if (isNewLogin && heldBefore.length) {
      this.basket.showMessage(`You already hold ${this.formatLabels(heldBefore)} here. Try again to replace that hold.`);
      this.basket.focus();
      return;
    }
    const requested = data.seat_numbers ?? [];
    await this.runRequest({
      seats: requested,
      send: async () => {
        // The stream may report the hold before the response arrives. Seats marked as ours don't count as lost then.
        this.map.mine = [...this.map.mine, ...requested];
        this.own.setHold(await put(`${this.path}/hold/`, data));
      },
      isDone: () => this.hold.expiresAt > expiresAt,
      finish: () => {
        this.markOwnSeats();
        // Keeps seats that the visitor chose during the request.
        const chosenSince = data.seat_numbers ? this.chosenNumbers().filter((number) => !requested.includes(number)) : [];
        this.map.choose([...this.hold.seats, ...chosenSince]);
        this.basket.clearMessage();
        this.map.announce(`${this.formatLabels(this.hold.seats)} held for you. ${this.basket.countdownText}.`);
      },
    });
    this.basket.focus();
  }

  /** Asks before it replaces a running hold, because the visitor does not know which seats they will get. */
  async holdBestSeats(data) {
    const question = () => `You hold ${this.formatLabels(this.hold.seats)}. Give them back and find other seats?`;
    if (this.isBusy) return;
    if (this.hold.seats.length && !(await confirmInDialog(question(), "Keep them", "Find other seats"))) return;
    if (!this.isClosed) await this.holdSeats(data);
  }

  bookHold() {
    const numbers = this.hold.seats;
    // The same key with each attempt until there is an answer: the server then books once.
    if (this.attempt?.seats !== numbers.join()) this.attempt = { seats: numbers.join(), key: randomKey() };
    return this.runRequest({
      seats: numbers,
      send: async () => {
        await post(`${this.path}/hold/book/`, undefined, { "Idempotency-Key": this.attempt.key });
        this.own.setBooked(numbers);
      },
      isDone: () => this.own.areBooked(numbers),
      finish: () => this.showBooked(numbers),
    });
  }

  showBooked(numbers) {
    this.attempt = null;
    this.map.choose([]);
    this.markOwnSeats();
    const link = h("a", { href: "#/bookings" }, "My bookings");
    this.basket.showMessage(`Booked: ${this.formatLabels(numbers)}. Enjoy the show!`, [link], { isSuccess: true });
    link.focus();
  }

  releaseHold() {
    return this.runRequest({
      seats: this.hold.seats,
      send: async () => {
        await remove(`${this.path}/hold/`);
        this.own.setHold(null);
      },
      isDone: () => !this.hold.seats.length,
      finish: () => {
        this.markOwnSeats();
        this.map.choose([]);
        this.map.focus();
      },
    });
  }

  /**
   * Runs a request with the buttons disabled, shows the problem if it fails, and notifies the visitor's other tabs.
   *
   * `send()` sends it and stores its result, and `finish()` shows the result. If the answer is lost, the visitor's
   * seats are loaded, and `isDone()` tells from them whether the server did it. `seats` are those of the request.
   */
  async runRequest(call) {
    this.basket.clearMessage();
    this.expiredNumbers = [];
    this.isBusy = true;
    this.updateBasket();
    const held = this.hold.seats;
    try {
      await call.send();
      this.unanswered = this.attempt = null;
      call.finish();
    } catch (problem) {
      if (isUnanswered(problem)) await this.handleLostAnswer({ ...call, held }, problem);
      else await this.handleProblem(problem);
    } finally {
      this.isBusy = false;
      this.updateBasket();
      this.otherTabs.postMessage(this.id);
    }
  }

  // --- lost answers -------------------------------------------------------------------

  async handleLostAnswer(call, problem) {
    const message = problemMessage(problem, (numbers) => this.formatLabels(numbers));
    this.own.unconfirmed = [...new Set([...this.own.unconfirmed, ...call.seats])];
    this.unanswered = { ...call, message };
    this.markOwnSeats();
    if (await this.loadOwnSeats()) return;
    this.unanswered = { ...call, message: "The cinema answers again, and nothing has changed. Please try again." };
    this.basket.showMessage(`${message} Your seats stay here. You can't book them twice by trying again.`);
  }

  /** Shows the result of a call whose answer was lost, once the visitor's seats are loaded. */
  settle({ seats, held, isDone, finish, message }) {
    // A change that the map reported since the call may have removed them.
    this.map.choose([...this.chosenNumbers(), ...seats]);
    const lost = seats.filter((number) => !this.chosenNumbers().includes(number));
    if (isDone()) finish();
    else if (this.own.areBooked(seats)) this.showBooked(seats); // By an earlier call, whose answer was lost too.
    else if (held.length && !this.hold.seats.length) this.handleExpiredHold(held);
    else if (lost.length) this.showLostSeats(lost.map((number) => this.formatLabels([number])));
    else this.basket.showMessage(message);
  }

  // --- problems -----------------------------------------------------------------------

  async handleProblem(problem) {
    const { code, body = {} } = problem;
    const requested = this.hold.seats.length ? this.hold.seats : this.chosenNumbers();
    this.unanswered = this.attempt = null;
    // An earlier call, whose answer was lost, may have booked the seats.
    if (code === "no_hold" || code === "seat_taken") await this.loadOwnSeats();
    else this.markOwnSeats();
    if (this.own.areBooked(requested)) {
      this.showBooked(requested);
    } else if (code === "no_hold") {
      this.handleExpiredHold(requested);
    } else if (code === "show_started") {
      this.map.lock(SHOW_STARTED);
    } else if (body.alternatives) {
      const lost = body.seats ?? requested;
      this.map.choose(this.chosenNumbers().filter((number) => !lost.includes(number)));
      this.showLostSeats(lost.map((number) => this.formatLabels([number])), code, body.alternatives);
    } else if (problem.status === 401) {
      const onclick = async () => (await requireLogin()) && this.basket.clearMessage();
      const logIn = h("button", { type: "button", onclick }, "Log in");
      this.basket.showMessage("You have been logged out. Your choice is kept: log in to continue.", [logIn]);
    } else {
      this.basket.showMessage(problemMessage(problem, (numbers) => this.formatLabels(numbers)));
    }
  }

  /** Tells the visitor which seats they can't have, and offers the alternatives that are still available. */
  showLostSeats(labels, code, alternatives = []) {
    const buttons = alternatives
      .filter((number) => this.map.seat(number)?.status === "available")
      .map((number) => h("button", { type: "button", onclick: () => this.addSeat(number) }, this.formatLabels([number])));
    const nextStep = buttons.length ? "Available nearby:" : "Choose other seats.";
    this.basket.showMessage(`${lostSeatsMessage(labels, code)} ${nextStep}`, buttons);
  }

  addSeat(number) {
    this.basket.clearMessage();
    this.map.choose([...this.chosenNumbers(), number]);
    this.basket.focus();
  }

  /** Counts down to the begin of the sale. */
  waitForSale() {
    clearInterval(this.saleTicker);
    const tick = () => (this.availability.textContent = `On sale in ${formatWait(this.map.opensAt - now())}`);
    this.saleTicker = setInterval(tick, 1000);
    tick();
    this.bestSeats.element.hidden = true;
  }

  beginSale() {
    clearInterval(this.saleTicker);
    this.bestSeats.element.hidden = false;
    this.handleChange();
    this.updateBasket();
  }

  /** Stops holding and booking on this page, because the map is locked, and shows why. */
  endSale() {
    clearInterval(this.saleTicker);
    this.hold.stop();
    this.markOwnSeats();
    this.bestSeats.element.hidden = true;
    this.availability.textContent = "Not on sale";
    this.basket.showMessage(this.map.lockReason, [h("a", { href: "#/" }, "What is on")]);
  }

  // --- events of the map --------------------------------------------------------------

  handleChoice() {
    this.updateBasket();
    this.storedChoice.set(this.map.chosen.map((seat) => seat.label));
  }

  handleChange() {
    if (this.map.lockReason) return;
    const { available, total } = this.map.counts;
    this.availability.textContent = available ? `${available} of ${pluralize(total, "seat")} available` : "Sold out";
    this.rechooseExpiredSeats();
  }

  handleNewHall() {
    if (this.map.opensAt) this.waitForSale();
    this.bestSeats.setOptions(this.map.categories, this.map.seats.some((seat) => seat.accessible));
    // A new layout may have new seat numbers, so the visitor's own are loaded again. `open` loads them the first time.
    if (this.isLoaded) this.loadOwnSeats();
  }

  // --- choice and hold ----------------------------------------------------------------

  /** The seats in the basket. Those of a call without an answer stay there, whatever the map shows. */
  chosenNumbers() {
    const numbers = this.map.chosen.map((seat) => seat.seat_number);
    return [...new Set([...numbers, ...this.own.unconfirmed])].sort((a, b) => a - b);
  }

  /** `C7, C8 and C9`. */
  formatLabels(numbers) {
    return joinWithAnd(numbers.map((number) => isolate(this.map.seat(number)?.label ?? `Seat ${number}`)));
  }

  /** Whether the visitor holds exactly the chosen seats. */
  isChoiceHeld() {
    const chosen = this.chosenNumbers();
    const held = this.hold.seats;
    return held.length > 0 && held.length === chosen.length && held.every((number) => chosen.includes(number));
  }

  updateBasket() {
    this.basket.update({
      chosen: this.chosenNumbers().map((number) => this.map.seat(number)),
      heldCount: this.hold.seats.length,
      isChoiceHeld: this.isChoiceHeld(),
      isBusy: this.isBusy,
      isLocked: Boolean(this.map.lockReason),
    });
  }
}
