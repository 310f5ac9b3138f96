/** The hold of the user on a seat map: marks its seats, and forgets it when it expires. */

import { callAt } from "./clock.js";

export class MapHold {
  /** The hold as the API returns it, `{seat_numbers, expires_at}`; null if there is none. */
  current = null;
  #map;
  #call;
  #onChange;
  #cancelExpiry = () => {};

  /** `call(method, body, query)` calls the API. Calls `onChange(hold)` with a new hold, and with null after its end. */
  constructor(map, call, onChange) {
    this.#map = map;
    this.#call = call;
    this.#onChange = onChange;
  }

  /** Holds seats. `body` is that of the API: `seat_numbers`, or `best` and its options. */
  async put(body) {
    const before = this.#map.mine;
    // The stream may report the hold before the response arrives. Seats marked as the user's don't count as lost then.
    this.#map.mine = [...before, ...(body.seat_numbers ?? [])];
    try {
      this.#set(await this.#call("PUT", body));
    } catch (error) {
      this.#map.mine = before;
      throw error;
    }
    this.#map.reveal(this.current.seat_numbers[0]);
    return this.current;
  }

  /** Loads the hold of the user, who may have made it on another page. */
  async load() {
    this.#set(await this.#call("GET", undefined, "?allow_empty=true"));
    return this.current;
  }

  async release() {
    await this.#call("DELETE");
    this.#set(null);
  }

  close() {
    this.#cancelExpiry();
  }

  #set(hold) {
    this.#cancelExpiry();
    const ended = this.current?.seat_numbers ?? [];
    this.current = hold;
    const numbers = hold?.seat_numbers ?? [];
    // Held seats that are now taken were booked: they stay the user's.
    const others = this.#map.mine.filter((number) => !ended.includes(number) || this.#map.seat(number)?.status === "taken");
    this.#map.mine = [...new Set([...others, ...numbers])];
    if (hold) this.#map.choose(numbers);
    this.#onChange(hold);
    if (hold) this.#cancelExpiry = callAt(Date.parse(hold.expires_at), () => this.#set(null));
  }
}
