"""Request lines, headers, methods and paths that are malformed, too large, or meant to be misread."""

from urllib.parse import quote

import pytest

from tests.hostile.raw_http import JSON, build_request

pytestmark = pytest.mark.django_db(transaction=True)

BOOKING = b'{"seat_number": 1}'
SMUGGLED = b"0\r\n\r\nPOST /signup HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n"
LAST_CHUNK = b"0\r\n\r\n"

MALFORMED_TARGETS = [
    *("/livez HTTP/0.9", "/livez HTTP/2.0", "/livez HTTP/1.10", "/livez http/1.1", "/livez HTTP/11", "/livez"),
    *(
        "/livez HTTP/1.1 x",
        "/livez ICAP/1.0",
        "/a b HTTP/1.1",
        "/\t HTTP/1.1",
        "/\0 HTTP/1.1",
        "/\xff HTTP/1.1",
    ),
    *("livez HTTP/1.1", "* HTTP/1.1", "\\livez HTTP/1.1", "", " HTTP/1.1"),
]
MALFORMED_METHODS = ["get", "Get", "G\0T", "G(T", "GET,POST", "", "G" * 100, "\xff"]
NOT_HTTP = {
    "TLS": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(range(200)) + b"\r\n\r\n",
    "HTTP/2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "all bytes": bytes(range(256)) * 50 + b"\r\n\r\n",
    "bare line feeds": b"GET /livez HTTP/1.1\nHost: localhost\n\n",
    "SMTP": b"EHLO localhost\r\n\r\n",
}
AMBIGUOUS_HEADERS = {
    "folded": ["X-A: b\r\n c"],
    "a space before the colon": ["X-A : b"],
    "no colon": ["nonsense"],
    "no name": [": b"],
    "a carriage return": ["X-A: b\rX-B: c"],
    "a line feed": ["X-A: b\nX-B: c"],
    "NUL": ["X-A: b\0c"],
    "a name that is not ASCII": ["X-\xff: a"],
    "a token with NUL": ["Authorization: Bearer a\0b"],
    "two hosts": ["Host: evil.example"],
    "two schemes": ["X-Forwarded-Proto: https", "X-Forwarded-Proto: http"],
}
TOO_LARGE_HEADERS = {
    "2,000 headers": [f"X-{number}: 1" for number in range(2000)],
    "a name of 9,000 bytes": ["X" * 9000 + ": a"],
    "a large cookie": ["Cookie: a=" + "b" * 20_000],
    "a large token": ["Authorization: Bearer " + "a" * 20_000],
    "100,000 entity tags": ["If-None-Match: " + ", ".join(f'"{number}"' for number in range(100_000))],
    "a value of a megabyte": ["X-A: " + "a" * 1_000_000],
}
# Headers that must not change the response. Forwarded headers count only if the settings name a proxy.
IGNORED_HEADERS = {
    "client addresses": ["X-Forwarded-For: " + ", ".join(["1.2.3.4"] * 300), "X-Real-IP: nonsense"],
    "a host": ["X-Forwarded-Host: evil.example", "Forwarded: for=x;host=evil.example;proto=gopher"],
    "a scheme": ["X-Forwarded-Proto: gopher"],
    "another path": ["X-Original-URL: /admin/", "X-Rewrite-URL: /admin/"],
    "another method": ["X-HTTP-Method-Override: DELETE", "X-Method-Override: DELETE"],
    "ranges": ["Range: bytes=" + ",".join(f"{number}-" for number in range(1000))],
    "an expectation": ["Expect: 100-continue"],
    "HTTP/2": [
        "Connection: Upgrade, HTTP2-Settings",
        "Upgrade: h2c",
        "HTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA",
    ],
    "an unknown WebSocket version": ["Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 99"],
    "900 entity tags": ["If-None-Match: " + ", ".join(f'"{number}"' for number in range(900))],
    "cookies": ["Cookie: " + "; ".join(f"c{number}={number}" for number in range(500)), "Cookie: =;;=;"],
    "a malformed token for a public read": ["Authorization: Bearer " + "." * 8000],
    "long Accept headers": [
        "Accept: " + "*/*;q=x," * 500,
        "Accept-Encoding: " + "gzip;q=9," * 500,
        "Accept-Language: " + "x" * 5000,
    ],
    "a malformed date": ["If-Modified-Since: nonsense"],
    "a value that is not ASCII": ["X-A: \xff"],
    "a null origin": ["Origin: null"],
}
MALFORMED_TOKENS = [
    *("", "a b c", "." * 100, "a.b.c", "\xff\xfe", "null", "eyJhbGciOiJub25lIn0.e30.", "a" * 8000)
]
INVALID_HOSTS = [
    *("", "evil.example", "localhost:x", "local host", "localhost/..", "[::1", "127.0.0.1@evil.example"),
    *("localhost,evil.example", ".localhost", "\xff", "a" * 5000, "localhost\\evil.example"),
]
UNKNOWN_PATHS = [
    *("/%00", "/%2e%2e/%2e%2e/etc/passwd", "/../../etc/passwd", "/static/../../manage.py", "/static/%00"),
    *("/static/%2e%2e/%2e%2e/manage.py", "/static/..%2f..%2fmanage.py", "/static/..%5c..%5cmanage.py"),
    *("///movies///", "//evil.example/movies/", "/%C0%AF", "/%ed%a0%80", "/%ff", "/%", "/%zz", "/mov\\ies/"),
    *("/movies/%0d%0aX-Injected:%201", "/movies/#x", "/" + "a" * 8000, "/" * 4000, "/" + "%41" * 2000),
    *("/static/" + "a/" * 2000, "/login/" + "x" * 1000),
]
INVALID_IDS = [
    *(
        "0",
        "-1",
        "null",
        "true",
        "..",
        "%2e%2e",
        "9223372036854775808",
        "1" + "0" * 30,
        "9" * 5000,
        "%E2%85%A6",
    ),
]


@pytest.fixture
def seat_map_path(show):
    return f"/shows/{show.pk}/seats/"


@pytest.fixture
def booking_request(show, alice_authorization):
    """`booking_request(*headers, body=…)` builds a request that books a seat."""

    def build(*headers: str, body: bytes = b"") -> bytes:
        return build_request(f"POST /shows/{show.pk}/book/", alice_authorization, JSON, *headers, body=body)

    return build


def test_malformed_http_is_rejected(expect_rejections):
    rest = "\r\nHost: localhost\r\nConnection: close\r\n\r\n"
    expect_rejections((target, f"GET {target}{rest}".encode("latin-1")) for target in MALFORMED_TARGETS)
    expect_rejections((method, build_request(f"{method} /livez")) for method in MALFORMED_METHODS)
    expect_rejections(NOT_HTTP.items())


def test_ambiguous_headers_are_rejected(expect_rejections, seat_map_path):
    expect_rejections(
        (name, build_request(f"GET {seat_map_path}", *lines)) for name, lines in AMBIGUOUS_HEADERS.items()
    )


def test_headers_that_are_too_large_are_rejected(expect_rejections, seat_map_path):
    expect_rejections(
        (name, build_request(f"GET {seat_map_path}", *lines)) for name, lines in TOO_LARGE_HEADERS.items()
    )


def test_request_lines_that_are_too_long_are_rejected(expect_rejections):
    lines = ["GET /" + "a" * 20_000, "GET /movies/?search=" + "a" * 20_000, "G" * 10_000 + " /"]
    expect_rejections((line[:30], build_request(line)) for line in lines)


def test_untrusted_and_irrelevant_headers_are_ignored(expect_all, seat_map_path):
    requests = [
        (name, build_request(f"GET {seat_map_path}", *lines)) for name, lines in IGNORED_HEADERS.items()
    ]
    expect_all("200", requests)


def test_malformed_tokens_are_rejected(expect_all):
    line = "GET /my-bookings/"
    bearers = [
        (token[:40], build_request(line, f"Authorization: Bearer {token}")) for token in MALFORMED_TOKENS
    ]
    expect_all("401 token_not_valid", bearers)


def test_other_authentication_schemes_do_not_authenticate(expect_all):
    values = ["Basic YTpi", "Digest x", "bearer", "\xff", "Token a.b.c"]
    requests = [(value, build_request("GET /my-bookings/", f"Authorization: {value}")) for value in values]
    expect_all("401 not_authenticated", requests)


def test_invalid_hosts_are_bad_requests(expect_all):
    rest = "\r\nConnection: close\r\n\r\n"
    requests = [
        (host, f"GET /movies/ HTTP/1.1\r\nHost: {host}{rest}".encode("latin-1")) for host in INVALID_HOSTS
    ]
    expect_all("400 bad_request", requests)


def test_unsupported_methods_are_rejected(expect_all, seat_map_path):
    methods = ["TRACE", "CONNECT", "PROPFIND", "BREW", "PURGE", "M-SEARCH", "1GET", "POST", "DELETE"]
    lines = [f"{method} {path}" for method in methods for path in (seat_map_path, "/livez")]
    expect_all("405 method_not_allowed", [(line, build_request(line)) for line in [*lines, "OPTIONS *"]])
    # CONNECT has no path, so it reaches the page at `/`, where the CSRF check comes before that of the method.
    expect_all("403 csrf_failed", [("a proxy's CONNECT", build_request("CONNECT localhost:80"))])


def test_unknown_paths_are_not_found(expect_all):
    expect_all("404 not_found", [(path[:40], build_request(f"GET {path}")) for path in UNKNOWN_PATHS])


def malformed_ids(number: int) -> list[str]:
    """Returns other spellings of this id, and values that cannot be an id."""
    id = str(number)
    spellings = [
        *(f"0{id}", f"00{id}", f"{id}.0", f"%2B{id}", f"{id}e0", f"%20{id}", f"{id}%00", f"{id}%0A", f"{id}_0"),
        *(f"-{id}", f"0x{id}", f"{id};x=1"),
    ]
    # The same digits in other scripts, which Python's `int` accepts.
    spellings += [quote("".join(chr(ord(zero) + int(digit)) for digit in id)) for zero in "０٠०"]
    return spellings + INVALID_IDS


def test_malformed_ids_are_not_found(expect_all, show, alice_authorization, sam_authorization):
    shows, movies = malformed_ids(show.pk), malformed_ids(show.movie_id)
    reads = [
        f"GET /shows/{show_id}/{part}"
        for show_id in shows
        for part in ("", "seats/", "availability/", "events/")
    ]
    reads += [f"GET /movies/{movie}/{part}" for movie in movies for part in ("", "shows/")]
    expect_all("404 not_found", [(line[:60], build_request(line)) for line in reads])
    deletes = [f"DELETE /movies/{movie}/" for movie in movies]
    deletes += [f"DELETE /shows/{show_id}/" for show_id in shows]
    expect_all("404 not_found", [(line[:60], build_request(line, sam_authorization)) for line in deletes])
    bookings = [
        (
            f"book {show_id[:40]}",
            build_request(f"POST /shows/{show_id}/book/", alice_authorization, JSON, body=BOOKING),
        )
        for show_id in shows
    ]
    expect_all("404 not_found", bookings)
    cancels = [f"POST /bookings/{booking}/cancel/" for booking in malformed_ids(1)]
    expect_all("404 not_found", [(line[:60], build_request(line, alice_authorization)) for line in cancels])


def test_request_smuggling_is_rejected(expect_rejections, booking_request):
    """A proxy and this server must never see different requests in the same bytes."""
    requests = {
        "a length and chunks": booking_request("Transfer-Encoding: chunked", body=SMUGGLED),
        "two lengths": booking_request("Content-Length: 5", body=BOOKING),
        "one length twice": booking_request(f"Content-Length: {len(BOOKING)}", body=BOOKING),
        "chunked twice": booking_request("Transfer-Encoding: chunked, chunked") + SMUGGLED,
        "two encodings": booking_request("Transfer-Encoding: chunked", "Transfer-Encoding: identity")
        + SMUGGLED,
        "a space before the colon": booking_request("Transfer-Encoding : chunked") + SMUGGLED,
        "a vertical tab after the colon": booking_request("Transfer-Encoding:\x0bchunked") + SMUGGLED,
        "identity": booking_request("Transfer-Encoding: identity", body=BOOKING),
        "chunked in HTTP/1.0": booking_request("Transfer-Encoding: chunked").replace(b"HTTP/1.1", b"HTTP/1.0")
        + SMUGGLED,
        "a chunk size that is not a number": booking_request("Transfer-Encoding: chunked") + b"zz\r\n",
        "a negative chunk size": booking_request("Transfer-Encoding: chunked") + b"-1\r\n\r\n",
        "a chunk size with NUL": booking_request("Transfer-Encoding: chunked") + b"1\0\r\na\r\n0\r\n\r\n",
    }
    expect_rejections(requests.items())


def test_bodies_without_a_length_are_rejected(expect_all, booking_request):
    chunked = booking_request("Transfer-Encoding: chunked")
    bodies = {
        "a booking": b"%x\r\n%b\r\n" % (len(BOOKING), BOOKING) + LAST_CHUNK,
        "a chunk that never ends": b"f" * 15 + b"\r\n",
        "a chunk extension": b"1;" + b"a" * 100_000 + b"\r\n",
    }
    expect_all("411 length_required", [(name, chunked + body) for name, body in bodies.items()])
    compressed = booking_request("Transfer-Encoding: gzip, chunked") + BOOKING
    expect_all("411 length_required", [("gzip, chunked", compressed)])


def test_unknown_transfer_coding_is_rejected(expect_rejections, booking_request):
    expect_rejections([("nonsense", booking_request("Transfer-Encoding: nonsense") + BOOKING)])
