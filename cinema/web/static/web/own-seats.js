/** The seats of a show that the visitor holds or has booked, as far as the page knows. */

import { get, getAllPages, session } from "./api.js";

export class OwnSeats {
  /** Numbers of booked seats. */
  booked = [];
  /** Numbers of seats in a call whose answer was lost. They may be the visitor's. */
  unconfirmed = [];
  #show;
  #hold;
  #loadCount = 0;

  /** `hold` is the `Hold` to start or stop. */
  constructor(show, hold) {
    this.#show = show;
    this.#hold = hold;
  }

  get numbers() {
    return [...this.#hold.seats, ...this.booked, ...this.unconfirmed];
  }

  /**
   * Loads the seats. Resolves to false if a later change or call made the answer outdated. If the call fails, it
   * rejects and keeps what is known: a lost connection does not mean that the visitor has no seats.
   */
  async load() {
    const load = ++this.#loadCount;
    let [booked, hold] = [[], null];
    try {
      if (session()) [booked, hold] = await this.#get();
    } catch (problem) {
      if (session()) throw problem; // Otherwise the session has ended, and with it the view of the seats.
    }
    if (load !== this.#loadCount) return false;
    this.booked = booked;
    this.unconfirmed = [];
    this.#hold.stop();
    if (hold) this.#hold.start(hold);
    return true;
  }

  /** Stores a hold from the API, or null after its release. */
  setHold(hold) {
    this.#loadCount += 1;
    this.unconfirmed = [];
    this.#hold.stop();
    if (hold) this.#hold.start(hold);
  }

  /** Stores that the seats of the hold are booked. */
  setBooked(numbers) {
    this.setHold(null);
    this.booked = [...this.booked, ...numbers];
  }

  areBooked(numbers) {
    return numbers.length > 0 && numbers.every((number) => this.booked.includes(number));
  }

  /** Forgets all seats, because another user has logged in. */
  clear() {
    this.setHold(null);
    this.booked = [];
  }

  async #get() {
    const bookings = await getAllPages("/my-bookings/?status=booked&page_size=200");
    const booked = bookings.filter(({ show }) => show.id === this.#show).map((booking) => booking.seat_number);
    const hold = await get(`/shows/${this.#show}/hold/?allow_empty=true`).catch((problem) => {
      // During an upgrade, nodes of an earlier release ignore `allow_empty`.
      if (problem.code === "no_hold") return null;
      throw problem;
    });
    return [booked, hold];
  }
}
