/**
 * Follows the seats of shows. All seat maps of all visible pages of an origin share one connection, because browsers
 * allow only six connections of HTTP/1.1 to a server, and six streams would leave none for a booking.
 *
 * A web lock elects the page that leads: it has the connection, and sends what it receives to the other pages by a
 * `BroadcastChannel`. A hidden page never leads, because browsers suspend hidden pages. Without locks or channels,
 * which some browsers offer only over HTTPS, each page has a connection of its own. A `SharedWorker` would not do:
 * browsers load its script only from the page's own origin, and other sites embed the map.
 */

import { LiveConnection } from "./live-connection.js";

// Maps that are added within this time change the connection only once.
const CHANGE_DELAY_MS = 50;

const hubs = new Map(); // Address of the API → hub.

/**
 * Follows a show from the version `since`. `base` is the address of the API. Returns a function that stops it.
 *
 * Calls `onUpdate({version, counts, complete, seats: [{seat_number, status}]})` after each change. Calls
 * `onStale(true)` when the connection is lost, and `onStale(false)` when it is back. Calls `onGone()` when the show
 * no longer exists.
 */
export function followSeats({ base, show, since, onUpdate, onStale, onGone }) {
  if (!hubs.has(base)) hubs.set(base, new Hub(base));
  return hubs.get(base).add({ show, version: since, isStale: false, onUpdate, onStale, onGone });
}

/** The followers of this page, and its part in sharing the connection. */
class Hub {
  #name;
  #page = `${Math.random()}`;
  #followers = new Set();
  #isActive = false;
  #isLeading = false;
  #isStale = false;
  #endLead = () => {};
  #channel = null;
  #connection;
  #otherPages = new Map(); // Page → map from shows to versions. Only the leading page knows them.
  #timer = 0;

  constructor(base) {
    this.#name = `cinema.live ${base}`;
    this.#connection = new LiveConnection(base, {
      onUpdate: (update) => this.#publish({ type: "update", update }),
      onStale: (stale) => this.#publish({ type: "stale", stale }),
      onGone: (show) => this.#publish({ type: "gone", show }),
    });
    document.addEventListener("visibilitychange", () => this.#update());
    addEventListener("pagehide", () => this.#leave());
    addEventListener("pageshow", () => this.#update());
  }

  add(follower) {
    this.#followers.add(follower);
    this.#update();
    if (this.#isLeading) setStale(follower, this.#isStale);
    return () => this.#followers.delete(follower) && this.#update();
  }

  /** Joins or leaves the shared connection, and tells the leading page which shows this page follows. */
  #update() {
    if (document.hidden || !this.#followers.size) {
      this.#leave();
    } else {
      if (!this.#isActive) this.#join();
      this.#sendFollowedShows();
    }
  }

  #join() {
    this.#isActive = true;
    if (!navigator.locks || !window.BroadcastChannel) {
      this.#lead();
      return;
    }
    this.#channel = new BroadcastChannel(this.#name);
    this.#channel.onmessage = ({ data }) => this.#handle(data);
    const waiting = new AbortController();
    this.#endLead = () => waiting.abort();
    const lead = () => {
      if (waiting.signal.aborted) return null;
      this.#lead();
      return new Promise((resolve) => (this.#endLead = resolve));
    };
    navigator.locks.request(this.#name, { signal: waiting.signal }, lead).catch(() => {
      // The browser refuses locks to pages without an origin, such as sandboxed frames.
      if (!waiting.signal.aborted && this.#isActive && !this.#isLeading) this.#lead();
    });
  }

  #lead() {
    this.#isLeading = true;
    this.#channel?.postMessage({ type: "leader" });
    this.#scheduleChange();
  }

  #leave() {
    if (!this.#isActive) return;
    this.#isActive = this.#isLeading = false;
    clearTimeout(this.#timer);
    this.#connection.close();
    this.#connection.versions.clear();
    this.#otherPages.clear();
    this.#channel?.postMessage({ type: "followed", page: this.#page, versions: new Map() });
    this.#channel?.close();
    this.#channel = null;
    this.#endLead();
  }

  #sendFollowedShows() {
    if (this.#isLeading) this.#scheduleChange();
    else this.#channel?.postMessage({ type: "followed", page: this.#page, versions: this.#ownVersions() });
  }

  /** Sends a message of the connection to all pages, this one included. */
  #publish(message) {
    this.#channel?.postMessage(message);
    this.#handle(message);
  }

  #handle(message) {
    const { type, show, update, stale } = message;
    if (type === "leader") {
      this.#sendFollowedShows();
    } else if (type === "followed" && this.#isLeading) {
      this.#otherPages.set(message.page, message.versions);
      this.#channel.postMessage({ type: "stale", stale: this.#isStale });
      this.#scheduleChange();
    } else if (type === "stale") {
      this.#isStale = stale;
      this.#followers.forEach((follower) => setStale(follower, stale));
    } else if (type === "update") {
      for (const versions of this.#otherPages.values()) {
        if (versions.has(update.show) && isNews(update, versions.get(update.show))) versions.set(update.show, update.version);
      }
      this.#followersOf(update.show).forEach((follower) => applyUpdate(follower, update));
    } else if (type === "gone") {
      this.#otherPages.forEach((versions) => versions.delete(show));
      for (const follower of this.#followersOf(show)) {
        this.#followers.delete(follower);
        follower.onGone();
      }
      this.#update();
    }
  }

  #followersOf(show) {
    return [...this.#followers].filter((follower) => follower.show === show);
  }

  #ownVersions() {
    return oldestVersions([...this.#followers].map(({ show, version }) => [show, version]));
  }

  #scheduleChange() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#changeConnection(), CHANGE_DELAY_MS);
  }

  /** Opens the connection again if the shows are others, or if a follower has missed a change. */
  #changeConnection() {
    const current = this.#connection.versions;
    const wanted = oldestVersions([this.#ownVersions(), ...this.#otherPages.values()].flatMap((versions) => [...versions]));
    const isEnough = [...wanted].every(([show, version]) => version >= current.get(show));
    if (!isEnough || wanted.size !== current.size) this.#connection.follow(wanted);
  }
}

/** A map from shows to the smallest of their versions. */
function oldestVersions(entries) {
  const versions = new Map();
  for (const [show, version] of entries) versions.set(show, Math.min(version, versions.get(show) ?? version));
  return versions;
}

function setStale(follower, stale) {
  if (stale !== follower.isStale) follower.onStale((follower.isStale = stale));
}

/**
 * Tells whether an update is new to a follower with the version `known`, and complete for it. A follower that lacks
 * changes before `since` keeps its version, so that the connection is opened again from there. A complete update may
 * bring an earlier version. Pages of earlier releases send no `since`.
 */
function isNews({ complete, since = 0, version }, known) {
  return complete ? version !== known : since <= known && known < version;
}

function applyUpdate(follower, update) {
  if (!isNews(update, follower.version)) return;
  follower.version = update.version;
  follower.onUpdate(update);
}
