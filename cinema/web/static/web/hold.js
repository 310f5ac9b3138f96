/** The seats that the visitor holds for a show, and the countdown of that hold. */

import { now } from "./clock.js";
import { formatCountdown } from "./format.js";

// Time left at which to warn people who can't see the countdown.
const WARNINGS_SECONDS = [120, 30];

export class Hold {
  /** Seat numbers. */
  seats = [];
  /** When it expires (milliseconds since 1970). */
  expiresAt = 0;
  #timer = 0;

  /**
   * Calls `onTick(text)` four times a second with the time left, such as `9:05`; `onWarn(seconds)` when little time
   * is left; `onExpire(seats)` when the hold has expired.
   */
  constructor({ onTick, onWarn, onExpire }) {
    Object.assign(this, { onTick, onWarn, onExpire });
  }

  /** Starts the countdown of a hold, given as the API returns it. */
  start({ seat_numbers, expires_at }) {
    this.stop();
    this.seats = seat_numbers;
    const expiresAt = (this.expiresAt = Date.parse(expires_at));
    const warnings = WARNINGS_SECONDS.filter((seconds) => expiresAt - now() > seconds * 1000);
    const tick = () => {
      const left = expiresAt - now();
      if (left <= 0) {
        const { seats } = this;
        this.stop();
        this.onExpire(seats);
        return;
      }
      this.onTick(formatCountdown(left));
      if (left <= warnings[0] * 1000) this.onWarn(warnings.shift());
    };
    this.#timer = setInterval(tick, 250);
    tick();
  }

  /** Stops the countdown and forgets the seats. */
  stop() {
    clearInterval(this.#timer);
    this.seats = [];
    this.expiresAt = 0;
  }
}
