/** The page of one show: its seat map, and the steps from a choice of seats to a booking. */

import { NetworkError, get, getAllPages, now, onSessionChange, post, put, remove, session } from "./api.js";
import { Basket } from "./basket.js";
import { bestSeatsForm } from "./best-seats.js";
import { h } from "./dom.js";
import { formatDateTime, formatDuration, joinWithAnd, pluralize } from "./format.js";
import { Hold } from "./hold.js";
import { requireLogin } from "./login-dialog.js";
import { lostSeatsMessage, problemMessage } from "./problem-messages.js";
import { SeatMap } from "./seat-map.js";
import { storedValue } from "./storage.js";

const SHOW_STARTED = "This show has started. Its seats are no longer on sale.";
// The longest delay that browsers accept for a timer.
const MAX_TIMER_MS = 2 ** 31 - 1;

/** Renders the page into `main`; `maxSeats` is the limit of one hold. Resolves to a function that cleans up. */
export async function showPage(main, id, maxSeats) {
  const page = new ShowPage(main, id, maxSeats);
  await page.open();
  return () => page.close();
}

class ShowPage {
  constructor(main, id, maxSeats) {
    this.id = Number(id);
    this.path = `/shows/${id}`;
    this.isLoaded = false;
    this.isBusy = false;
    this.bookedNumbers = []; // Seats of this show that the visitor has booked.
    this.expiredNumbers = []; // Seats of an expired hold. The map may show them as held for another moment.
    this.storedChoice = storedValue(`cinema.choice.${id}`, "sessionStorage"); // Labels, to restore after a reload.
    const labels = this.storedChoice.get();
    this.labelsToRestore = Array.isArray(labels) ? labels : [];
    this.hold = new Hold({
      onTick: (timeLeft) => this.basket.setTimeLeft(timeLeft),
      onWarn: (seconds) => this.map.announce(`Your hold expires in ${seconds} seconds.`),
      onExpire: () => this.handleExpiredHold(),
    });
    this.basket = new Basket({
      onSubmit: () => (this.isChoiceHeld() ? this.bookHold() : this.holdSeats({ seat_numbers: this.chosenNumbers() })),
      onExtend: () => this.holdSeats({ seat_numbers: this.hold.seats }),
      onRelease: () => this.releaseHold(),
      onRemove: (number) => this.map.choose(this.chosenNumbers().filter((other) => other !== number)),
    });
    this.bestSeats = bestSeatsForm(maxSeats, (data) => this.holdSeats(data));
    this.title = h("h1", { tabindex: -1 }, "…");
    this.details = h("p", { class: "quiet" });
    this.availability = h("p", { class: "free" }, "Loading the seats…");
    this.connectionStatus = h("p", { class: "stale", role: "status" });
    const hall = h("div", { class: "hall" });
    const facts = [this.title, this.details, this.availability, this.connectionStatus];
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
    this.map.addEventListener("lost", ({ detail }) => this.isBusy || this.showLostSeats(detail.labels));
    this.map.addEventListener("full", () => {
      this.basket.showMessage(`You can choose ${pluralize(maxSeats, "seat")} at most. Remove one to choose another.`);
    });
    this.map.addEventListener("gone", () => this.endSale("This show was removed from the program. Choose another show."));
    this.map.addEventListener("stale", ({ detail }) => {
      this.connectionStatus.textContent = detail.stale
        ? "No connection: the seats shown may be out of date. Reconnecting…"
        : "";
    });
    this.unsubscribeSession = onSessionChange(() => this.loadOwnSeats());
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
    this.title.textContent = movie.title;
    document.title = `${movie.title}, ${start} – Cinema`;
    this.details.textContent = `${start} · ${screen_name} · ${formatDuration(movie.duration_minutes)}`;
    this.scheduleEndOfSale(Date.parse(date_time));
    this.map.choose(this.labelsToRestore.map((label) => this.map.seat(label)?.seat_number));
    const lost = this.labelsToRestore.filter((label) => !this.map.chosen.some((seat) => seat.label === label));
    await this.loadOwnSeats();
    if (lost.length && !this.hold.seats.length) this.showLostSeats(lost);
  }

  close() {
    this.isClosed = true;
    this.unsubscribeSession();
    this.otherTabs.close();
    this.basketObserver.disconnect();
    document.documentElement.style.removeProperty("--basket");
    clearTimeout(this.endOfSaleTimer);
    this.hold.stop();
    this.map.close();
  }

  // --- the visitor's seats ------------------------------------------------------------

  /** Loads what the visitor holds and has booked for this show, and marks it on the map. */
  async loadOwnSeats() {
    let [bookedNumbers, hold] = [[], null];
    try {
      if (session() && this.map.show) {
        bookedNumbers = await this.getBookedNumbers();
        hold = await get(`${this.path}/hold/`);
      }
    } catch (problem) {
      if (problem.code !== "no_hold" && problem.status !== 401) this.basket.showMessage(problem.message);
    }
    if (this.isClosed) return;
    this.bookedNumbers = bookedNumbers;
    this.hold.stop();
    if (hold) this.hold.start(hold);
    this.markOwnSeats();
    if (!this.chosenNumbers().length) this.map.choose(this.hold.seats);
  }

  async getBookedNumbers() {
    const bookings = await getAllPages("/my-bookings/?status=booked&page_size=200");
    return bookings.filter(({ show }) => show.id === this.id).map((booking) => booking.seat_number);
  }

  markOwnSeats() {
    this.map.mine = [...this.hold.seats, ...this.bookedNumbers];
    this.updateBasket();
  }

  handleExpiredHold() {
    this.expiredNumbers = this.chosenNumbers();
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
    const heldBefore = this.hold.seats;
    if (isNewLogin && heldBefore.length) {
      this.basket.showMessage(`You already hold ${this.formatLabels(heldBefore)} here. Try again to replace that hold.`);
      this.basket.focus();
      return;
    }
    const requested = data.seat_numbers ?? [];
    await this.runRequest(async () => {
      // The stream may report the hold before the response arrives. Seats marked as ours don't count as lost then.
      this.map.mine = [...this.map.mine, ...requested];
      this.hold.start(await put(`${this.path}/hold/`, data));
      this.markOwnSeats();
      // Keeps seats that the visitor chose during the request.
      const chosenSince = data.seat_numbers ? this.chosenNumbers().filter((number) => !requested.includes(number)) : [];
      this.map.choose([...this.hold.seats, ...chosenSince]);
      this.basket.clearMessage();
      this.map.announce(`${this.formatLabels(this.hold.seats)} held for you. ${this.basket.countdownText}.`);
    });
    this.basket.focus();
  }

  bookHold() {
    const numbers = this.hold.seats;
    return this.runRequest(async () => {
      try {
        await post(`${this.path}/hold/book/`);
      } catch (problem) {
        // The server may have booked the seats although the response was lost.
        if (!(problem instanceof NetworkError) || !(await this.areBooked(numbers))) throw problem;
      }
      this.hold.stop();
      this.bookedNumbers.push(...numbers);
      this.map.choose([]);
      this.markOwnSeats();
      const link = h("a", { href: "#/bookings" }, "My bookings");
      this.basket.showMessage(`Booked: ${this.formatLabels(numbers)}. Enjoy the show!`, [link], { isSuccess: true });
      link.focus();
    });
  }

  async areBooked(numbers) {
    const bookedNumbers = await this.getBookedNumbers();
    return numbers.every((number) => bookedNumbers.includes(number));
  }

  releaseHold() {
    return this.runRequest(async () => {
      await remove(`${this.path}/hold/`);
      this.hold.stop();
      this.markOwnSeats();
      this.map.choose([]);
      this.map.focus();
    });
  }

  /** Runs a request with the buttons disabled, shows the problem if it fails, and notifies the visitor's other tabs. */
  async runRequest(action) {
    this.basket.clearMessage();
    this.expiredNumbers = [];
    this.isBusy = true;
    this.updateBasket();
    try {
      await action();
    } catch (problem) {
      await this.handleProblem(problem);
    } finally {
      this.isBusy = false;
      this.updateBasket();
      this.otherTabs.postMessage(this.id);
    }
  }

  // --- problems -----------------------------------------------------------------------

  async handleProblem(problem) {
    const { code, body = {} } = problem;
    const heldBefore = this.hold.seats;
    if (problem instanceof NetworkError || code === "no_hold") await this.loadOwnSeats().catch(() => {});
    else this.markOwnSeats();
    if (code === "no_hold" && heldBefore.every((number) => this.bookedNumbers.includes(number))) {
      this.map.choose([]);
      this.basket.showMessage(`You have already booked ${this.formatLabels(heldBefore)}.`, [], { isSuccess: true });
    } else if (code === "no_hold") {
      this.handleExpiredHold();
    } else if (code === "show_started") {
      this.endSale(SHOW_STARTED);
    } else if (body.alternatives) {
      const lost = body.seats ?? this.chosenNumbers();
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

  /** Stops holding and booking on this page, and shows why. */
  endSale(reason) {
    this.hold.stop();
    this.map.lock(reason);
    this.markOwnSeats();
    this.bestSeats.element.hidden = true;
    this.basket.showMessage(reason, [h("a", { href: "#/" }, "What is on")]);
  }

  /** Ends the sale when the show starts (milliseconds since 1970). */
  scheduleEndOfSale(startsAt) {
    const left = startsAt - now();
    if (left <= 0) this.endSale(SHOW_STARTED);
    else if (left <= MAX_TIMER_MS) this.endOfSaleTimer = setTimeout(() => this.endSale(SHOW_STARTED), left);
  }

  // --- events of the map --------------------------------------------------------------

  handleChoice() {
    this.updateBasket();
    this.storedChoice.set(this.map.chosen.map((seat) => seat.label));
  }

  handleChange() {
    const { available, total } = this.map.counts;
    this.availability.textContent = available ? `${available} of ${pluralize(total, "seat")} available` : "Sold out";
    this.rechooseExpiredSeats();
  }

  handleNewHall() {
    this.bestSeats.setOptions(this.map.categories, this.map.seats.some((seat) => seat.accessible));
    // A new layout may have new seat numbers, so the visitor's own are loaded again. `open` loads them the first time.
    if (this.isLoaded) this.loadOwnSeats();
  }

  // --- choice and hold ----------------------------------------------------------------

  chosenNumbers() {
    return this.map.chosen.map((seat) => seat.seat_number);
  }

  /** `C7, C8 and C9`. */
  formatLabels(numbers) {
    return joinWithAnd(numbers.map((number) => this.map.seat(number)?.label ?? `Seat ${number}`));
  }

  /** Whether the visitor holds exactly the chosen seats. */
  isChoiceHeld() {
    const chosen = this.chosenNumbers();
    const held = this.hold.seats;
    return held.length > 0 && held.length === chosen.length && held.every((number) => chosen.includes(number));
  }

  updateBasket() {
    this.basket.update({
      chosen: this.map.chosen,
      heldCount: this.hold.seats.length,
      isChoiceHeld: this.isChoiceHeld(),
      isBusy: this.isBusy,
    });
  }
}
