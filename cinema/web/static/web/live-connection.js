/** Follows the seats of shows by one stream of server-sent events. Polls `availability` while no stream is open. */

import { repeatWithBackoff } from "./backoff.js";

const STATUSES = { a: "available", h: "held", t: "taken", b: "blocked" };
const POLL_INTERVAL_MS = 1000;
// Polling starts if the stream does not open within this time.
const STREAM_TIMEOUT_MS = 3000;
// Pause before the next attempt to open a stream that the server refused.
const STREAM_RETRY_MS = 20_000;

export class LiveConnection {
  /** A map from the ids of the followed shows to the last versions that the server has sent. */
  versions = new Map();
  #base;
  #source = null;
  #streamTimer = 0;
  #stopPolling = null;
  #etags = new Map();
  #isStale = null; // Unknown at first.

  /**
   * Calls `onUpdate({show, since, version, counts, complete, seats: [{seat_number, status}]})` after each change. An
   * update that is not `complete` has only the changes after the version `since`. Calls `onStale(true)` when neither
   * stream nor polling works, `onStale(false)` when one does, and `onGone(show)` when a show no longer exists. `base`
   * is the address of the API.
   */
  constructor(base, { onUpdate, onStale, onGone }) {
    this.#base = base;
    Object.assign(this, { onUpdate, onStale, onGone });
  }

  /** Follows these shows from these versions, and no others. */
  follow(versions) {
    this.close();
    this.versions = new Map(versions);
    if (versions.size) this.#openStream();
  }

  close() {
    this.#source?.close();
    this.#source = null;
    this.#etags.clear();
    this.#isStale = null; // Another page may report its own connection until this one opens again.
    this.#stopTimers();
  }

  #openStream() {
    this.#source?.close();
    this.#stopTimers();
    const [shows, since] = [[...this.versions.keys()], [...this.versions.values()]];
    const source = new EventSource(`${this.#base}/events/?shows=${shows}&since=${since}`);
    this.#source = source;
    this.#streamTimer = setTimeout(() => this.#startPolling(), STREAM_TIMEOUT_MS);
    source.onopen = () => {
      this.#stopTimers();
      this.#setStale(false);
    };
    source.onmessage = (event) => this.#handleUpdate(JSON.parse(event.data));
    source.onerror = () => {
      // The browser reconnects by itself after a lost connection, and reports an error at each failed attempt.
      if (source.readyState !== EventSource.CLOSED) {
        this.#streamTimer ||= setTimeout(() => this.#startPolling(), STREAM_TIMEOUT_MS);
        return;
      }
      // It does not after an error answer, such as 404 for a deleted show. Polling finds out which one.
      clearTimeout(this.#streamTimer);
      this.#streamTimer = setTimeout(() => this.#openStream(), STREAM_RETRY_MS);
      this.#startPolling();
    };
  }

  #startPolling() {
    this.#stopPolling ??= repeatWithBackoff(() => this.#pollAll(), POLL_INTERVAL_MS);
  }

  /**
   * Polls one show after the other, because browsers allow only a few connections to one server. A show that fails
   * does not keep the others from being polled.
   */
  async #pollAll() {
    const stop = this.#stopPolling;
    let failure = null;
    for (const show of this.versions.keys()) {
      await this.#poll(show, stop).catch((error) => (failure = error));
      if (this.#stopPolling !== stop) return;
    }
    this.#setStale(Boolean(failure));
    if (failure) throw failure;
  }

  async #poll(show, stop) {
    const etag = this.#etags.get(show);
    const headers = etag ? { "If-None-Match": etag } : {};
    const response = await fetch(`${this.#base}/shows/${show}/availability/`, { headers }).catch(() => null);
    const body = response?.ok ? await response.json().catch(() => null) : null;
    if (this.#stopPolling !== stop) return;
    if ([404, 410].includes(response?.status)) {
      this.onGone(show);
    } else if (body) {
      this.#etags.set(show, response.headers.get("ETag"));
      const { statuses, ...update } = body;
      const seats = [...statuses].map((letter, index) => ({ seat_number: index + 1, status: STATUSES[letter] }));
      this.#handleUpdate({ ...update, complete: true, seats });
    } else if (response?.status !== 304) {
      const retryAfterSeconds = Number(response?.headers.get("Retry-After"));
      throw Object.assign(new Error("Polling failed."), { retryAfterSeconds });
    }
  }

  #setStale(value) {
    if (value !== this.#isStale) this.onStale((this.#isStale = value));
  }

  #handleUpdate(update) {
    const since = this.versions.get(update.show);
    this.versions.set(update.show, update.version);
    this.onUpdate({ ...update, since });
  }

  #stopTimers() {
    clearTimeout(this.#streamTimer);
    this.#streamTimer = 0;
    this.#stopPolling?.();
    this.#stopPolling = null;
  }
}
