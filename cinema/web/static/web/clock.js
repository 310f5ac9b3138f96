/** The server's clock, which decides when a hold expires and when a show has started. */

// The longest delay that browsers accept for a timer.
const MAX_TIMER_MS = 2 ** 31 - 1;

// `now()` may be ahead of the server's clock by less than this.
export const CLOCK_ERROR_MS = 1000;

let offsetMs = 0; // The server's time minus the browser's.

/** The server's time (milliseconds since 1970). */
export const now = () => Date.now() + offsetMs;

/** Sets the clock by a response of the server. */
export function setClock(response) {
  const date = Date.parse(response.headers.get("Date") ?? "");
  // The header has whole seconds. Rounding up keeps the countdown of a hold from running longer than the hold.
  if (date) offsetMs = date + CLOCK_ERROR_MS - Date.now();
}

/**
 * Calls `callback` at a time (milliseconds since 1970), at once if it has passed. Returns a function that cancels it.
 * Never calls it for a time that is more than 24 days away, which no page stays open for.
 */
export function callAt(time, callback) {
  const left = time - now();
  if (left <= 0) callback();
  else if (left <= MAX_TIMER_MS) {
    const timer = setTimeout(callback, left);
    return () => clearTimeout(timer);
  }
  return () => {};
}
