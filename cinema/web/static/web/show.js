/** A show: its seat map, and the way from a choice to a booking. */

import { askWho } from "./account.js";
import { NoAnswer, get, onSession, pages, post, put, remove, session } from "./api.js";
import { Basket } from "./basket.js";
import { bestSeats } from "./best.js";
import { h } from "./dom.js";
import { Hold } from "./hold.js";
import { SeatMap } from "./seat-map.js";
import { and, duration, seats as seatsIn, when } from "./words.js";

/** Draws the page into `main`; resolves to a function that takes leave of it. */
export async function showPage(main, id) {
  const page = new ShowPage(main, id);
  await page.open();
  return () => page.close();
}

class ShowPage {
  constructor(main, id) {
    this.id = Number(id);
    this.path = `/shows/${id}`;
    this.booked = []; // The numbers of the visitor's own booked seats here.
    this.busy = false;
    this.hold = new Hold({ onTick: (left) => this.basket.tick(left), onEnd: () => this.runOut() });
    this.basket = new Basket({
      onGo: () => this.proceed(),
      onGiveBack: () => this.giveBack(),
      onLeaveOut: (number) => this.choose(this.numbers().filter((other) => other !== number)),
    });
    this.best = bestSeats((wish) => this.take(wish));
    this.title = h("h1", { tabindex: -1 }, "…");
    this.facts = h("p", { class: "quiet" });
    this.free = h("p", { class: "free" });
    const hall = h("div", { class: "hall" });
    const side = h("div", { class: "side" }, this.basket.element, this.best.element);
    main.append(h("header", {}, this.title, this.facts, this.free), h("div", { class: "show" }, hall, side));
    this.map = new SeatMap(hall, { show: id });
    this.listen();
  }

  listen() {
    this.map.addEventListener("choice", () => this.chosen());
    this.map.addEventListener("change", () => this.counted());
    this.map.addEventListener("lost", ({ detail }) => this.lost(detail.seats.map((seat) => seat.seat_number)));
    this.map.addEventListener("gone", () => this.basket.say("This show has been called off."));
    this.forget = onSession(() => this.recall());
  }

  async open() {
    try {
      await this.map.ready;
    } catch (error) {
      this.close();
      throw error;
    }
    const { movie, screen_name, date_time } = this.map.show;
    this.title.textContent = movie.title;
    this.facts.textContent = `${when(date_time)} · ${screen_name} · ${duration(movie.duration_minutes)}`;
    this.best.offer(this.map.categories);
    this.choose(kept(this.id));
    await this.recall();
    // What was chosen while the answers were on their way stays.
    this.choose([...new Set([...this.hold.seats, ...this.numbers()])]);
  }

  close() {
    this.forget();
    this.hold.end();
    this.map.close();
  }

  // --- what is the visitor's ----------------------------------------------------------

  /** Finds what the visitor holds and has booked here: they may have come back, or logged in only now. */
  async recall() {
    this.hold.end();
    this.booked = [];
    try {
      if (session()) {
        this.booked = await this.bookedSeats();
        this.hold.begin(await get(`${this.path}/hold/`));
      }
    } catch (problem) {
      if (problem.code !== "no_hold" && problem.status !== 401) this.explain(problem);
    }
    this.mark();
  }

  async bookedSeats() {
    const bookings = await pages("/my-bookings/?status=booked&page_size=200");
    return bookings.filter(({ show }) => show.id === this.id).map((booking) => booking.seat_number);
  }

  mark() {
    this.map.mine = [...this.hold.seats, ...this.booked];
    this.update();
  }

  runOut() {
    this.mark();
    this.basket.say("Your time has run out, and the seats are free again. If you still want them, hold them anew.");
  }

  // --- what the visitor does ----------------------------------------------------------

  choose(numbers) {
    this.map.choose(numbers);
  }

  proceed() {
    return this.isHeld() ? this.book() : this.take({ seat_numbers: this.numbers() });
  }

  /** Holds seats, these or the best, after asking who wants them. */
  async take(wish) {
    this.basket.say("");
    if (!(await askWho("Then the seats are held for you. Your choice is kept."))) return;
    await this.busily(async () => {
      this.hold.begin(await put(`${this.path}/hold/`, wish));
      this.mark();
      this.choose(this.hold.seats);
      this.map.announce(`${this.labels(this.hold.seats)} held for you.`);
    });
    this.basket.focus();
  }

  book() {
    const numbers = this.hold.seats;
    return this.busily(async () => {
      try {
        await post(`${this.path}/hold/book/`);
      } catch (problem) {
        // It may have arrived, and the answer got lost.
        if (!(problem instanceof NoAnswer) || !(await this.areBooked(numbers))) throw problem;
      }
      this.hold.end();
      this.booked.push(...numbers);
      this.choose([]);
      this.mark();
      const next = h("a", { href: "#/bookings" }, "My bookings");
      this.basket.say(`Booked: ${this.labels(numbers)}. Enjoy the show!`, [next], { good: true });
      next.focus();
    });
  }

  async areBooked(numbers) {
    const booked = await this.bookedSeats();
    return numbers.every((number) => booked.includes(number));
  }

  giveBack() {
    return this.busily(async () => {
      await remove(`${this.path}/hold/`);
      this.hold.end();
      this.mark();
      this.choose([]);
      this.map.focus();
    });
  }

  async busily(action) {
    this.basket.say("");
    this.busy = true;
    this.update();
    try {
      await action();
    } catch (problem) {
      this.explain(problem);
    } finally {
      this.busy = false;
      this.update();
    }
  }

  // --- what went wrong ----------------------------------------------------------------

  explain(problem) {
    const { code, body = {}, retryAfter } = problem;
    if (body.alternatives) {
      const gone = body.seats ?? this.numbers();
      this.choose(this.numbers().filter((number) => !gone.includes(number)));
      this.lost(gone, body.alternatives, code);
    } else if (code === "no_hold") {
      this.hold.end();
      this.runOut();
    } else if (code === "no_adjacent_seats") {
      this.basket.say(`There are not so many free seats side by side. The most there are is ${body.largest}.`);
    } else if (code === "throttled") {
      this.basket.say(`Too many attempts. Your choice is kept: try again in ${retryAfter ?? 60} seconds.`);
    } else if (problem.status === 401) {
      this.basket.say("You have been logged out. Your choice is kept: log in and go on.");
    } else if (problem.status >= 500) {
      this.basket.say("Something is wrong on our side. Your choice is kept: try again in a moment.");
    } else {
      this.basket.say(problem.message);
    }
  }

  /** Says which seats can't be had, and offers those nearest to them. */
  lost(numbers, alternatives = [], code = "seat_taken") {
    const one = numbers.length === 1;
    const how = {
      seat_taken: one ? "has just gone to somebody else" : "have just gone to somebody else",
      seat_held: one ? "is being held by somebody else" : "are being held by somebody else",
      seat_blocked: one ? "is not for sale" : "are not for sale",
    };
    const offers = alternatives
      .filter((number) => this.map.seat(number)?.status === "available")
      .map((number) => h("button", { type: "button", onclick: () => this.chooseToo(number) }, this.labels([number])));
    this.basket.say(`${this.labels(numbers)} ${how[code]}. ${offers.length ? "Free nearby:" : "Choose others."}`, offers);
  }

  chooseToo(number) {
    this.basket.say("");
    this.choose([...this.numbers(), number]);
    this.basket.focus();
  }

  // --- what is shown ------------------------------------------------------------------

  chosen() {
    keep(this.id, this.numbers());
    this.update();
  }

  counted() {
    const { available, total } = this.map.counts;
    this.free.textContent = available ? `${available} of ${seatsIn(total)} available` : "Sold out";
  }

  numbers() {
    return this.map.chosen.map((seat) => seat.seat_number);
  }

  labels(numbers) {
    return and(numbers.map((number) => this.map.seat(number)?.label ?? `Seat ${number}`));
  }

  /** Whether the visitor holds just what is chosen. */
  isHeld() {
    const chosen = this.numbers();
    const held = this.hold.seats;
    return held.length > 0 && held.length === chosen.length && held.every((number) => chosen.includes(number));
  }

  update() {
    const { chosen } = this.map;
    this.basket.update({ chosen, held: this.hold.seats.length, ready: this.isHeld(), busy: this.busy });
  }
}

// A choice outlives a reload, and leaving to look at another show.
const keep = (show, numbers) => sessionStorage.setItem(`cinema.choice.${show}`, JSON.stringify(numbers));
const kept = (show) => JSON.parse(sessionStorage.getItem(`cinema.choice.${show}`) ?? "[]");
