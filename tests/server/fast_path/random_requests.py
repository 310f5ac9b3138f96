"""Random requests: the usual forms of calls, and forms that differ from them in one way or more.

A request is a tuple: method, path, user, body, more headers. Braces in a path stand for ids that the test
knows.
"""

from hypothesis import strategies as st

# Those in braces are places in the list of shows.
SHOWS = ["{0}", "{1}", "{2}", "{3}", "{4}", "999999", "0", "01", "x", "9999999999999999999"]
USUAL_SHOWS = SHOWS[:3] * 8 + SHOWS
SHARED_HEADERS = [
    *[("Accept", value) for value in ("*/*", "text/html", "application/json", "text/csv", "")],
    *[("Accept-Encoding", value) for value in ("gzip", "gzip, br", "gzip;q=0", "br", "identity", "*", "GZIP")],
    *[("Origin", value) for value in ("https://app.example", "https://other.example", "null")],
    *[("X-Request-ID", value) for value in ("abc-1", "a b", "", "x" * 129)],
    *[("User-Agent", "Mozilla/5.0"), ("Referer", "https://app.example/"), ("Cache-Control", "no-cache")],
]
OPTIONAL_HEADERS = [
    *SHARED_HEADERS,
    *[("If-None-Match", value) for value in ("LAST", "LAST", "LAST", "*", "", '"1-7"', 'W/"0-7", LAST', "x")],
    *[("X-Forwarded-Proto", value) for value in ("https", "http")],
    *[("Host", value) for value in ("localhost", "127.0.0.1:1", "evil.example", "LOCALHOST")],
    *[("Connection", value) for value in ("keep-alive", "close")],
    *[("Range", "bytes=0-9"), ("If-Modified-Since", "Wed, 21 Oct 2015 07:28:00 GMT"), ("X-Unknown", "1")],
    *[("Cookie", "sessionid=1; a=2"), ("X_Forwarded_Proto", "https"), ("X-Forwarded-For", "1.2.3.4")],
    *[("Idempotency-Key", "key-1"), ("Idempotency-Key", "key-2"), ("X-HTTP-Method-Override", "DELETE")],
    *[("Content-Type", "application/json; charset=utf-8"), ("Content-Type", "text/plain")],
]
BODIES = [
    *('{"seat_number": %d}', '{"seat_number":"%d"}', ' { "seat_number" : %d }\n'),
    *('{"seat_number": %d, "a": 1}', '{"seat_number": 0%d}', '{"seat_number": "0%d"}'),
    *('{"seat_number": %d.0}', '{"seat_number": -%d}', '{"seat_number": %d, "kind": "Child"}'),
    *('{"seat_number": %d, "kind": "Nobody"}', "seat_number=%d", "[%d]", '{"seat_number": [%d]}'),
    *('{"seat_number": %d, "seat_number": 2}', '{"seat_number": %d', '\f{"seat_number": %d}'),
    *('{"seat_number": %d0000000000}', '{"seat_number": %d}x', '{"seat_number": "%d }', '{"SEAT_NUMBER": %d}'),
]
HOLD_BODIES = [
    *['{"seat_numbers": [%d, %d]}', '{"seat_numbers":["%d"]}', '{ "seat_numbers" : [%d , "%d"] }\n'] * 4,
    *('{"best": 2}', '{"best": 2, "category": "VIP"}', '{"best": 3, "accessible": true}', "", "{}", "[%d]"),
    *('{"seat_numbers": []}', '{"seat_numbers": [%d, 99]}', '{"seat_numbers": [0%d]}', '{"seat_numbers": %d}'),
    *('{"seat_numbers": [%d], "a": 1}', '{"seat_numbers": [%d.0]}', '{"seat_numbers": [%d], "best": 1}'),
    *('{"seat_numbers": [%d, null]}', '{"seat_numbers": [%d', "seat_numbers=%d&seat_numbers=%d"),
]
BOOK_HOLD_BODIES = [
    *(None, None, "", "{}", " { } ", '{"kinds": {}}', '{"kinds": null}', '{"kinds": {"%d": "Child"}}'),
    *('{"kinds": {"%d": "Nobody"}}', '{"kinds": {"x": "Adult"}}', "[]", "null", '{"a": 1}', "{"),
]
CREDENTIALS = ["alice", "alice", "bob", "bob", "staff", "refresh", "expired", "deleted", "changed", "", "junk"]
USUAL_CREDENTIALS = ["alice", "bob"] * 5 + CREDENTIALS

LISTS = [
    *["/my-bookings/", "/my-bookings/", "/my-bookings", "/movies/", "/movies/", "/movies"],
    *["/movies/{movies[0]}/shows/", "/movies/{movies[1]}/shows/", "/movies/999999/shows/"],
    *["/movies/{movies[0]}/", "/shows/{0}/", "/shows/{2}/", "/shows/{3}/", "/shows/{4}/", "/shows/999999/"],
    *["/shows/", "/shows/", "/shows/0/", "/my-bookings//", "/screens/"],
]
QUERIES = [
    *("?", "?upcoming=true", "?upcoming=maybe", "?page_size=2", "?page_size=0", "?page_size=1&page_size=2"),
    *("?page=2", "?page_size=1&page=2", "?status=booked", "?status=cancelled&page_size=1", "?status=lost"),
    *("?order=7K3M-Q9XT", "?order=7", "?search=a", "?a=1", "?upcoming=%74rue", "?upcoming=true#x"),
]
# Staff change what maps and lists show.
CHANGES = [
    *[(f"/shows/{{{show}}}/seats/", '{"seat_numbers": [5, 6], "blocked": %s}') for show in (0, 1, 2)],
    *[(f"/shows/{{{show}}}/", '{"on_sale_from": "%s"}') for show in (0, 2)],
    *[("/shows/{2}/", '{"price_list": %s}'), ("/shows/{0}/", '{"screen_name": "Hall %s"}')],
    ("/movies/{movies[0]}/", '{"title": "Title %s"}'),
]
VALUES = {
    "blocked": ["true", "false"],
    "on_sale_from": [
        "2020-01-01T00:00:00Z",
        "2020-01-02T00:00:00Z",
        "2021-01-01T00:00:00Z",
        "2190-01-01T00:00:00Z",
    ],
    "price_list": ["{price_list}", "null"],
    "screen_name": ["A", "B"],
    "title": ["one", "two", "\\u00e9", "\U0001f3ac"],
}

headers = st.one_of(
    st.just([]),
    st.lists(st.sampled_from(SHARED_HEADERS), max_size=2),
    st.lists(st.sampled_from(OPTIONAL_HEADERS), max_size=3),
)
suffixes = st.sampled_from([*[""] * 20, "?", "?a=1", "/", "x", "%2F"])
seats = st.integers(1, 14)
shows = st.sampled_from(USUAL_SHOWS)
credentials = st.sampled_from(CREDENTIALS)
usual_credentials = st.sampled_from(USUAL_CREDENTIALS)

if_none_match = st.sampled_from([[("If-None-Match", "LAST")], [("If-None-Match", "LAST"), ("Accept", "*/*")]])
reads = st.builds(
    lambda method, show, call, suffix, headers: (method, f"/shows/{show}/{call}/{suffix}", "", None, headers),
    st.sampled_from([*["GET"] * 12, "HEAD", "OPTIONS", "POST", "TRACE"]),
    shows,
    st.sampled_from([*["seats", "availability"] * 3, "seat%73", "SEATS", "book", "events-of"]),
    suffixes,
    st.one_of(headers, if_none_match),
)
lists = st.builds(
    lambda path, query, who, headers: ("GET", f"{path}{query}", who, None, headers),
    st.sampled_from(LISTS),
    st.sampled_from([*[""] * 15, *QUERIES]),
    credentials,
    headers,
)


def with_seats(body, *numbers):
    return body and body % numbers[: body.count("%d")]


books = st.builds(
    lambda show, suffix, who, body, headers: ("POST", f"/shows/{show}/book/{suffix}", who, body, headers),
    shows,
    suffixes,
    usual_credentials,
    st.builds(with_seats, st.sampled_from(BODIES[:3] * 12 + BODIES), seats),
    headers,
)
# The numbers count from the newest booking.
cancels = st.builds(
    lambda booking, who: ("POST", f"/bookings/{{bookings[{booking}]}}/cancel/", who, "", []),
    st.integers(0, 7),
    st.sampled_from(["alice", "bob"]),
)
holds = st.builds(
    lambda method, show, suffix, who, body, headers: (
        (method, f"/shows/{show}/hold/{suffix}", who, body if method == "PUT" else None, headers)
    ),
    st.sampled_from([*["PUT"] * 4, "GET", "DELETE"]),
    shows,
    suffixes,
    usual_credentials,
    st.builds(with_seats, st.sampled_from(HOLD_BODIES), seats, seats),
    headers,
)
booked_holds = st.builds(
    lambda show, suffix, who, body, headers: ("POST", f"/shows/{show}/hold/book/{suffix}", who, body, headers),
    shows,
    suffixes,
    usual_credentials,
    st.builds(with_seats, st.sampled_from(BOOK_HOLD_BODIES), seats),
    headers,
)
# A visitor holds seats, maybe looks at the map, and books them.
hold_and_book = st.builds(
    lambda show, who, seat, between: [
        ("PUT", f"/shows/{show}/hold/", who, f'{{"seat_numbers": [{seat}]}}', []),
        *between,
        ("POST", f"/shows/{show}/hold/book/", who, None, []),
    ],
    st.sampled_from(SHOWS[:3]),
    st.sampled_from(["alice", "bob"]),
    seats,
    st.lists(st.one_of(reads, cancels), max_size=1),
)


@st.composite
def changes(draw):
    path, body = draw(st.sampled_from(CHANGES))
    name = next(name for name in VALUES if f'"{name}"' in body)
    return "PATCH", path, "staff", body % draw(st.sampled_from(VALUES[name])), []


single = lambda strategy: strategy.map(lambda request: [request])  # noqa: E731
KINDS = [
    *[single(reads)] * 4,
    *[single(lists)] * 4,
    *[single(books)] * 5,
    *[single(cancels)] * 3,
    *[single(holds), single(booked_holds), hold_and_book],
    single(changes()),
]
# Requests that are sent one after the other.
REQUESTS = st.sampled_from(KINDS).flatmap(lambda kind: kind)
