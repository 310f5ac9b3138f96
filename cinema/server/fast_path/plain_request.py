"""Recognizes requests of the usual form: all headers are known, and none is repeated."""

import re
from dataclasses import dataclass, field
from functools import lru_cache
from time import perf_counter
from types import SimpleNamespace
from typing import Any

from django.urls import resolve

from cinema.api.request_id import safe_id
from cinema.auth.authentication import bearer
from cinema.middleware.compression import accepts_gzip
from cinema.server.environ import make_environ
from cinema.server.request import Utf8Request

ID = rb"[1-9][0-9]{0,17}/"
PATH = re.compile(
    rb"/(?:my-bookings/|movies/(?:%bshows/)?|shows/(?:%b(?:seats/|availability/|book/)?)?)" % (ID, ID)
)
# Only the number, in one of its two spellings.
BOOK_BODY = re.compile(
    rb'[ \t\r\n]*\{[ \t\r\n]*"seat_number"[ \t\r\n]*:[ \t\r\n]*("?)([1-9][0-9]{0,8})\1[ \t\r\n]*\}[ \t\r\n]*'
)
BEARER = re.compile(rb"Bearer ([\w-]+\.[\w-]+\.[\w-]+)")

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
POST_HEADERS = KNOWN | {b"content-type", b"content-length"}

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
    seat_number: int
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
    if not PATH.fullmatch(path) or scope["http_version"] != "1.1":
        return None
    is_sale = path.endswith(b"/book/")
    if scope["method"] != ("POST" if is_sale else "GET"):
        return None
    known = POST_HEADERS if is_sale else GET_HEADERS
    headers: dict[bytes, bytes] = {}
    for name, value in scope["headers"]:
        if name not in known:
            return None
        if name not in IGNORED:
            if name in headers:
                return None
            headers[name] = value
    sale = BOOK_BODY.fullmatch(body)
    if is_sale and (sale is None or headers.get(b"content-type") != b"application/json"):
        return None
    user = None
    # `authorization` of a public read is not even parsed.
    if is_sale or path == b"/my-bookings/":
        token = BEARER.fullmatch(headers.get(b"authorization", b""))
        if token is None or (user := bearer(token[1])) is None:
            return None
    gzip = accepts_gzip(headers.get(b"accept-encoding", b"").decode("latin-1"))
    decisive = (scope["scheme"], *map(headers.get, DECISIVE))
    return PlainRequest(
        scope=scope,
        view=find_view(path.decode()),
        request_id=safe_id(headers.get(b"x-request-id", b"").decode("latin-1")),
        decisive=decisive,
        key=(path, scope["query_string"], headers.get(b"if-none-match"), gzip, user, *decisive),
        accepts_gzip=gzip,
        user=user,
        seat_number=int(sale[2]) if sale else 0,
    )
