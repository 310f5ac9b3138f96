/** The kinds of prices that the visitor chooses for seats, such as adult or child. */

import { formatAmount } from "./format.js";

export class SeatPrices {
  #map;
  #chosenKinds = new Map(); // Seat number → kind.

  constructor(map) {
    this.#map = map;
  }

  choose(number, kind) {
    this.#chosenKinds.set(number, kind);
  }

  /** Adds the `amounts` of a seat by kind, and the `kind` that the visitor chose or the first one. */
  addTo(seat) {
    const { prices } = this.#map;
    if (!prices || !seat) return seat;
    const amounts = prices.by_category[seat.category] ?? {};
    const chosen = this.#chosenKinds.get(seat.seat_number);
    const kind = chosen in amounts ? chosen : prices.kinds.find((name) => name in amounts);
    return { ...seat, amounts, kind };
  }

  /** The kinds of these seats by number; undefined if the show has no prices. */
  kindsOf(seats) {
    if (!this.#map.prices) return undefined;
    return Object.fromEntries(seats.map((seat) => [seat.seat_number, this.addTo(seat).kind]));
  }
}

/** What bookings cost together, such as `€21.50`; empty if they have no prices. */
export function formatSum(bookings) {
  const { currency } = bookings[0];
  return currency ? formatAmount(bookings.reduce((sum, { amount }) => sum + amount, 0), currency) : "";
}
