"""Lines, headers, methods and paths that are no HTTP, that are too much of it, or that mean to be misread."""

from urllib.parse import quote

import pytest

from tests.hostile.wire import JSON, request

pytestmark = pytest.mark.django_db(transaction=True)

SALE = b'{"seat_number": 1}'
SMUGGLED = b"0\r\n\r\nPOST /signup HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n"
LAST_CHUNK = b"0\r\n\r\n"

LINES = [
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
METHODS = ["get", "Get", "G\0T", "G(T", "GET,POST", "", "G" * 100, "\xff"]
NOISE = {
    "TLS": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(range(200)) + b"\r\n\r\n",
    "HTTP/2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "all bytes": bytes(range(256)) * 50 + b"\r\n\r\n",
    "bare line feeds": b"GET /livez HTTP/1.1\nHost: localhost\n\n",
    "SMTP": b"EHLO localhost\r\n\r\n",
}
HEADERS = {
    "folded": ["X-A: b\r\n c"],
    "space before the colon": ["X-A : b"],
    "no colon": ["nonsense"],
    "no name": [": b"],
    "carriage return": ["X-A: b\rX-B: c"],
    "line feed": ["X-A: b\nX-B: c"],
    "NUL": ["X-A: b\0c"],
    "a name that is no ASCII": ["X-\xff: a"],
    "token with NUL": ["Authorization: Bearer a\0b"],
    "two hosts": ["Host: evil.example"],
    "two schemes": ["X-Forwarded-Proto: https", "X-Forwarded-Proto: http"],
    "a version of websockets": ["Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 99"],
}
TOO_MUCH = {
    "2,000 headers": [f"X-{number}: 1" for number in range(2000)],
    "a long name": ["X" * 9000 + ": a"],
    "a large cookie": ["Cookie: a=" + "b" * 20_000],
    "a large token": ["Authorization: Bearer " + "a" * 20_000],
    "100,000 tags": ["If-None-Match: " + ", ".join(f'"{number}"' for number in range(100_000))],
    "a megabyte": ["X-A: " + "a" * 1_000_000],
}
# Whom a proxy has seen, which address was meant: nothing of it counts unless the settings say so.
HARMLESS = {
    "addresses": ["X-Forwarded-For: " + ", ".join(["1.2.3.4"] * 300), "X-Real-IP: nonsense"],
    "a host": ["X-Forwarded-Host: evil.example", "Forwarded: for=x;host=evil.example;proto=gopher"],
    "a scheme": ["X-Forwarded-Proto: gopher"],
    "another address": ["X-Original-URL: /admin/", "X-Rewrite-URL: /admin/"],
    "another method": ["X-HTTP-Method-Override: DELETE", "X-Method-Override: DELETE"],
    "ranges": ["Range: bytes=" + ",".join(f"{number}-" for number in range(1000))],
    "an expectation": ["Expect: 100-continue"],
    "HTTP/2": [
        "Connection: Upgrade, HTTP2-Settings",
        "Upgrade: h2c",
        "HTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA",
    ],
    "900 tags": ["If-None-Match: " + ", ".join(f'"{number}"' for number in range(900))],
    "cookies": ["Cookie: " + "; ".join(f"c{number}={number}" for number in range(500)), "Cookie: =;;=;"],
    "a token that is none, of a public read": ["Authorization: Bearer " + "." * 8000],
    "wishes": [
        "Accept: " + "*/*;q=x," * 500,
        "Accept-Encoding: " + "gzip;q=9," * 500,
        "Accept-Language: " + "x" * 5000,
    ],
    "a date": ["If-Modified-Since: nonsense"],
    "no ASCII": ["X-A: \xff"],
    "no origin": ["Origin: null"],
}
TOKENS = [*("", "a b c", "." * 100, "a.b.c", "\xff\xfe", "null", "eyJhbGciOiJub25lIn0.e30.", "a" * 8000)]
NO_HOSTS = [
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
NO_IDS = [
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
def seats(hall):
    return f"/shows/{hall.pk}/seats/"


@pytest.fixture
def booking(hall, as_buyer):
    def request_of(*headers: str, body: bytes = b"") -> bytes:
        return request(f"POST /shows/{hall.pk}/book/", as_buyer, JSON, *headers, body=body)

    return request_of


def test_what_is_no_http(rejects):
    rest = "\r\nHost: localhost\r\nConnection: close\r\n\r\n"
    rejects([(line, f"GET {line}{rest}".encode("latin-1")) for line in LINES])
    rejects([(method, request(f"{method} /livez")) for method in METHODS])
    rejects(NOISE.items())


def test_headers_that_can_be_misread(rejects, seats):
    rejects([(name, request(f"GET {seats}", *lines)) for name, lines in HEADERS.items()])


def test_too_much(rejects, seats):
    rejects([(name, request(f"GET {seats}", *lines)) for name, lines in TOO_MUCH.items()])
    lines = ["GET /" + "a" * 20_000, "GET /movies/?search=" + "a" * 20_000, "G" * 10_000 + " /"]
    rejects([(line[:30], request(line)) for line in lines])


def test_what_counts_for_nothing(refuses, seats):
    refuses("200", [(name, request(f"GET {seats}", *lines)) for name, lines in HARMLESS.items()])


def test_tokens_that_are_none(refuses):
    line = "GET /my-bookings/"
    bearers = [(token[:40], request(line, f"Authorization: Bearer {token}")) for token in TOKENS]
    refuses("401 token_not_valid", bearers)
    others = ["Basic YTpi", "Digest x", "bearer", "\xff", "Token a.b.c"]
    refuses("401 not_authenticated", [(other, request(line, f"Authorization: {other}")) for other in others])


def test_hosts_that_are_not_ours(refuses):
    rest = "\r\nConnection: close\r\n\r\n"
    requests = [(host, f"GET /movies/ HTTP/1.1\r\nHost: {host}{rest}".encode("latin-1")) for host in NO_HOSTS]
    refuses("400 bad_request", requests)


def test_methods_that_are_not_there(refuses, seats):
    methods = ["TRACE", "CONNECT", "PROPFIND", "BREW", "PURGE", "M-SEARCH", "1GET", "POST", "DELETE"]
    targets = [f"{method} {at}" for method in methods for at in (seats, "/livez")]
    refuses("405 method_not_allowed", [(target, request(target)) for target in [*targets, "OPTIONS *"]])
    # A page is guarded against forged forms before anything is looked at.
    refuses("403 csrf_failed", [("a proxy's", request("CONNECT localhost:80"))])


def test_paths_that_lead_nowhere(refuses):
    refuses("404 not_found", [(path[:40], request(f"GET {path}")) for path in UNKNOWN_PATHS])


def no_ids(number: int) -> list[str]:
    """What would be other names of the row that has this number, and what can be nobody's."""
    id = str(number)
    aliases = [
        f"0{id}",
        f"00{id}",
        f"{id}.0",
        f"%2B{id}",
        f"{id}e0",
        f"%20{id}",
        f"{id}%00",
        f"{id}%0A",
        f"{id}_0",
    ]
    aliases += [f"-{id}", f"0x{id}", f"{id};x=1"]
    for zero in "０٠०":
        aliases.append(quote("".join(chr(ord(zero) + int(digit)) for digit in id)))
    return aliases + NO_IDS


def test_ids_that_are_none(refuses, hall, as_buyer, as_manager):
    shows, movies = no_ids(hall.pk), no_ids(hall.movie_id)
    reads = [
        f"GET /shows/{show}/{part}" for show in shows for part in ("", "seats/", "availability/", "events/")
    ]
    reads += [f"GET /movies/{movie}/{part}" for movie in movies for part in ("", "shows/")]
    refuses("404 not_found", [(line[:60], request(line)) for line in reads])
    deletes = [f"DELETE /movies/{movie}/" for movie in movies] + [f"DELETE /shows/{show}/" for show in shows]
    refuses("404 not_found", [(line[:60], request(line, as_manager)) for line in deletes])
    sales = [f"POST /shows/{show}/book/" for show in shows]
    refuses("404 not_found", [(line[:60], request(line, as_buyer, JSON, body=SALE)) for line in sales])
    cancels = [f"POST /bookings/{booking}/cancel/" for booking in no_ids(1)]
    refuses("404 not_found", [(line[:60], request(line, as_buyer)) for line in cancels])


def test_a_second_request_is_not_smuggled_in(rejects, booking):
    """Two who read one connection, a proxy and we, must not see different requests in it."""
    doubtful = {
        "a length and chunks": booking("Transfer-Encoding: chunked", body=SMUGGLED),
        "two lengths": booking("Content-Length: 5", body=SALE),
        "one length twice": booking(f"Content-Length: {len(SALE)}", body=SALE),
        "chunked twice": booking("Transfer-Encoding: chunked, chunked") + SMUGGLED,
        "chunked in two headers": booking("Transfer-Encoding: chunked", "Transfer-Encoding: identity")
        + SMUGGLED,
        "chunked before the colon": booking("Transfer-Encoding : chunked") + SMUGGLED,
        "chunked after a tab": booking("Transfer-Encoding:\x0bchunked") + SMUGGLED,
        "as it is": booking("Transfer-Encoding: identity", body=SALE),
        "chunked in HTTP/1.0": booking("Transfer-Encoding: chunked").replace(b"HTTP/1.1", b"HTTP/1.0")
        + SMUGGLED,
        "a chunk of no size": booking("Transfer-Encoding: chunked") + b"zz\r\n",
        "a chunk of less than nothing": booking("Transfer-Encoding: chunked") + b"-1\r\n\r\n",
        "a chunk of NUL": booking("Transfer-Encoding: chunked") + b"1\0\r\na\r\n0\r\n\r\n",
    }
    rejects(doubtful.items())


def test_a_body_without_a_length(refuses, rejects, booking):
    chunks = {
        "a sale": b"%x\r\n%b\r\n" % (len(SALE), SALE) + LAST_CHUNK,
        "a chunk that never ends": b"f" * 15 + b"\r\n",
        "an extension": b"1;" + b"a" * 100_000 + b"\r\n",
    }
    refuses(
        "411 length_required", [(n, booking("Transfer-Encoding: chunked") + body) for n, body in chunks.items()]
    )
    refuses("411 length_required", [("gzip, chunked", booking("Transfer-Encoding: gzip, chunked") + SALE)])
    rejects([("nonsense", booking("Transfer-Encoding: nonsense") + SALE)])
