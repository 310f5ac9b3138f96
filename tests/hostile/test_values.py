"""Values that are not numbers or texts, out of range, too long, or another spelling of a valid value."""

import json

import pytest

from tests.hostile.raw_http import FORM, JSON, build_request

pytestmark = pytest.mark.django_db(transaction=True)

OTHER_SPELLINGS_OF_7 = [
    *('"07"', '"007"', "7.0", '"7.0"', '"7_0"', '"+7"', '" 7"', '"7 "', "7e0", '"7e0"', '"0x7"', '"7\\u0000"'),
    *('"７"', '"٧"', '"৭"', '"Ⅶ"', '"⁷"', "[7]", '{"7": 7}', "7.0000000000000000000001", '"7\\u200b"'),
]
NOT_INTEGERS = [
    *("true", "false", "null", '""', '"\\u0000"', '"\\ud800"', "1e999", "-1e999", "1e-999", '"-0"', "[]", "{}"),
    *('"NaN"', '"' + "9" * 5000 + '"'),
]
NOT_JSON = ["NaN", "Infinity", "-Infinity", "07", "+7", "0x7", "7_0", ".7", "7.", "９", "9" * 5000, "1e", "'7'"]
OUT_OF_RANGE = ["0", "-0", "-7", "13", "2147483648", "9223372036854775808", "1" + "0" * 30, "-1" + "0" * 30]
NOT_7_IN_A_FORM = [
    *("07", "7.0", "7_0", "%2B7", "+7", "7+", "7e0", "%EF%BC%97", "%D9%A7", "7%00", "7%0A", "", "true", "%ff"),
    *("%ED%A0%80", "NaN", "9" * 5000),
]

NOT_TEXTS = ["\0", "a\0b", "\ud800", "a\udfffb@example.com", "\udc00\ud800", {}, [], True]


@pytest.fixture
def booking_request(show, alice_authorization):
    """`booking_request(body, content_type_header)` builds a request that books a seat."""

    def build(body: str, content_type: str = JSON) -> bytes:
        line = f"POST /shows/{show.pk}/book/"
        return build_request(line, alice_authorization, content_type, body=body.encode())

    return build


def test_seat_number_has_one_spelling_in_json(expect_all, booking_request):
    values = OTHER_SPELLINGS_OF_7 + NOT_INTEGERS
    expect_all("400 invalid", [(value, booking_request(f'{{"seat_number": {value}}}')) for value in values])


def test_seat_number_has_one_spelling_in_a_form(expect_all, booking_request):
    requests = [(value, booking_request(f"seat_number={value}", FORM)) for value in NOT_7_IN_A_FORM]
    expect_all("400 invalid", requests)


def test_numbers_that_are_not_json_are_parse_errors(expect_all, booking_request):
    requests = [(value, booking_request(f'{{"seat_number": {value}}}')) for value in NOT_JSON]
    expect_all("400 parse_error", requests)


def test_movie_of_a_show_has_one_spelling(expect_all, show, sam_authorization):
    movie = str(show.movie_id)
    spellings = [f'"0{movie}"', f"{movie}.0", f"{movie}.5", f'" {movie}"', f'"+{movie}"', f"[{movie}]"]
    # Full-width digits.
    spellings.append(f'"{movie.translate({digit: digit + 0xFEE0 for digit in range(48, 58)})}"')
    unknown = ["0", "-7", "2147483648", "9223372036854775808", "1" + "0" * 30]

    def change(value: str) -> tuple[str, bytes]:
        body = f'{{"movie": {value}}}'.encode()
        return value, build_request(f"PATCH /shows/{show.pk}/", sam_authorization, JSON, body=body)

    expect_all("400 invalid", map(change, [*OTHER_SPELLINGS_OF_7, *NOT_INTEGERS, *spellings, *unknown]))


def test_seat_numbers_out_of_range_are_not_found(expect_all, booking_request):
    requests = [(value, booking_request(f'{{"seat_number": {value}}}')) for value in OUT_OF_RANGE]
    expect_all("400 seat_not_found", requests)


def test_values_that_are_not_texts_are_invalid(expect_all, show, alice_authorization, sam_authorization):
    account = {"username": "carol", "password": "plum-tart-42", "email": "carol@example.com"}
    new_show = {"screen_name": "Screen 1", "date_time": "2030-01-01T18:00Z", "total_seats": 3}
    token = {"refresh": "x"}
    # Request line, headers, a valid body, and the text fields in it to replace.
    calls = [
        ("POST /signup", [], account, ("username", "password", "email")),
        ("POST /login", [], {"username": "alice", "password": "x"}, ("username", "password")),
        ("POST /login/refresh", [], token, ("refresh",)),
        ("POST /logout", [alice_authorization], token, ("refresh",)),
        ("POST /movies/", [sam_authorization], {"title": "A", "duration_minutes": 90}, ("title",)),
        (f"PATCH /movies/{show.movie_id}/", [sam_authorization], {}, ("title",)),
        (
            f"POST /movies/{show.movie_id}/shows/",
            [sam_authorization],
            new_show,
            ("screen_name", "date_time"),
        ),
        (f"PATCH /shows/{show.pk}/", [sam_authorization], {}, ("screen_name", "date_time")),
        (f"PUT /shows/{show.pk}/hold/", [alice_authorization], {"best": 1}, ("category",)),
    ]
    expect_all(
        "400 invalid",
        [
            (
                f"{line} {field} {value!r}",
                build_request(line, *headers, JSON, body=json.dumps(body | {field: value}).encode()),
            )
            for line, headers, body, fields in calls
            for field in fields
            for value in NOT_TEXTS
        ],
    )


def test_texts_of_a_million_characters_are_rejected(expect_all, alice_authorization, sam_authorization):
    long = "x" * 1_000_000

    def json_request(line: str, headers: list[str], **body: str) -> tuple[str, bytes]:
        return line, build_request(line, *headers, JSON, body=json.dumps(body).encode())

    signups = [
        json_request("POST /signup", [], **{"username": "carol", "password": "plum-tart-42"} | {field: long})
        for field in ("username", "password", "email")
    ]
    movie = json_request("POST /movies/", [sam_authorization], title=long, duration_minutes="9")
    expect_all("400 invalid", [*signups, movie])
    logins = [
        json_request("POST /login", [], username=long, password="x"),
        json_request("POST /login", [], username="alice", password=long),
    ]
    expect_all("401 no_active_account", logins)
    tokens = [
        json_request("POST /login/refresh", [], refresh=long),
        json_request("POST /logout", [alice_authorization], refresh=long),
    ]
    expect_all("401 token_not_valid", tokens)


@pytest.fixture
def request_with_key(show, alice_authorization):
    """`request_with_key(key)` builds a booking request with this Idempotency-Key, and names it by the key."""

    def build(key: str) -> tuple[str, bytes]:
        line, body = f"POST /shows/{show.pk}/book/", b'{"seat_number": 3}'
        return repr(key), build_request(line, alice_authorization, JSON, f"Idempotency-Key: {key}", body=body)

    return build


def test_idempotency_keys_that_are_unprintable_or_too_long_are_invalid(expect_all, request_with_key):
    invalid = ["", "\t", "a\tb", "\xa0", "\x85", "\xad", "x" * 201, "x" * 8000]
    expect_all("400 invalid", map(request_with_key, invalid))


def test_idempotency_keys_that_are_malformed_headers_are_rejected(expect_rejections, request_with_key):
    malformed = ["\0", "a\0b", "\x7f", "a\rb", "a\nb", "x" * 9000]
    expect_rejections(map(request_with_key, malformed))


# Queries by the outcome they must get.
QUERIES = {
    "400 invalid": [
        *("/movies/?search=%00", "/movies/?search=a%00b", "/movies/?search=" + "a+" * 30),
        *(
            "{shows}?upcoming=maybe",
            "{shows}?upcoming=%00",
            "{show}events/?since=-1",
            "{show}events/?since=1e3",
        ),
        *("/events/", "/events/?shows=", "/events/?shows=,", "/events/?shows=1,,2", "/events/?shows=0"),
        *("/events/?shows=1,x", "/events/?shows=-1", "/events/?shows=01", "/events/?shows=%00"),
        *("/events/?shows=" + "9" * 5000, "/events/?shows=" + "1," * 2000, "/events/?shows=1&since=1,2"),
        *("/events/?shows=1&since=x", "/events/?shows=1&since=-1", "/events/?shows=1,2&since=1"),
        *("{show}events/?since=NaN", "{show}events/?since=%00", "{show}events/?since=" + "9" * 5000),
        *(
            f"{at}?{name}={number}"
            for at in ("/movies/", "{shows}")
            for name in ("page", "page_size")
            for number in ("0", "-1", "1.0", "1e0", "NaN", "last", "%00", "1" + "0" * 30, "9" * 5000, "1;2")
        ),
    ],
    "404 not_found": [
        "/events/?shows=99999",
        "/events/?shows=" + "9" * 18,
        "/movies/?page=99",
        "/movies/?page=1&page=2",
        "{shows}?page=1&page=2",
    ],
    "200": [
        *(
            "/movies/?search=%ff",
            "/movies/?search=%ED%A0%80",
            "/movies/?search=%C0%80",
            "/movies/?search=" + "%" * 99,
        ),
        *("/movies/?search=" + "x" * 7000, "/movies/?page[]=1", "/movies/?&&&&", "/movies/?" + "=" * 1000),
        *("/movies/?" + "&".join(f"a{number}=1" for number in range(1000)), "/movies/?a=%0d%0aX-Injected:1"),
        *("/movies/?search=a&search=b", "{shows}?upcoming=true&upcoming=false"),
    ],
}


@pytest.mark.parametrize("expected", QUERIES)
def test_malformed_query_is_rejected_or_ignored(expect_all, show, expected):
    paths = {"shows": f"/movies/{show.movie_id}/shows/", "show": f"/shows/{show.pk}/"}
    targets = [target.format(**paths) for target in QUERIES[expected]]
    expect_all(expected, [(target[:80], build_request(f"GET {target}")) for target in targets])
