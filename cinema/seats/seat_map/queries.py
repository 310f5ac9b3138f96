"""Reads the seat map, and its part that browsers poll. Both are equal for everybody, so caches may store them.

The version is the sum of the seats' `changes`, plus 1 for each expired hold. It grows with every change of any
seat. A version column on the show would make all its buyers wait for one row.

The queries are plain SQL, because these calls are the most frequent ones and the ORM would cost several times
what the database needs to answer.
"""

import hashlib
import json
from collections.abc import Iterable
from datetime import datetime
from functools import lru_cache
from itertools import takewhile
from types import SimpleNamespace
from typing import Any, NamedTuple

from django.conf import settings

from cinema.seats.halls.plan_layout import HallLayout
from cinema.seats.halls.spacing import shorten, usual_distance
from cinema.seats.sql.dialect import CONCAT_ROWS, JSON_TABLE, NOW, ONE_OF, SEATS_OF_SHOW, to_array, utc
from cinema.seats.sql.fetch import fetch_all, fetch_one
from cinema.seats.status import STATUS_LETTER, STATUSES
from cinema.shows.times import shift, to_local

# Part of the ETag. Increase it when the representation changes, or clients keep the old one.
REPRESENTATION_VERSION = 7

CHANGES = f"changes + CASE WHEN held_until <= {NOW} THEN 1 ELSE 0 END"
VERSION = "CAST(COALESCE(SUM(changes), 0) AS bigint) AS version"

# The prices of a show as JSON, in the order of their kinds; null without a price list.
PRICES = f"""
CASE WHEN show.price_list_id IS NOT NULL THEN
(SELECT COALESCE({JSON_TABLE.format("category", "kind", "amount")}, '[]')
 FROM (SELECT category, kind, amount FROM shows_price WHERE price_list_id = show.price_list_id
       ORDER BY position, id) price) END"""  # noqa: S608
# The show and its movie, as the seat map contains them.
SHOW = f"""
SELECT show.id, show.screen_name, show.date_time, show.total_seats, movie.id, movie.title,
       movie.duration_minutes, show.format, show.on_sale_from, show.status, {PRICES} AS prices
FROM shows_show show JOIN shows_movie movie ON movie.id = show.movie_id
WHERE show.id = %(show)s AND NOT show.archived"""  # noqa: S608
# One statement sees one snapshot, so the show and the version of its seats belong together.
SHOW_AND_VERSION = f"""
SELECT show.*, seats.version
FROM ({SHOW}) show,
     (SELECT {VERSION} FROM (SELECT {CHANGES} AS changes FROM seats_seat WHERE {SEATS_OF_SHOW}) seat) seats"""  # noqa: S608 - put in are constants of the code's own
STATUSES_AND_VERSION = f"""
SELECT COALESCE({CONCAT_ROWS.format("letter")}, '') AS statuses, {VERSION}
FROM (SELECT {CHANGES} AS changes, {STATUS_LETTER} AS letter
      FROM seats_seat WHERE {SEATS_OF_SHOW} ORDER BY number) seat"""  # noqa: S608
STATUSES_AND_VERSIONS = f"""
SELECT show_id, {CONCAT_ROWS.format("letter")}, {VERSION}
FROM (SELECT show_id, {CHANGES} AS changes, {STATUS_LETTER} AS letter
      FROM seats_seat WHERE show_id {ONE_OF.format("%(shows)s")} ORDER BY show_id, number) seat
GROUP BY show_id"""  # noqa: S608
VERSIONS = f"""
SELECT show_id, {VERSION}
FROM (SELECT show_id, {CHANGES} AS changes FROM seats_seat WHERE show_id {ONE_OF.format("%(shows)s")}) seat
GROUP BY show_id"""  # noqa: S608
# The layout is in the row of the first seat only, so that seats and layout are from one snapshot.
SEATS = f"""
SELECT number, label, "row", "column", accessible, companion, pair, x, y, category, color,
       {STATUS_LETTER}, {CHANGES},
       CASE WHEN number = 1
       THEN (SELECT CAST(layout AS text) FROM seats_showlayout WHERE show_id = %(show)s) END
FROM seats_seat WHERE {SEATS_OF_SHOW} ORDER BY number"""  # noqa: S608


class ShowSnapshot(NamedTuple):
    """A show and its movie, and optionally the version of its seats, from one snapshot."""

    id: int
    screen_name: str
    date_time: datetime
    total_seats: int
    movie_id: int
    title: str
    duration_minutes: int
    format: str
    on_sale_from: datetime | None
    status: str
    # The prices are a part of the ETag. A version of the list could repeat after a restore; its content can't.
    prices: str | None
    version: int | None = None

    def etag(self, version: int | None) -> str:
        """A weak ETag of this version of the seats and of the show's details."""
        return f'W/"{version}-{_digest((settings.TIME_ZONE, settings.CURRENCY, *self[:-1]))}"'

    def summary(self) -> dict[str, Any]:
        movie = {"id": self.movie_id, "title": self.title, "duration_minutes": self.duration_minutes}
        date_time = utc(self.date_time)
        return {
            "id": self.id,
            "movie": movie,
            "screen_name": self.screen_name,
            "date_time": date_time,
            "local_time": to_local(date_time),
            "ends_at": shift(date_time, self.duration_minutes),
            "format": self.format,
            "on_sale_from": self.on_sale_from and utc(self.on_sale_from),
            "status": self.status,
            "total_seats": self.total_seats,
        }

    def price_table(self, categories: Iterable[str]) -> dict[str, Any] | None:
        """The prices of these categories by kind, or None if the show has no price list."""
        if self.prices is None:
            return None
        amounts: dict[str, dict[str, int]] = {}
        kinds: dict[str, None] = {}
        for category, kind, amount in json.loads(self.prices):
            amounts.setdefault(category, {})[kind] = amount
            kinds[kind] = None
        others = amounts.get("", {})
        by_category = {}
        for category in categories:
            of_category = others | amounts.get(category, {})
            by_category[category] = {kind: of_category[kind] for kind in kinds if kind in of_category}
        return {"currency": settings.CURRENCY, "kinds": list(kinds), "by_category": by_category}


# The details of a show rarely change, so their digest is cached.
@lru_cache(maxsize=1024)
def _digest(details: tuple[Any, ...]) -> str:
    return hashlib.sha256(f"{REPRESENTATION_VERSION} {details}".encode()).hexdigest()[:16]


class SeatsSnapshot(NamedTuple):
    """The status letters of a show's seats, in the order of their numbers, and their version."""

    show_id: int
    statuses: str
    version: int

    def etag(self, version: int | None) -> str:
        """A weak ETag of this version. The answer contains nothing else that could change."""
        return f'W/"{version}-{REPRESENTATION_VERSION}"'


def show_snapshot(show_id: int, *, with_version: bool = False) -> ShowSnapshot | None:
    """The show, or None if it does not exist or is archived.

    With `with_version` it includes the version of the seats, which is enough to answer 304 Not Modified.
    """
    row = fetch_one(SHOW_AND_VERSION if with_version else SHOW, {"show": show_id})
    return ShowSnapshot(*row) if row else None


def seats_snapshot(show_id: int) -> SeatsSnapshot | None:
    """The statuses of a show's seats, or None if the show does not exist or is archived."""
    row: Any = fetch_one(STATUSES_AND_VERSION, {"show": show_id})
    seats = SeatsSnapshot(show_id, *row)
    # Every other show has seats, so the show itself is looked up only if none were found.
    return seats if seats.statuses or show_snapshot(show_id) else None


def seats_snapshots(show_ids: Iterable[int]) -> dict[int, SeatsSnapshot | None]:
    """The statuses of the seats of several shows, by show id; None as for `seats_snapshot`."""
    rows = fetch_all(STATUSES_AND_VERSIONS, {"shows": to_array(show_ids)})
    found = {show_id: SeatsSnapshot(show_id, *row) for show_id, *row in rows}
    return {show_id: found.get(show_id) or seats_snapshot(show_id) for show_id in show_ids}


def versions(show_ids: Iterable[int]) -> dict[int, int]:
    """The version of each show that has seats, by show id."""
    return dict(fetch_all(VERSIONS, {"shows": to_array(show_ids)}))


def seat_map(show: ShowSnapshot) -> dict[str, Any] | None:
    """The seat map. Version, counts and seats are from one snapshot, which may be later than the show's.

    None if the show was archived or deleted in between.
    """
    rows = fetch_all(SEATS, {"show": show.id})
    if not rows and show_snapshot(show.id) is None:
        return None
    *_, xs, ys, categories, colors, letters, changes, layouts = zip(*rows, strict=True) if rows else [()] * 7
    # A hall has few distinct coordinates, so each is converted once.
    short = {place: shorten(place) for place in {*xs, *ys}}
    seats = [
        {
            "seat_number": number,
            "label": label,
            "row": row,
            "column": column,
            "x": short[x],
            "y": short[y],
            "category": category,
            "accessible": accessible,
            "companion": companion,
            "pair": pair,
            "status": STATUSES[letter],
        }
        for number, label, row, column, accessible, companion, pair, x, y, category, _, letter, *_ in rows
    ]
    return {
        "show": show.summary(),
        "version": sum(changes),
        "counts": _counts("".join(letters)),
        "layout": {
            "width": short[max(xs)] if rows else 0,
            "height": short[max(ys)] if rows else 0,
            # A category has the color of its first seat.
            "categories": [
                {"name": name, "color": colors[categories.index(name)]}
                for name in dict.fromkeys(categories)
                if name
            ],
            **(json.loads(layouts[0]) if rows and layouts[0] else _layout_without_plan(seats)),
        },
        "prices": show.price_table(dict.fromkeys(categories)),
        "seats": seats,
    }


def _layout_without_plan(seats: list[dict[str, Any]]) -> HallLayout:
    """The layout of a show without a plan, or of one that got its plan before layouts were stored."""
    first_row = takewhile(lambda seat: seat["row"] == seats[0]["row"], seats[:20])
    row = [SimpleNamespace(x=seat["x"], y=seat["y"]) for seat in first_row]
    return HallLayout(front="top", areas=[], zones=[], pitch=shorten(usual_distance([row]) or 1))


def availability(seats: SeatsSnapshot) -> dict[str, Any]:
    """The answer of `availability/`: version, counts and one letter a seat."""
    return {
        "show": seats.show_id,
        "version": seats.version,
        "counts": _counts(seats.statuses),
        "statuses": seats.statuses,
    }


def _counts(letters: str) -> dict[str, int]:
    return {"total": len(letters)} | {status: letters.count(letter) for letter, status in STATUSES.items()}
