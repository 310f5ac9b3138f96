/** The seats in the basket: those that the visitor has chosen on the map, and those that they hold. */

import { isolate } from "./bidi.js";
import { joinWithAnd } from "./format.js";
import { text } from "./words.js";

export class BasketSeats {
  /** Whether a request is under way. */
  isBusy = false;
  #map;
  #basket;
  #hold;
  #own;
  #prices;

  constructor({ map, basket, hold, own, prices }) {
    this.#map = map;
    this.#basket = basket;
    this.#hold = hold;
    this.#own = own;
    this.#prices = prices;
  }

  /** The numbers of the seats. Those of a call without an answer stay, whatever the map shows. */
  get numbers() {
    const numbers = this.#map.chosen.map((seat) => seat.seat_number);
    return [...new Set([...numbers, ...this.#own.unconfirmed])].sort((a, b) => a - b);
  }

  /** Whether the visitor holds exactly these seats. */
  get areHeld() {
    const { numbers } = this;
    const held = this.#hold.seats;
    return held.length > 0 && held.length === numbers.length && held.every((number) => numbers.includes(number));
  }

  /** Adds seats to the choice. */
  add(numbers) {
    this.#map.choose([...this.numbers, ...numbers]);
  }

  /** Removes seats from the choice. */
  remove(numbers) {
    this.#map.choose(this.numbers.filter((number) => !numbers.includes(number)));
  }

  /** `C7, C8 and C9`. */
  formatLabels(numbers) {
    return joinWithAnd(numbers.map((number) => isolate(this.#map.seat(number)?.label ?? text("show.seat", { number }))));
  }

  /** Marks the visitor's seats on the map, and shows the basket again. */
  mark() {
    this.#map.mine = this.#own.numbers;
    this.show();
  }

  /** Shows the basket again. */
  show() {
    this.#basket.update({
      chosen: this.numbers.map((number) => this.#prices.addTo(this.#map.seat(number))),
      currency: this.#map.prices?.currency,
      heldCount: this.#hold.seats.length,
      isChoiceHeld: this.areHeld,
      isBusy: this.isBusy,
      isLocked: Boolean(this.#map.lockReason),
    });
  }
}
