/** Repeats actions, with longer pauses after failures. */

// The shortest and the longest pause after a failure.
const MIN_RETRY_MS = 1000;
const MAX_RETRY_MS = 30_000;

/**
 * Calls `action` after `delayMs`, until it succeeds or, with an interval, again and again. Returns a function that
 * stops it.
 *
 * After each failure it waits longer, and at least the error's `retryAfterSeconds`. The wait is random within bounds, so
 * that not all browsers come back at once after an outage.
 */
export function repeatWithBackoff(action, intervalMs = 0, delayMs = 0) {
  let timer = setTimeout(run, delayMs);
  let backoffMs = MIN_RETRY_MS;
  let isStopped = false;

  async function run() {
    let delayMs = intervalMs;
    try {
      await action();
      backoffMs = MIN_RETRY_MS;
    } catch (error) {
      delayMs = Math.max(error.retryAfterSeconds * 1000 || 0, backoffMs * (0.75 + Math.random() / 2));
      backoffMs = Math.min(backoffMs * 2, MAX_RETRY_MS);
    }
    if (delayMs && !isStopped) timer = setTimeout(run, delayMs);
  }

  return () => {
    isStopped = true;
    clearTimeout(timer);
  };
}
