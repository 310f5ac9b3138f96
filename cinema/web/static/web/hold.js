/** What the visitor holds of a show, and its running clock. */

import { now } from "./api.js";
import { clock } from "./words.js";

export class Hold {
  seats = [];
  #timer = 0;

  constructor({ onTick, onEnd }) {
    this.onTick = onTick;
    this.onEnd = onEnd;
  }

  /** Takes a hold as the API describes it. */
  begin({ seat_numbers, expires_at }) {
    this.end();
    this.seats = seat_numbers;
    const until = Date.parse(expires_at);
    const tick = () => {
      if (now() >= until) {
        this.end();
        this.onEnd();
      } else {
        this.onTick(clock(until - now()));
      }
    };
    this.#timer = setInterval(tick, 250);
    tick();
  }

  end() {
    clearInterval(this.#timer);
    this.seats = [];
  }
}
