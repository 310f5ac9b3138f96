"""What changes in the seats of shows, as server-sent events, for as many listeners as there are.

One task of a process looks at the shows that somebody listens to, all of them by one query, and reads the
seats of those whose version has grown. So a change is seen from whatever process or node it comes, through
whatever pooler, and an open stream costs no query and no connection of its own.

The events are those of https://html.spec.whatwg.org/multipage/server-sent-events.html.
"""

import asyncio
import json
import logging
import resource
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any

from django.db import close_old_connections, connections

from cinema.seats.seat_map.queries import STATUSES, availability, seats_snapshot, versions

logger = logging.getLogger(__name__)

# The rest between two looks (seconds), and its share of what the last look took, so that many shows with many
# seats slow the news down before they slow the sales. There is a most, for a look that waited a minute for the
# database is no reason to rest for four.
REST = 0.3
SHARE = 4
MAX_POLL_SECONDS = 3
# An idle stream says something every so often (seconds), so that no proxy between takes it for dead.
KEEPALIVE_SECONDS = 15
# The share of the files that the process may have open.
FILES_FOR_STREAMS = 0.7
# After how long a client comes back when it has lost the stream (milliseconds).
RETRY = b"retry: 1000\n\n"
NOTHING_NEW = b": nothing new\n\n"


# How many versions are remembered of a show: who knows an older one is told everything.
MEMORY = 1000


class WatchedShow:
    """A show as last seen: the status of each seat, and the version at which it was seen to change.

    Only who knows a version that was seen here can be told the difference: between two looks a seat may
    have changed and changed back, and a state from in between is known nowhere.
    """

    def __init__(self, show_id: int) -> None:
        self.show_id = show_id
        self.listeners = 0
        self.gone = False
        # Whether a listener knows more of the show than was seen here.
        self.is_behind = False
        self.version: int | None = None
        self._seen: set[int] = set()
        self._counts: dict[str, int] = {}
        self._statuses = ""
        self._changed_at: list[int] = []
        self._told: dict[int | None, bytes] = {}
        self._next: asyncio.Event | None = None

    def see(self, state: dict[str, Any]) -> None:
        """Takes note of the show's `availability`."""
        version, statuses = state["version"], state["statuses"]
        if len(statuses) != len(self._statuses) or len(self._seen) >= MEMORY:
            self._seen.clear()
        if len(statuses) != len(self._statuses):
            self._changed_at = [version] * len(statuses)
        else:
            for index, (old, new) in enumerate(zip(self._statuses, statuses, strict=True)):
                if old != new:
                    self._changed_at[index] = version
        self._seen.add(version)
        self.version, self._counts, self._statuses = version, state["counts"], statuses
        self.is_behind = False
        self._told = {}

    def news(self, known: int | None) -> bytes | None:
        """The event for whoever knows the state of a version; None when that is the present one.

        All seats where nothing is known, or what has changed since can't be told.
        """
        if known == self.version:
            return None
        if known not in self._seen:
            known = None
        if known not in self._told:
            self._told[known] = self._event(known)
        return self._told[known]

    def _event(self, known: int | None) -> bytes:
        version = self.version or 0
        complete = known is None
        seats = [
            {"seat_number": number, "status": STATUSES[letter]}
            for number, (letter, changed) in enumerate(zip(self._statuses, self._changed_at, strict=True), 1)
            if complete or changed > (known or 0)
        ]
        body = {
            "show": self.show_id,
            "version": version,
            "counts": self._counts,
            "complete": complete,
            "seats": seats,
        }
        return f"id: {version}\ndata: {json.dumps(body, separators=(',', ':'))}\n\n".encode()

    def wake(self) -> None:
        """Lets everybody who waits look for news."""
        if self._next is not None:
            self._next.set()
            self._next = None

    async def wait(self) -> None:
        if self._next is None:
            self._next = asyncio.Event()
        await self._next.wait()


class Watch:
    """The shows that somebody listens to in this process, and the task that looks at them."""

    def __init__(self) -> None:
        self._shows: dict[int, WatchedShow] = {}
        self.listeners = 0
        self._task: asyncio.Task[None] | None = None
        self._is_away = False
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="watch")
        self._unseen = asyncio.Event()

    def join(self, show_id: int) -> WatchedShow:
        show = self._shows.setdefault(show_id, WatchedShow(show_id))
        show.listeners += 1
        self.listeners += 1
        if self._task is None:
            self._task = asyncio.create_task(self._poll_loop())
        return show

    def leave(self, show: WatchedShow) -> None:
        show.listeners -= 1
        self.listeners -= 1
        if not show.listeners and self._shows.get(show.show_id) is show:
            del self._shows[show.show_id]

    async def seen(self, show: WatchedShow, known: int | None) -> None:
        """Waits until the show was seen, and not longer ago than what is known of it."""
        if show.version is None or (known or 0) > show.version:
            show.is_behind = True
            self._unseen.set()
            await show.wait()

    async def _poll_loop(self) -> None:
        loop = asyncio.get_running_loop()
        beat = loop.time() + KEEPALIVE_SECONDS
        try:
            while self._shows:
                self._unseen.clear()
                began = loop.time()
                known = {
                    show.show_id: None if show.is_behind else show.version for show in self._shows.values()
                }
                try:
                    self._tell(await loop.run_in_executor(self._thread, _look, known))
                    self._is_away = False
                except Exception:
                    # The database is away, say: streams stay open, and the next look comes. Said once.
                    if not self._is_away:
                        logger.exception("The seats of watched shows can't be looked at.")
                    self._is_away = True
                if loop.time() >= beat:
                    beat = loop.time() + KEEPALIVE_SECONDS
                    for show in self._shows.values():
                        if show.version is not None:
                            show.wake()
                rest = min(MAX_POLL_SECONDS, max(REST, SHARE * (loop.time() - began)))
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._unseen.wait(), rest)
        finally:
            self._task = None
            await loop.run_in_executor(self._thread, connections.close_all)

    def _tell(self, seen: dict[int, dict[str, Any] | None]) -> None:
        for show_id, state in seen.items():
            show = self._shows.get(show_id)
            if show is None:
                continue
            if state is None:
                show.gone = True
                del self._shows[show_id]
            else:
                show.see(state)
            show.wake()


def _look(known: dict[int, int | None]) -> dict[int, dict[str, Any] | None]:
    """The `availability` of those shows that are not at the known version, None for those that are gone."""
    close_old_connections()
    present = versions(known)
    return {
        show_id: _state(show_id)
        for show_id, version in known.items()
        if version is None or version != present.get(show_id, 0)
    }


def _state(show_id: int) -> dict[str, Any] | None:
    seats = seats_snapshot(show_id)
    return availability(seats) if seats else None


_watch = Watch()


class Listener:
    """The events of a show from the version that is `known` on, to be iterated in the process's event loop.

    They end when the show is deleted. Whoever iterates must `close` it, as Django's responses do.
    """

    def __init__(self, show_id: int, known: int | None) -> None:
        self._show_id = show_id
        self._known = known
        self._show: WatchedShow | None = None

    async def __aiter__(self) -> AsyncIterator[bytes]:
        known = self._known
        show = self._show = _watch.join(self._show_id)
        yield RETRY
        await _watch.seen(show, known)
        while not show.gone:
            event, known = show.news(known) or NOTHING_NEW, show.version
            yield event
            # While a slow listener took that, more may have happened.
            if show.version == known and not show.gone:
                await show.wait()

    def close(self) -> None:
        if self._show is not None:
            _watch.leave(self._show)
            self._show = None


def is_full() -> bool:
    """Whether so many listen here that files get scarce for others: each stream is an open one."""
    allowed, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return allowed != resource.RLIM_INFINITY and _watch.listeners > allowed * FILES_FOR_STREAMS


def present_state(show_id: int, known: int | None) -> bytes | None:
    """One look: the event for whoever knows that version, for servers that can't keep a stream open.

    None where there is no such show.
    """
    state = _state(show_id)
    if state is None:
        return None
    show = WatchedShow(show_id)
    show.see(state)
    return RETRY + (show.news(known) or NOTHING_NEW)
