"""Seat maps, lists and shows. Waiting requests for the same answer share one query."""

from collections.abc import Sequence
from typing import Any

from cinema.middleware.compression import MIN_SIZE_BYTES, compress
from cinema.server.fast_path import records
from cinema.server.fast_path.learned_headers import Headers, fill_in, find
from cinema.server.fast_path.plain_request import PlainRequest
from cinema.server.lane import Lane


async def answer(request: PlainRequest) -> tuple[int, Headers, bytes] | None:
    found = await _lane.result_of(request)
    if found is None:
        return None
    etag, body, is_compressed = found
    status = 304 if body is None else 200
    headers = find(request, status, is_compressed=is_compressed)
    if headers is None:
        return None
    records.record(request, status)
    return status, fill_in(headers, request, size=len(body or b""), etag=etag), body or b""


def _read_all(requests: Sequence[PlainRequest]) -> list[Any]:
    first_of_each = {request.key: request for request in reversed(requests)}
    results = {key: _read(request) for key, request in first_of_each.items()}
    return [results[request.key] for request in requests]


def _read(request: PlainRequest) -> tuple[str, bytes | None, bool] | None:
    """ETag, body, and whether the body is compressed. None if the view must answer."""
    try:
        django_request, view = request.for_django(), request.view.func.view_class()
        view.setup(django_request, **request.view.kwargs)
        found = view.represent(django_request, **request.view.kwargs)
    except Exception:  # The view reports it, if it fails there too.
        return None
    if found is None:
        return None
    etag, body = found
    # An answer with an ETag is public. Others have secrets, and are never compressed.
    is_compressed = bool(etag and body and request.accepts_gzip and len(body) >= MIN_SIZE_BYTES)
    return etag, compress(body) if is_compressed else body, is_compressed


# Few answers at once, because the event loop sends none of them before all are there.
_lane = Lane("reads", _read_all, max_jobs=4, key=lambda request: request.key)
