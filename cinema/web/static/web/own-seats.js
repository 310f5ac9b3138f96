/** The seats of a show that the visitor holds or has booked, as far as the page knows. */

import { get, getAllPages, session } from "./api.js";
import { repeatWithBackoff } from "./backoff.js";
import { storeHold } from "./hold-bar.js";

export class OwnSeats {
  /** Numbers of booked seats. */
  booked = [];
  /** Numbers of seats in a call whose answer was lost. They may be the visitor's. */
  unconfirmed = [];
  #show;
  #hold;
  #onLoad;
  #loadCount = 0;
  #stopRetrying = null; // Set while loading has failed and is tried again.
  #isClosed = false;

  /** `hold` is the `Hold` to start or stop. Calls `onLoad()` after the seats were loaded. */
  constructor(show, hold, onLoad) {
    this.#show = show;
    this.#hold = hold;
    this.#onLoad = onLoad;
  }

  get numbers() {
    return [...this.#hold.seats, ...this.booked, ...this.unconfirmed];
  }

  /** Whether loading has failed and is tried again. */
  get isRetrying() {
    return Boolean(this.#stopRetrying);
  }

  /**
   * Loads what the visitor holds and has booked. Resolves to whether that worked. If not, it is tried again until it
   * works, and keeps what is known: a lost connection does not mean that the visitor has no seats.
   */
  async load() {
    this.#stop();
    if (this.#isClosed) return false;
    try {
      await this.#tryToLoad();
      return true;
    } catch (problem) {
      this.#stop();
      if (!this.#isClosed) {
        this.#stopRetrying = repeatWithBackoff(() => this.#tryToLoad(), 0, problem.retryAfterSeconds * 1000 || 1000);
      }
      return false;
    }
  }

  close() {
    this.#isClosed = true;
    this.#stop();
  }

  /** Stores a hold from the API, or null after its release. */
  setHold(hold) {
    this.#loadCount += 1;
    this.unconfirmed = [];
    this.#startHold(hold);
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

  async #tryToLoad() {
    const load = ++this.#loadCount;
    let [booked, hold] = [[], null];
    try {
      if (session()) [booked, hold] = await this.#get();
    } catch (problem) {
      if (session()) throw problem; // Otherwise the session has ended, and with it the view of the seats.
    }
    // A later change or call made the answer outdated.
    if (load !== this.#loadCount || this.#isClosed) return;
    this.#stopRetrying = null;
    this.booked = booked;
    this.unconfirmed = [];
    this.#startHold(hold);
    this.#onLoad();
  }

  #stop() {
    this.#stopRetrying?.();
    this.#stopRetrying = null;
  }

  #startHold(hold) {
    this.#hold.stop();
    if (hold) this.#hold.start(hold);
    storeHold(this.#show, hold);
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
