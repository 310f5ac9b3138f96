"""Reads the seat map and the availability of a show as JSON with an ETag."""

from collections.abc import Callable
from typing import Any

from django.utils.http import parse_etags

from cinema.api.renderers import to_json
from cinema.api.representation import Representation
from cinema.seats.seat_map import kept_maps, queries
from cinema.seats.seat_map.queries import SeatsSnapshot, ShowSnapshot


def read_seat_map(show_id: int, if_none_match: str | None) -> Representation | None:
    """The seat map, or None if the show does not exist or is archived."""
    # Only the comparisons with `If-None-Match` and with a kept map need the version. A new map queries its own.
    with_version = if_none_match is not None or kept_maps.has_map(show_id)
    snapshot = queries.show_snapshot(show_id, with_version=with_version)
    return _represent(snapshot, if_none_match, _kept_or_new_map)


def read_availability(show_id: int, if_none_match: str | None) -> Representation | None:
    """The status of every seat, or None if the show does not exist or is archived."""
    return _represent(queries.seats_snapshot(show_id), if_none_match, _availability)


def _represent(
    snapshot: ShowSnapshot | SeatsSnapshot | None,
    if_none_match: str | None,
    build: Callable[[Any], Representation | None],
) -> Representation | None:
    if snapshot is None:
        return None
    if if_none_match:
        etag = snapshot.etag(snapshot.version)
        known_etags = {known.removeprefix("W/") for known in parse_etags(if_none_match)}
        if known_etags & {etag.removeprefix("W/"), "*"}:
            return Representation(etag, None)
    return build(snapshot)


def _availability(snapshot: SeatsSnapshot) -> Representation:
    return Representation(snapshot.etag(snapshot.version), to_json(queries.availability(snapshot)))


def _kept_or_new_map(snapshot: ShowSnapshot) -> Representation | None:
    etag = snapshot.etag(snapshot.version)
    if kept := kept_maps.kept_map(snapshot.id, etag):
        return Representation(etag, kept)
    body = queries.seat_map(snapshot)
    if body is None:
        return None
    # A seat may have changed after the snapshot, so the ETag comes from the version in the body.
    etag, content = snapshot.etag(body["version"]), to_json(body)
    kept_maps.keep_map(snapshot.id, etag, content)
    return Representation(etag, content)
