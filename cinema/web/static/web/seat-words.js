/** The words for seats: the description of each one, and the legend. */

import { isolate } from "./bidi.js";
import { formatAmount } from "./format.js";
import { rowName, seatName } from "./geometry.js";

// The keys of words for the states of seats: `map.stateTaken`, `map.legendTaken`.
const stateKey = (prefix, state) => `map.${prefix}${state[0].toUpperCase()}${state.slice(1)}`;

/** What distinguishes a seat from others of its category. `otherHalf` is a label, as in `SeatMap.seats`. */
export function seatTraits(seat, words) {
  const sofa = seat.otherHalf && words.text("map.sofa", { seat: isolate(seat.otherHalf) });
  const [accessible, companion] = [words.text("map.accessible"), words.text("map.companion")];
  return [seat.accessible && accessible, seat.companion && companion, sofa].filter(Boolean);
}

export class SeatWords {
  #words;
  #prices; // Category → `Adult €12.50, Child €9.00`.

  /**
   * `words` are those of a language, `prices` those of the API's seat map, or null. `formatPrice(amount, currency)`
   * returns the text of an amount in the smallest unit of the currency.
   */
  constructor(words, prices, formatPrice = (amount, currency) => formatAmount(amount, currency, words.locale)) {
    this.#words = words;
    const format = ([kind, amount]) => `${isolate(kind)} ${formatPrice(amount, prices.currency)}`;
    const categories = Object.entries(prices?.by_category ?? {});
    this.#prices = new Map(categories.map(([name, amounts]) => [name, Object.entries(amounts).map(format).join(", ")]));
  }

  /** `Row C, seat 7, Standard, Adult €12.50, available`. */
  describe(seat, state) {
    const [place, price, category, ...rest] = this.parts(seat, state);
    return [place, category, price, ...rest].filter(Boolean).join(", ");
  }

  /** The place of a seat, its price, its category, and more about it; what does not apply is empty. */
  parts(seat, state) {
    const row = rowName(seat);
    const place = row
      ? this.#words.text("map.place", { row: isolate(row), seat: isolate(seatName(seat)) })
      : isolate(seat.label);
    const rest = [...seatTraits(seat, this.#words), this.#words.text(stateKey("state", state))];
    return [place, this.#prices.get(seat.category), isolate(seat.category), ...rest];
  }

  /** The entries of the legend, `[name, state, color, categoryIndex]`. */
  legend(categories, seats) {
    const named = (name, category) => [name, this.#prices.get(category)].filter(Boolean).join(": ");
    const ofState = (state) => [this.#words.text(stateKey("legend", state)), state];
    const entries = categories.map(({ name, color }, index) => [named(name, name), "available", color, index]);
    if (!entries.length) entries.push([named(this.#words.text("map.legendAvailable"), ""), "available"]);
    for (const kind of ["accessible", "companion"]) {
      if (seats.some((seat) => seat[kind])) entries.push([...ofState(kind), seats[0].color]);
    }
    return [...entries, ...["chosen", "mine", "held", "taken", "blocked"].map(ofState)];
  }
}
