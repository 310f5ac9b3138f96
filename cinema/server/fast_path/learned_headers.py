"""The headers of answers, learned from the answers of the views.

They depend on the settings and on all middleware. A second list of them could differ from the views' one day.
"""

from typing import Any

from cinema.server.fast_path.plain_request import PlainRequest

Headers = list[tuple[bytes, bytes]]

# More are never needed, unless clients invent hosts or origins.
MAX_KINDS = 500
# Differ between two answers of the same kind.
VARIABLE = {b"content-length", b"etag", b"x-request-id"}
SUCCESSES = {200, 201, 304}

_learned: dict[tuple[Any, ...], Headers] = {}


def learn(request: PlainRequest, status: int, headers: Headers) -> None:
    """Remembers the headers of a view's successful answer."""
    if status in SUCCESSES:
        names = [name for name, _ in headers]
        key = _key(request, status, b"content-encoding" in names)
        if key not in _learned and b"set-cookie" not in names and len(_learned) < MAX_KINDS:
            _learned[key] = headers


def find(request: PlainRequest, status: int, *, is_compressed: bool = False) -> Headers | None:
    """The headers that a view has sent with such an answer, or None if none has been sent yet."""
    return _learned.get(_key(request, status, is_compressed))


def fill_in(headers: Headers, request: PlainRequest, *, size: int, etag: str = "") -> Headers:
    """The headers with the values of this answer."""
    values = {b"content-length": str(size), b"etag": etag, b"x-request-id": request.request_id}
    return [(name, values[name].encode("latin-1") if name in VARIABLE else value) for name, value in headers]


def _key(request: PlainRequest, status: int, is_compressed: bool) -> tuple[Any, ...]:
    return (request.view.route, status, is_compressed, *request.decisive)
