/** What the visitor holds of a show, and its running clock. */

import { now } from "./api.js";
import { clock } from "./words.js";

// When to say that time gets short, to who does not see the clock (seconds).
const WARNINGS = [120, 30];

export class Hold {
  seats = [];
  #timer = 0;

  /** `onTick(left)` often, `onWarn(left)` when time gets short, `onEnd()` when it has run out; `left` in words. */
  constructor({ onTick, onWarn, onEnd }) {
    Object.assign(this, { onTick, onWarn, onEnd });
  }

  /** Takes a hold as the API describes it. */
  begin({ seat_numbers, expires_at }) {
    this.end();
    this.seats = seat_numbers;
    const until = Date.parse(expires_at);
    const warnings = WARNINGS.filter((seconds) => until - now() > seconds * 1000);
    const tick = () => {
      const left = until - now();
      if (left <= 0) {
        this.end();
        this.onEnd();
        return;
      }
      this.onTick(clock(left));
      if (left <= warnings[0] * 1000) this.onWarn(`${warnings.shift()} seconds`);
    };
    this.#timer = setInterval(tick, 250);
    tick();
  }

  end() {
    clearInterval(this.#timer);
    this.seats = [];
  }
}
