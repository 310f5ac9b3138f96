/** The steps from a choice of seats to a booking: holds, books and releases them, also if an answer is lost. */

import { isUnanswered, post, put, remove, session } from "./api.js";
import { confirmInDialog } from "./confirm-dialog.js";
import { h } from "./dom.js";
import { requireLogin } from "./login-dialog.js";
import { lostSeatsMessage, problemMessage } from "./problem-messages.js";
import { formatSum } from "./seat-prices.js";
import { text } from "./words.js";

/** An idempotency key. `crypto.randomUUID` would need HTTPS. */
const randomKey = () => Array.from(crypto.getRandomValues(new Uint32Array(4)), (part) => part.toString(36)).join("-");

export class SeatRequests {
  #show;
  #map;
  #basket;
  #seats;
  #hold;
  #own;
  #prices;
  #onDone;
  #unanswered = null; // The last request, if its answer was lost.
  #attempt = null; // The idempotency key of a booking that has no answer yet, and the seats it is for.
  #expiredNumbers = []; // Seats of an expired hold. The map may show them as held for another moment.
  #isClosed = false;

  /**
   * `seats` are the `BasketSeats`, `own` the `OwnSeats` and `prices` the `SeatPrices` of the show with the id `show`.
   * Calls `onDone()` after each request.
   */
  constructor({ show, map, basket, seats, hold, own, prices, onDone }) {
    this.#show = show;
    this.#map = map;
    this.#basket = basket;
    this.#seats = seats;
    this.#hold = hold;
    this.#own = own;
    this.#prices = prices;
    this.#onDone = onDone;
  }

  close() {
    this.#isClosed = true;
  }

  /** Forgets requests without an answer, because another user has logged in. */
  forget() {
    this.#unanswered = this.#attempt = null;
  }

  /** Holds seats, after a login if needed. `data` is the request body: `seat_numbers`, or `best` and its options. */
  async holdSeats(data) {
    this.#basket.clearMessage();
    const isNewLogin = !session();
    if (!(await requireLogin(text("show.logInToHold"))) || this.#isClosed) return;
    if (isNewLogin) await this.#own.load();
    const { seats: heldBefore, expiresAt } = this.#hold;
    if (isNewLogin && heldBefore.length) {
      this.#basket.showMessage(text("show.alreadyHeld", { seats: this.#seats.formatLabels(heldBefore) }));
      this.#basket.focus();
      return;
    }
    const requested = data.seat_numbers ?? [];
    await this.#runRequest({
      seats: requested,
      send: async () => {
        // The stream may report the hold before the response arrives. Seats marked as ours don't count as lost then.
        this.#map.mine = [...this.#map.mine, ...requested];
        this.#own.setHold(await put(`/shows/${this.#show}/hold/`, data));
      },
      isDone: () => this.#hold.expiresAt > expiresAt,
      finish: () => {
        this.#seats.mark();
        // Keeps seats that the visitor chose during the request.
        const chosenSince = data.seat_numbers ? this.#seats.numbers.filter((number) => !requested.includes(number)) : [];
        this.#map.choose([...this.#hold.seats, ...chosenSince]);
        if (data.best) this.#map.reveal(this.#hold.seats[0]);
        this.#basket.clearMessage();
        this.#map.announce(text("show.held", { seats: this.#seats.formatLabels(this.#hold.seats), time: this.#basket.countdownText }));
      },
    });
    this.#basket.focus();
  }

  /** Asks before it replaces a running hold, because the visitor does not know which seats they will get. */
  async holdBestSeats(data) {
    const question = () => text("show.replaceHold", { seats: this.#seats.formatLabels(this.#hold.seats) });
    if (this.#seats.isBusy) return;
    if (this.#hold.seats.length && !(await confirmInDialog(question(), text("show.keepThem"), text("show.findOthers")))) return;
    if (!this.#isClosed) await this.holdSeats(data);
  }

  bookHold() {
    const numbers = this.#hold.seats;
    // The same key with each attempt until there is an answer: the server then books once.
    const kinds = this.#prices.kindsOf(numbers.map((number) => this.#map.seat(number)));
    const seats = JSON.stringify([numbers, kinds]);
    if (this.#attempt?.seats !== seats) this.#attempt = { seats, key: randomKey() };
    let sum = "";
    return this.#runRequest({
      seats: numbers,
      send: async () => {
        const bookings = await post(`/shows/${this.#show}/hold/book/`, kinds && { kinds }, { "Idempotency-Key": this.#attempt.key });
        sum = formatSum(bookings);
        this.#own.setBooked(numbers);
      },
      isDone: () => this.#own.areBooked(numbers),
      finish: () => this.#showBooked(numbers, sum),
    });
  }

  /** `sum` is what the bookings cost; empty if the show has no prices or the answer was lost. */
  #showBooked(numbers, sum = "") {
    this.#attempt = null;
    this.#map.choose([]);
    this.#seats.mark();
    const link = h("a", { href: "#/bookings" }, text("shell.bookings"));
    const message = text(sum ? "show.bookedFor" : "show.booked", { seats: this.#seats.formatLabels(numbers), sum });
    this.#basket.showMessage(message, [link], { isSuccess: true });
    link.focus();
  }

  releaseHold() {
    return this.#runRequest({
      seats: this.#hold.seats,
      send: async () => {
        await remove(`/shows/${this.#show}/hold/`);
        this.#own.setHold(null);
      },
      isDone: () => !this.#hold.seats.length,
      finish: () => {
        this.#seats.mark();
        this.#map.choose([]);
        this.#map.focus();
      },
    });
  }

  /**
   * Runs a request with the buttons disabled, shows the problem if it fails, and notifies the visitor's other tabs.
   *
   * `send()` sends it and stores its result, and `finish()` shows the result. If the answer is lost, the visitor's
   * seats are loaded, and `isDone()` tells from them whether the server did it. `seats` are those of the request.
   */
  async #runRequest(call) {
    this.#basket.clearMessage();
    this.#expiredNumbers = [];
    this.#seats.isBusy = true;
    this.#seats.show();
    const held = this.#hold.seats;
    try {
      await call.send();
      this.#unanswered = this.#attempt = null;
      call.finish();
    } catch (problem) {
      if (isUnanswered(problem)) await this.#handleLostAnswer({ ...call, held }, problem);
      else await this.#handleProblem(problem);
    } finally {
      this.#seats.isBusy = false;
      this.#seats.show();
      // The visitor may have left the page during the request, which closed the channel.
      if (!this.#isClosed) this.#onDone();
    }
  }

  // --- expired holds ------------------------------------------------------------------

  handleExpiredHold(seats) {
    if (this.#own.isRetrying || this.#unanswered) {
      // The cinema does not answer. It may have extended the hold or booked the seats already.
      this.#own.unconfirmed = [...this.#own.unconfirmed, ...seats];
      this.#unanswered ??= { seats, held: seats, isDone: () => this.#hold.seats.length > 0, finish: () => {} };
      this.#seats.mark();
      return;
    }
    this.#attempt = null;
    this.#expiredNumbers = [...new Set([...this.#seats.numbers, ...seats])];
    this.#seats.mark();
    this.rechooseExpiredSeats();
    this.#basket.showMessage(text("show.expired"));
  }

  /** Chooses the seats of an expired hold again, once the map shows them as available. */
  rechooseExpiredSeats() {
    const available = this.#expiredNumbers.filter((number) => this.#map.seat(number)?.status === "available");
    if (!available.length) return;
    this.#expiredNumbers = this.#expiredNumbers.filter((number) => !available.includes(number));
    this.#seats.add(available);
  }

  // --- lost answers -------------------------------------------------------------------

  async #handleLostAnswer(call, problem) {
    const message = problemMessage(problem, (numbers) => this.#seats.formatLabels(numbers));
    this.#own.unconfirmed = [...new Set([...this.#own.unconfirmed, ...call.seats])];
    this.#unanswered = { ...call, message };
    this.#seats.mark();
    if (await this.#own.load()) return;
    this.#unanswered = { ...call, message: text("show.nothingChanged") };
    this.#basket.showMessage(`${message} ${text("show.safeToRetry")}`);
  }

  /** Shows the result of a request whose answer was lost, once the visitor's seats are loaded. */
  settle() {
    if (!this.#unanswered) return;
    const { seats, held, isDone, finish, message } = this.#unanswered;
    this.#unanswered = null;
    // A change that the map reported since the call may have removed them.
    this.#seats.add(seats);
    const lost = seats.filter((number) => !this.#seats.numbers.includes(number));
    if (isDone()) finish();
    else if (this.#own.areBooked(seats)) this.#showBooked(seats); // By an earlier call, whose answer was lost too.
    else if (held.length && !this.#hold.seats.length) this.handleExpiredHold(held);
    else if (lost.length) this.showLostSeats(lost.map((number) => this.#seats.formatLabels([number])));
    else this.#basket.showMessage(message);
  }

  // --- problems -----------------------------------------------------------------------

  async #handleProblem(problem) {
    const { code, body = {} } = problem;
    const requested = this.#hold.seats.length ? this.#hold.seats : this.#seats.numbers;
    this.#unanswered = this.#attempt = null;
    // An earlier call, whose answer was lost, may have booked the seats.
    if (code === "no_hold" || code === "seat_taken") await this.#own.load();
    else this.#seats.mark();
    if (this.#own.areBooked(requested)) {
      this.#showBooked(requested);
    } else if (code === "no_hold") {
      this.handleExpiredHold(requested);
    } else if (code === "show_started") {
      this.#map.lock(text("map.started"));
    } else if (code === "show_cancelled") {
      this.#map.lock(text("map.calledOff"));
    } else if (body.alternatives) {
      const lost = body.seats ?? requested;
      this.#seats.remove(lost);
      this.showLostSeats(lost.map((number) => this.#seats.formatLabels([number])), code, body.alternatives);
    } else if (problem.status === 401) {
      const onclick = async () => (await requireLogin()) && this.#basket.clearMessage();
      const logIn = h("button", { type: "button", onclick }, text("page.logIn"));
      this.#basket.showMessage(text("show.loggedOut"), [logIn]);
    } else {
      this.#basket.showMessage(problemMessage(problem, (numbers) => this.#seats.formatLabels(numbers)));
    }
  }

  /** Tells the visitor which seats they can't have, and offers the alternatives that are still available. */
  showLostSeats(labels, code, alternatives = []) {
    const buttons = alternatives
      .filter((number) => this.#map.seat(number)?.status === "available")
      .map((number) => h("button", { type: "button", onclick: () => this.#addSeat(number) }, this.#seats.formatLabels([number])));
    const nextStep = text(buttons.length ? "show.nearby" : "show.chooseOthers");
    this.#basket.showMessage(`${lostSeatsMessage(labels, code)} ${nextStep}`, buttons);
  }

  #addSeat(number) {
    this.#basket.clearMessage();
    this.#seats.add([number]);
    this.#basket.focus();
  }
}
