/** A show: its seat map, and the way from a choice to a booking. */

import { askWho } from "./account.js";
import { NoAnswer, get, now, onSession, pages, post, put, remove, session } from "./api.js";
import { Basket } from "./basket.js";
import { bestSeats } from "./best.js";
import { h } from "./dom.js";
import { Hold } from "./hold.js";
import { explain, lostWords } from "./refusals.js";
import { SeatMap } from "./seat-map.js";
import { place } from "./store.js";
import { and, duration, seats as seatsIn, when } from "./words.js";

/** Draws the page into `main`; resolves to a function that takes leave of it. `most` seats go into one hold. */
export async function showPage(main, id, most) {
  const page = new ShowPage(main, id, most);
  await page.open();
  return () => page.close();
}

class ShowPage {
  constructor(main, id, most) {
    this.id = Number(id);
    this.path = `/shows/${id}`;
    this.booked = []; // The numbers of the visitor's own booked seats here.
    this.busy = false;
    this.ranOut = []; // Numbers of chosen seats whose hold has run out, which the hall still shows as held.
    this.missed = []; // What was lost while a call was under way: it may be the call's own doing.
    this.choice = place(`cinema.choice.${id}`, "sessionStorage"); // Labels; they outlive a reload.
    const kept = this.choice.get();
    this.wanted = Array.isArray(kept) ? kept : [];
    this.hold = new Hold({
      onTick: (left) => this.basket.tick(left),
      onWarn: (left) => this.map.announce(`Your seats are held for ${left} more.`),
      onEnd: () => this.runOut(),
    });
    this.basket = new Basket({
      onGo: () => (this.isHeld() ? this.book() : this.take({ seat_numbers: this.numbers() })),
      onMore: () => this.take({ seat_numbers: this.hold.seats }),
      onGiveBack: () => this.giveBack(),
      onLeaveOut: (number) => this.map.choose(this.numbers().filter((other) => other !== number)),
    });
    this.best = bestSeats(most, (wish) => this.take(wish));
    this.title = h("h1", { tabindex: -1 }, "…");
    this.facts = h("p", { class: "quiet" });
    this.free = h("p", { class: "free" }, "Loading the hall…");
    this.stale = h("p", { class: "stale", role: "status" });
    const hall = h("div", { class: "hall" });
    const top = h("header", {}, this.title, this.facts, this.free, this.stale, this.best.element);
    main.append(top, h("div", { class: "show" }, hall, this.basket.element));
    this.map = new SeatMap(hall, { show: id, most });
    this.listen(most);
  }

  listen(most) {
    this.map.addEventListener("choice", () => this.chosen());
    this.map.addEventListener("change", () => this.counted());
    this.map.addEventListener("change", () => this.regain());
    this.map.addEventListener("hall", () => this.offer());
    this.map.addEventListener("lost", ({ detail }) => this.lost(detail.labels));
    this.map.addEventListener("full", () => this.basket.say(`You can take ${seatsIn(most)} at most.`));
    this.map.addEventListener("gone", () => this.over("This show has been called off."));
    this.map.addEventListener("stale", ({ detail }) => {
      this.stale.textContent = detail.stale ? "No connection: what you see may be old. Trying again…" : "";
    });
    this.forget = onSession(() => this.recall());
    // Another tab of the visitor may hold, book or give back.
    this.tabs = new BroadcastChannel("cinema");
    this.tabs.onmessage = ({ data }) => data === this.id && this.recall();
    // What has the focus is never behind the basket where that lies over the hall.
    this.room = new ResizeObserver(() => {
      document.documentElement.style.setProperty("--basket", `${this.basket.element.offsetHeight}px`);
    });
    this.room.observe(this.basket.element);
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
    document.title = `${movie.title}, ${when(date_time)} – Cinema`;
    this.facts.textContent = `${when(date_time)} · ${screen_name} · ${duration(movie.duration_minutes)}`;
    this.closeAt(Date.parse(date_time));
    this.map.choose(this.wanted.map((label) => this.map.seat(label)?.seat_number));
    const lost = this.wanted.filter((label) => !this.map.chosen.some((seat) => seat.label === label));
    await this.recall();
    if (lost.length && !this.hold.seats.length) this.lost(lost);
  }

  close() {
    this.isClosed = true;
    this.forget();
    this.tabs.close();
    this.room.disconnect();
    document.documentElement.style.removeProperty("--basket");
    clearTimeout(this.beginning);
    this.hold.end();
    this.map.close();
  }

  // --- what is the visitor's ----------------------------------------------------------

  /** Finds what the visitor holds and has booked here: they may have come back, or logged in only now. */
  async recall() {
    let [booked, hold] = [[], null];
    try {
      if (session() && this.map.show) {
        booked = await this.bookedSeats();
        hold = await get(`${this.path}/hold/`);
      }
    } catch (problem) {
      if (problem.code !== "no_hold" && problem.status !== 401) this.basket.say(problem.message);
    }
    if (this.isClosed) return;
    this.booked = booked;
    this.hold.end();
    if (hold) this.hold.begin(hold);
    this.mark();
    if (!this.numbers().length) this.map.choose(this.hold.seats);
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
    this.ranOut = this.numbers();
    this.mark();
    this.regain();
    this.basket.say("Your time has run out, and the seats are free again. If you still want them, hold them anew.");
  }

  /** What ran out stays chosen, once the hall shows it as free again. */
  regain() {
    const free = this.ranOut.filter((number) => this.map.seat(number)?.status === "available");
    if (!free.length) return;
    this.ranOut = this.ranOut.filter((number) => !free.includes(number));
    this.map.choose([...this.numbers(), ...free]);
  }

  // --- what the visitor does ----------------------------------------------------------

  /** Holds seats, these or the best, after asking who wants them. */
  async take(wish) {
    this.basket.say("");
    const isNew = !session();
    if (!(await askWho("Then the seats are held for you. Your choice is kept.")) || this.isClosed) return;
    if (isNew) await this.recall();
    const had = this.hold.seats;
    if (isNew && had.length) {
      this.basket.say(`You hold ${this.labels(had)} here already. Hold these instead?`);
      this.basket.focus();
      return;
    }
    const wanted = wish.seat_numbers ?? [];
    await this.busily(async () => {
      // An event may tell of our own hold before its answer does.
      this.map.mine = [...this.map.mine, ...wanted];
      this.hold.begin(await put(`${this.path}/hold/`, wish));
      this.mark();
      const since = wish.seat_numbers ? this.numbers().filter((number) => !wanted.includes(number)) : [];
      this.map.choose([...this.hold.seats, ...since]);
      this.missed = [];
      this.basket.say("");
      this.map.announce(`${this.labels(this.hold.seats)} held for you. ${this.basket.element.querySelector(".clock").textContent}.`);
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
      this.map.choose([]);
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
      this.map.choose([]);
      this.map.focus();
    });
  }

  /** One call at a time; other tabs of the visitor hear of it. */
  async busily(action) {
    this.basket.say("");
    this.missed = [];
    this.ranOut = [];
    this.busy = true;
    this.update();
    try {
      await action();
    } catch (problem) {
      await this.explain(problem);
    } finally {
      this.busy = false;
      this.update();
      this.tabs.postMessage(this.id);
    }
  }

  // --- what went wrong ----------------------------------------------------------------

  async explain(problem) {
    const { code, body = {} } = problem;
    const held = this.hold.seats;
    if (problem instanceof NoAnswer || code === "no_hold") await this.recall().catch(() => {});
    else this.mark();
    if (code === "no_hold" && held.every((number) => this.booked.includes(number))) {
      this.map.choose([]);
      this.basket.say(`You have booked ${this.labels(held)} already.`, [], { good: true });
    } else if (code === "no_hold") {
      this.runOut();
    } else if (code === "show_started") {
      this.over("This show has begun: its seats are no longer sold.");
    } else if (body.alternatives) {
      const gone = body.seats ?? this.numbers();
      this.map.choose(this.numbers().filter((number) => !gone.includes(number)));
      this.lost(gone.map((number) => this.labels([number])), body.alternatives, code, true);
    } else if (problem.status === 401) {
      const again = async () => (await askWho()) && this.basket.say("");
      const logIn = h("button", { type: "button", onclick: again }, "Log in");
      this.basket.say("You have been logged out. Your choice is kept: log in and go on.", [logIn]);
    } else {
      this.basket.say(explain(problem, (numbers) => this.labels(numbers)));
    }
  }

  /** Says which seats can't be had, and offers those nearest to them. */
  lost(labels, alternatives = [], code = "seat_taken", isAnswer = false) {
    if (this.busy && !isAnswer) {
      this.missed.push(...labels);
      return;
    }
    const offers = alternatives
      .filter((number) => this.map.seat(number)?.status === "available")
      .map((number) => h("button", { type: "button", onclick: () => this.chooseToo(number) }, this.labels([number])));
    this.basket.say(`${lostWords(labels, code)} ${offers.length ? "Free nearby:" : "Choose others."}`, offers);
  }

  chooseToo(number) {
    this.basket.say("");
    this.map.choose([...this.numbers(), number]);
    this.basket.focus();
  }

  /** No more seats are sold here. */
  over(why) {
    this.hold.end();
    this.map.lock(why);
    this.mark();
    this.best.element.hidden = true;
    this.basket.say(why, [h("a", { href: "#/" }, "What is on")]);
  }

  closeAt(begins) {
    const left = begins - now();
    const over = () => this.over("This show has begun: its seats are no longer sold.");
    if (left <= 0) over();
    // Timers of browsers can't wait longer; nobody keeps the page open for so long.
    else if (left < 2 ** 31) this.beginning = setTimeout(over, left);
  }

  // --- what is shown ------------------------------------------------------------------

  chosen() {
    this.update();
    this.choice.set(this.map.chosen.map((seat) => seat.label));
  }

  counted() {
    const { available, total } = this.map.counts;
    this.free.textContent = available ? `${available} of ${seatsIn(total)} available` : "Sold out";
  }

  /** What there is to choose from; and whose is what, by the numbers of this drawing. */
  offer() {
    const seats = Array.from({ length: this.map.show.total_seats }, (_, index) => this.map.seat(index + 1));
    this.best.offer(this.map.categories, seats.some((seat) => seat?.accessible));
    if (this.title.textContent !== "…") this.recall();
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
