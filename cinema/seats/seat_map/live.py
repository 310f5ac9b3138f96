"""Sends changes of seats to browsers as server-sent events.

One task in each process polls the versions of all watched shows by one query. It reads the seats of those shows
whose version has changed. Polling sees the changes of every process and node, behind every pooler. An open
stream needs no query and no database connection of its own.

Event format: https://html.spec.whatwg.org/multipage/server-sent-events.html
"""

import asyncio
import json
import logging
import resource
from collections.abc import AsyncIterator, Collection, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any

from django.db import close_old_connections, connections

from cinema.seats.seat_map.queries import STATUSES, availability, seats_snapshots, versions

logger = logging.getLogger(__name__)

# Poll interval (seconds): four times the last poll's duration, between 0.3 and 3 seconds. So large polls slow
# the events down before they slow the sales down.
MIN_POLL_SECONDS = 0.3
MAX_POLL_SECONDS = 3
POLL_DURATION_FACTOR = 4
# An idle stream gets a comment after this time, because proxies close connections that carry nothing.
KEEPALIVE_SECONDS = 15
KEEPALIVE = b": nothing new\n\n"
# The time (milliseconds) after which a client reconnects.
RETRY = b"retry: 1000\n\n"
# The share of the process's file descriptors that streams may use.
MAX_FILES_FOR_STREAMS = 0.7
# How many versions of a show are remembered. A client with an older one gets a full snapshot.
MAX_VERSIONS = 1000


class WatchedShow:
    """A show as last polled: the status of each seat, and the version at which it last changed.

    Diffs exist only for versions this process has polled; other clients get a full snapshot. Between two polls
    a seat can change twice, so the state of a version in between is unknown.
    """

    def __init__(self, show_id: int) -> None:
        self.show_id = show_id
        # One asyncio event for each stream of this show. It is set when the stream has something to send.
        self.listeners: set[asyncio.Event] = set()
        self.is_deleted = False
        # True if a client has a later version than the last poll.
        self.is_behind = False
        self.version: int | None = None
        self._versions: set[int] = set()
        self._counts: dict[str, int] = {}
        self._statuses = ""
        self._changed_at: list[int] = []
        self._events: dict[int | None, bytes] = {}

    def update(self, state: dict[str, Any]) -> None:
        """Stores the show's `availability`."""
        version, statuses = state["version"], state["statuses"]
        if len(statuses) != len(self._statuses) or len(self._versions) >= MAX_VERSIONS:
            self._versions.clear()
        if len(statuses) != len(self._statuses):
            self._changed_at = [version] * len(statuses)
        else:
            for index, (old, new) in enumerate(zip(self._statuses, statuses, strict=True)):
                if old != new:
                    self._changed_at[index] = version
        self._versions.add(version)
        self.version, self._counts, self._statuses = version, state["counts"], statuses
        self.is_behind = False
        self._events = {}

    def event_since(self, known: int | None) -> bytes | None:
        """The event, without its id, for a client that has version `known`; None if that is the current one.

        It is a full snapshot if `known` is None or a version that this process has not polled.
        """
        if known == self.version:
            return None
        if known not in self._versions:
            known = None
        if known not in self._events:
            self._events[known] = self._event(known)
        return self._events[known]

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
        return f"data: {json.dumps(body, separators=(',', ':'))}\n\n".encode()

    def wake(self) -> None:
        """Wakes up all listeners."""
        for changed in self.listeners:
            changed.set()


class Watch:
    """The shows that somebody listens to in this process, and the task that polls them."""

    def __init__(self) -> None:
        self._shows: dict[int, WatchedShow] = {}
        self.listeners = 0
        self._task: asyncio.Task[None] | None = None
        self._is_failing = False
        self._executor = ThreadPoolExecutor(1, thread_name_prefix="watch")
        self._poll_now = asyncio.Event()

    def join(self, show_ids: Iterable[int], changed: asyncio.Event) -> list[WatchedShow]:
        """Sets `changed` from now on whenever one of these shows may have changed."""
        shows = [self._shows.setdefault(show_id, WatchedShow(show_id)) for show_id in show_ids]
        for show in shows:
            show.listeners.add(changed)
        self.listeners += 1
        if self._task is None:
            self._task = asyncio.create_task(self._poll_loop())
        return shows

    def leave(self, shows: list[WatchedShow], changed: asyncio.Event) -> None:
        self.listeners -= 1
        for show in shows:
            show.listeners.discard(changed)
            if not show.listeners and self._shows.get(show.show_id) is show:
                del self._shows[show.show_id]

    async def catch_up(
        self, shows: list[WatchedShow], known: Mapping[int, int | None], changed: asyncio.Event
    ) -> None:
        """Waits until each show was polled, and at its `known` version or later."""
        for show in shows:
            if show.version is None or (known[show.show_id] or 0) > show.version:
                show.is_behind = True
                self._poll_now.set()
        while any(show.is_behind and not show.is_deleted for show in shows):
            changed.clear()
            await changed.wait()

    async def _poll_loop(self) -> None:
        loop = asyncio.get_running_loop()
        next_keepalive = loop.time() + KEEPALIVE_SECONDS
        try:
            while self._shows:
                self._poll_now.clear()
                started = loop.time()
                known = {
                    show.show_id: None if show.is_behind else show.version for show in self._shows.values()
                }
                try:
                    self._publish(await loop.run_in_executor(self._executor, _poll, known))
                    self._is_failing = False
                except Exception:
                    # The database may be down. Streams stay open, and only the first failed poll is logged.
                    if not self._is_failing:
                        logger.exception("Polling the seats of watched shows failed. Polling goes on.")
                    self._is_failing = True
                if loop.time() >= next_keepalive:
                    next_keepalive = loop.time() + KEEPALIVE_SECONDS
                    for show in self._shows.values():
                        if show.version is not None:
                            show.wake()
                duration = loop.time() - started
                interval = min(MAX_POLL_SECONDS, max(MIN_POLL_SECONDS, POLL_DURATION_FACTOR * duration))
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._poll_now.wait(), interval)
        finally:
            self._task = None
            await loop.run_in_executor(self._executor, connections.close_all)

    def _publish(self, states: dict[int, dict[str, Any] | None]) -> None:
        for show_id, state in states.items():
            show = self._shows.get(show_id)
            if show is None:
                continue
            if state is None:
                show.is_deleted = True
                del self._shows[show_id]
            else:
                show.update(state)
            show.wake()


def _poll(known: dict[int, int | None]) -> dict[int, dict[str, Any] | None]:
    """The `availability` of the shows that are not at their known version; None for deleted shows."""
    close_old_connections()
    current = versions(known)
    return _states(
        [show_id for show_id, version in known.items() if version is None or version != current.get(show_id, 0)]
    )


def _states(show_ids: Collection[int]) -> dict[int, dict[str, Any] | None]:
    snapshots = seats_snapshots(show_ids) if show_ids else {}
    return {show_id: seats and availability(seats) for show_id, seats in snapshots.items()}


def _id(known: Mapping[int, int | None]) -> bytes:
    """The id of an event: the version that the client then has of each show, in the order of its request."""
    versions = ("" if version is None else str(version) for version in known.values())
    return f"id: {','.join(versions)}\n".encode()


_watch = Watch()


class Listener:
    """Iterates over the events of shows in the process's event loop. `known` has the version of each that the
    client has, or None.

    It ends when one of the shows is deleted. The caller must `close` it; Django's streaming responses do.
    """

    def __init__(self, known: Mapping[int, int | None]) -> None:
        self._known = dict(known)
        self._changed = asyncio.Event()
        self._shows: list[WatchedShow] = []

    async def __aiter__(self) -> AsyncIterator[bytes]:
        known, changed = self._known, self._changed
        shows = self._shows = _watch.join(known, changed)
        yield RETRY
        await _watch.catch_up(shows, known, changed)
        while not any(show.is_deleted for show in shows):
            # Changes that happen while a slow client receives events set `changed` again.
            changed.clear()
            has_news = False
            for show in shows:
                event, known[show.show_id] = show.event_since(known[show.show_id]), show.version
                if event:
                    has_news = True
                    yield _id(known) + event
            if not has_news:
                yield KEEPALIVE
            await changed.wait()

    def close(self) -> None:
        if self._shows:
            _watch.leave(self._shows, self._changed)
            self._shows = []


def is_full() -> bool:
    """Tells whether this process has too many streams. Each one uses a file descriptor that requests need,
    too."""
    max_files, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return max_files != resource.RLIM_INFINITY and _watch.listeners > max_files * MAX_FILES_FOR_STREAMS


def current_events(known: Mapping[int, int | None]) -> bytes | None:
    """The events since the `known` versions of shows, for servers that cannot keep a stream open.

    None if one of the shows does not exist.
    """
    events, known = b"", dict(known)
    for show_id, state in _states(known).items():
        if state is None:
            return None
        show = WatchedShow(show_id)
        show.update(state)
        event, known[show_id] = show.event_since(known[show_id]), show.version
        if event:
            events += _id(known) + event
    return RETRY + (events or KEEPALIVE)
