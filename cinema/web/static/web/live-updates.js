/** Follows the seats of a show by server-sent events, and polls `availability` while no stream is open. */

const STATUSES = { a: "available", h: "held", t: "taken", b: "blocked" };
const POLL_INTERVAL_MS = 1000;
// The longest pause between two attempts that fail.
const MAX_RETRY_MS = 30_000;
// Polling starts if the stream does not open within this time.
const STREAM_TIMEOUT_MS = 3000;
// Pause before the next attempt to open a stream that the server refused.
const STREAM_RETRY_MS = 20_000;

/**
 * Follows the show at `url` (`…/shows/7`) from the version `since`. Returns a function that stops it.
 *
 * Calls `onUpdate({version, counts, complete, seats: [{seat_number, status}]})` after each change. Calls
 * `onStale(true)` when neither stream nor polling works, and `onStale(false)` when one does again. Calls `onGone()`
 * when the show no longer exists.
 *
 * A hidden page closes its stream, because browsers allow only a few connections to one server.
 */
export function followSeats({ url, since, onUpdate, onStale, onGone }) {
  let version = since;
  let etag = "";
  let source = null;
  let streamTimer = 0;
  let stopPolling = null;
  let isStale = false;

  function setStale(value) {
    if (value !== isStale) onStale((isStale = value));
  }

  function handleUpdate(update) {
    if (update.version === version) return;
    version = update.version;
    onUpdate(update);
  }

  function openStream() {
    pause();
    source = new EventSource(`${url}/events/?since=${version}`);
    streamTimer = setTimeout(startPolling, STREAM_TIMEOUT_MS);
    source.onopen = () => {
      stopTimers();
      setStale(false);
    };
    source.onmessage = (event) => handleUpdate(JSON.parse(event.data));
    source.onerror = () => {
      // The browser reconnects by itself after a lost connection, and reports an error at each failed attempt.
      if (source.readyState !== EventSource.CLOSED) {
        streamTimer ||= setTimeout(startPolling, STREAM_TIMEOUT_MS);
        return;
      }
      // It does not after an error answer, such as 404 for a deleted show. Polling finds out.
      clearTimeout(streamTimer);
      streamTimer = setTimeout(openStream, STREAM_RETRY_MS);
      startPolling();
    };
  }

  function startPolling() {
    stopPolling ??= repeatWithBackoff(poll, POLL_INTERVAL_MS);
  }

  async function poll() {
    const headers = etag ? { "If-None-Match": etag } : {};
    const response = await fetch(`${url}/availability/`, { headers }).catch(() => null);
    if (!stopPolling) return;
    if (response?.status === 404) {
      stop();
      onGone();
    } else if (response?.ok) {
      etag = response.headers.get("ETag") ?? "";
      const { statuses, ...update } = await response.json();
      const seats = [...statuses].map((letter, index) => ({ seat_number: index + 1, status: STATUSES[letter] }));
      setStale(false);
      handleUpdate({ ...update, complete: true, seats });
    } else if (response?.status === 304) {
      setStale(false);
    } else {
      setStale(true);
      const retryAfterMs = Number(response?.headers.get("Retry-After")) * 1000;
      throw Object.assign(new Error("Polling failed."), { retryAfterMs });
    }
  }

  function stopTimers() {
    clearTimeout(streamTimer);
    streamTimer = 0;
    stopPolling?.();
    stopPolling = null;
  }

  function pause() {
    source?.close();
    stopTimers();
  }

  const onVisibilityChange = () => (document.hidden ? pause() : openStream());

  function stop() {
    pause();
    document.removeEventListener("visibilitychange", onVisibilityChange);
  }

  document.addEventListener("visibilitychange", onVisibilityChange);
  onVisibilityChange();
  return stop;
}

/**
 * Calls `action` until it succeeds or, with an interval, again and again. Returns a function that stops it.
 *
 * After each failure it waits longer, and at least the error's `retryAfterMs`. The wait is random within bounds, so
 * that not all browsers come back at once after an outage.
 */
export function repeatWithBackoff(action, intervalMs = 0) {
  let timer = setTimeout(run, 0);
  let backoffMs = POLL_INTERVAL_MS;
  let isStopped = false;

  async function run() {
    let delayMs = intervalMs;
    try {
      await action();
      backoffMs = POLL_INTERVAL_MS;
    } catch (error) {
      delayMs = Math.max(error.retryAfterMs || 0, backoffMs * (0.75 + Math.random() / 2));
      backoffMs = Math.min(backoffMs * 2, MAX_RETRY_MS);
    }
    if (delayMs && !isStopped) timer = setTimeout(run, delayMs);
  }

  return () => {
    isStopped = true;
    clearTimeout(timer);
  };
}
