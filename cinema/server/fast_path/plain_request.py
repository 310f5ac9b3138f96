"""Recognizes requests of the usual form: all headers are known, and none is repeated."""

import re
from dataclasses import dataclass, field
from functools import lru_cache
from time import perf_counter
from types import SimpleNamespace
from typing import Any

from django.conf import settings
from django.urls import resolve

from cinema.api.request_id import safe_id
from cinema.auth.authentication import bearer
from cinema.middleware.compression import accepts_gzip
from cinema.seats.booking.statements import BOOK_CALL, BOOK_HELD_CALL, HOLD_CALL, Sale
from cinema.server.environ import make_environ
from cinema.server.request import Utf8Request

ID = rb"[1-9][0-9]{0,17}/"
CALL = rb"(?:seats|availability|(?P<sale>book|hold(?:/book)?))/"
PATH = re.compile(rb"/(?:my-bookings/|movies/(?:%bshows/)?|shows/(?:%b(?:%b)?)?)" % (ID, ID, CALL))


def _pattern(form: bytes) -> re.Pattern[bytes]:
    """A space in `form` is any white space, and # a number."""
    return re.compile(form.replace(b" ", rb"[ \t\r\n]*").replace(b"#", rb"[1-9][0-9]{0,8}"))


# Only the seats. That of a booking has two spellings.
BODIES = {
    BOOK_CALL: _pattern(rb' \{ "seat_number" : ("?)(?P<seats>#)\1 \} '),
    HOLD_CALL: _pattern(
        rb' \{ "seat_numbers" : \[ (?P<seats>#(?: , #){0,%d}) \] \} ' % (settings.HOLD_MAX_SEATS - 1)
    ),
    BOOK_HELD_CALL: _pattern(rb"(?P<seats>)| \{ \} "),
}
METHODS = {"": "GET", BOOK_CALL: "POST", HOLD_CALL: "PUT", BOOK_HELD_CALL: "POST"}
BEARER = re.compile(rb"Bearer ([\w-]+\.[\w-]+\.[\w-]+)")
JSON = b"application/json"

# No answer of these calls depends on these headers, apart from problems.
IGNORED = set(
    b"accept accept-language cache-control connection dnt pragma priority referer sec-ch-ua sec-ch-ua-mobile"
    b" sec-ch-ua-platform sec-fetch-dest sec-fetch-mode sec-fetch-site user-agent via x-forwarded-for"
    b" x-real-ip".split()
)
# The headers of an answer may depend on these, so the answer's headers are learned for each combination.
DECISIVE = {b"host", b"origin", b"x-forwarded-host", b"x-forwarded-port", b"x-forwarded-proto"}
KNOWN = IGNORED | DECISIVE | {b"accept-encoding", b"authorization", b"x-request-id"}
GET_HEADERS = KNOWN | {b"if-none-match"}
SALE_HEADERS = KNOWN | {b"content-type", b"content-length"}

# The same path always has the same view. Looking it up costs as much as reading a small answer.
find_view = lru_cache(maxsize=1024)(resolve)


@dataclass(slots=True)
class PlainRequest:
    scope: dict[str, Any]
    view: Any  # The ResolverMatch of the path.
    request_id: str
    # The parts of the request on which the headers of its answer depend.
    decisive: tuple[Any, ...]
    # Reads with equal keys get the same answer.
    key: tuple[Any, ...]
    accepts_gzip: bool
    # Id and password hash of the token's user, if the call needs one.
    user: tuple[int, str] | None
    sale: Sale | None
    began: float = field(default_factory=perf_counter)
    # The bridge adds these to the environ, for the view that answers the request after all.
    notes: dict[str, Any] = field(default_factory=dict)

    def for_django(self) -> Utf8Request:
        """The request as views and logs know it, without its body."""
        environ = make_environ(self.scope, b"")
        request = Utf8Request(environ | {"cinema.began": self.began, "cinema.request_id": self.request_id})
        if self.user:
            request.user = SimpleNamespace(pk=self.user[0])  # type: ignore[assignment]
        return request


def parse(scope: dict[str, Any], body: bytes) -> PlainRequest | None:
    """The request, or None if anything about it is unusual."""
    path = scope["raw_path"].partition(b"?")[0]
    match = PATH.fullmatch(path)
    if match is None or scope["http_version"] != "1.1":
        return None
    call = (match["sale"] or b"").decode()
    if scope["method"] != METHODS[call]:
        return None
    known = SALE_HEADERS if call else GET_HEADERS
    headers: dict[bytes, bytes] = {}
    for name, value in scope["headers"]:
        if name not in known:
            return None
        if name not in IGNORED:
            if name in headers:
                return None
            headers[name] = value
    user, sale, view = None, None, find_view(path.decode())
    # `authorization` of a public read is not even parsed.
    if call or path == b"/my-bookings/":
        token = BEARER.fullmatch(headers.get(b"authorization", b""))
        if token is None or (user := bearer(token[1])) is None:
            return None
        if call:
            wanted = BODIES[call].fullmatch(body)
            is_json = headers.get(b"content-type", b"" if body else JSON) == JSON
            # A body that is too large was not read, and looks empty.
            is_whole = headers.get(b"content-length", b"0") == b"%d" % len(body)
            if wanted is None or not is_json or not is_whole:
                return None
            seats = {int(number) for number in (wanted["seats"] or b"").split(b",") if number}
            sale = Sale(view.kwargs["show_id"], tuple(sorted(seats)), call, *user)
    gzip = accepts_gzip(headers.get(b"accept-encoding", b"").decode("latin-1"))
    decisive = (scope["scheme"], *map(headers.get, DECISIVE))
    return PlainRequest(
        scope=scope,
        view=view,
        request_id=safe_id(headers.get(b"x-request-id", b"").decode("latin-1")),
        decisive=decisive,
        key=(path, scope["query_string"], headers.get(b"if-none-match"), gzip, user, *decisive),
        accepts_gzip=gzip,
        user=user,
        sale=sale,
    )
