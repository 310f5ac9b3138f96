/**
 * Follows the seats of a show: by server-sent events, and where these don't come, by asking for `availability`.
 */

const STATUSES = { a: "available", h: "held", t: "taken", b: "blocked" };
// How often to ask, and at most how seldom where no answer comes (milliseconds).
const ASK_EVERY = 1000;
const ASK_SELDOM = 30_000;
// After how long without a stream to begin asking, and to try the stream again (milliseconds).
const STREAM_LATE = 3000;
const STREAM_AGAIN = 20_000;

/**
 * Calls `onNews({version, counts, complete, seats: [{seat_number, status}]})` at every change after version `since`
 * of the show at `url` (`…/shows/7`); `onStale(true)` when neither stream nor answer comes, `onStale(false)` when they
 * do again; `onGone()` when the show is no longer there. Returns a function that ends it. A page that nobody looks at
 * lets its stream go: browsers allow a server few of them.
 */
export function follow({ url, since, onNews, onStale = () => {}, onGone }) {
  let version = since;
  let etag = "";
  let source = null;
  let late = 0;
  let stopAsking = null;
  let stale = false;

  function say(isStale) {
    if (isStale !== stale) onStale((stale = isStale));
  }

  function take(news) {
    if (news.version === version) return;
    version = news.version;
    onNews(news);
  }

  function listen() {
    pause();
    source = new EventSource(`${url}/events/?since=${version}`);
    late = setTimeout(startAsking, STREAM_LATE);
    source.onopen = () => {
      stop();
      say(false);
    };
    source.onmessage = (event) => take(JSON.parse(event.data));
    source.onerror = () => {
      // A lost connection comes back by itself, after any number of errors.
      if (source.readyState !== EventSource.CLOSED) {
        late ||= setTimeout(startAsking, STREAM_LATE);
        return;
      }
      // A refusal does not: that may be a deleted show.
      clearTimeout(late);
      late = setTimeout(listen, STREAM_AGAIN);
      startAsking();
    };
  }

  function startAsking() {
    stopAsking ??= patiently(ask, ASK_EVERY);
  }

  async function ask() {
    const answer = await fetch(`${url}/availability/`, { headers: etag ? { "If-None-Match": etag } : {} }).catch(() => null);
    if (!stopAsking) return;
    if (answer?.status === 404) {
      end();
      onGone();
    } else if (answer?.ok) {
      etag = answer.headers.get("ETag") ?? "";
      const { statuses, ...news } = await answer.json();
      const seats = [...statuses].map((letter, index) => ({ seat_number: index + 1, status: STATUSES[letter] }));
      say(false);
      take({ ...news, complete: true, seats });
    } else if (answer?.status === 304) {
      say(false);
    } else {
      say(true);
      throw Object.assign(new Error("No answer."), { after: Number(answer?.headers.get("Retry-After")) * 1000 });
    }
  }

  function stop() {
    clearTimeout(late);
    late = 0;
    stopAsking?.();
    stopAsking = null;
  }

  function pause() {
    source?.close();
    stop();
  }

  const look = () => (document.hidden ? pause() : listen());

  function end() {
    pause();
    document.removeEventListener("visibilitychange", look);
  }

  document.addEventListener("visibilitychange", look);
  look();
  return end;
}

/**
 * Does something until it succeeds, or every so often (milliseconds): after a failure it waits longer each time, or
 * as long as the error's `after` says, and not just as long as all others who failed. Returns a function that ends it.
 */
export function patiently(action, every = 0) {
  let timer = setTimeout(turn, 0);
  let wait = ASK_EVERY;
  let ended = false;

  async function turn() {
    let next = every;
    try {
      await action();
      wait = ASK_EVERY;
    } catch (error) {
      next = Math.max(error.after || 0, wait * (0.75 + Math.random() / 2));
      wait = Math.min(wait * 2, ASK_SELDOM);
    }
    if (next && !ended) timer = setTimeout(turn, next);
  }

  return () => {
    ended = true;
    clearTimeout(timer);
  };
}
