/**
 * Follows the seats of a show: by server-sent events, and where these don't come, by asking for `availability`.
 */

const STATUSES = { a: "available", h: "held", t: "taken", b: "blocked" };
// How often to ask, and after how long without a stream to begin with that (milliseconds).
const ASK_EVERY = 1000;
const STREAM_LATE = 4000;
const TRY_STREAM_AGAIN = 20000;

/**
 * Calls `onNews({version, counts, complete, seats: [{seat_number, status}]})` at every change after version `since`
 * of the show at `url` (`…/shows/7`), and `onGone()` when the show is no longer there. Returns a function that
 * ends it. A page that nobody looks at lets its stream go: browsers allow a server few of them.
 */
export function follow({ url, since, onNews, onGone }) {
  let version = since;
  let etag = "";
  let source = null;
  let timer = 0;
  let late = 0;
  let ended = false;

  function take(news) {
    if (ended || news.version === version) return;
    version = news.version;
    onNews(news);
  }

  function listen() {
    source?.close();
    source = new EventSource(`${url}/events/?since=${version}`);
    source.onopen = () => {
      clearTimeout(late);
      stopAsking();
    };
    source.onmessage = (event) => take(JSON.parse(event.data));
    source.onerror = () => {
      // A lost connection comes back by itself. A refusal does not: that may be a deleted show.
      if (source.readyState !== EventSource.CLOSED) return;
      startAsking();
      late = setTimeout(listen, TRY_STREAM_AGAIN);
    };
    clearTimeout(late);
    late = setTimeout(startAsking, STREAM_LATE);
  }

  function startAsking() {
    if (!timer && !ended) timer = setTimeout(ask, 0);
  }

  function stopAsking() {
    clearTimeout(timer);
    timer = 0;
  }

  async function ask() {
    try {
      const answer = await fetch(`${url}/availability/`, { headers: etag ? { "If-None-Match": etag } : {} });
      if (answer.status === 404) {
        end();
        onGone();
        return;
      }
      if (answer.ok) {
        etag = answer.headers.get("ETag") ?? "";
        const { statuses, ...news } = await answer.json();
        const seats = [...statuses].map((letter, index) => ({ seat_number: index + 1, status: STATUSES[letter] }));
        take({ ...news, complete: true, seats });
      }
    } catch {
      // No connection: the next try may find one.
    }
    if (timer && !ended) timer = setTimeout(ask, ASK_EVERY);
  }

  function look() {
    if (document.hidden) pause();
    else listen();
  }

  function pause() {
    source?.close();
    clearTimeout(late);
    stopAsking();
  }

  function end() {
    ended = true;
    pause();
    document.removeEventListener("visibilitychange", look);
  }

  document.addEventListener("visibilitychange", look);
  look();
  return end;
}
