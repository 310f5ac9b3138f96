"""Numbers and texts that are none, that are too great, or that are another spelling of what is there."""

import json

import pytest

from tests.hostile.wire import FORM, JSON, request

pytestmark = pytest.mark.django_db(transaction=True)

SEVENS = [
    *('"07"', '"007"', "7.0", '"7.0"', '"7_0"', '"+7"', '" 7"', '"7 "', "7e0", '"7e0"', '"0x7"', '"7\\u0000"'),
    *('"７"', '"٧"', '"৭"', '"Ⅶ"', '"⁷"', "[7]", '{"7": 7}', "7.0000000000000000000001", '"7\\u200b"'),
]
NO_NUMBERS = [
    *("true", "false", "null", '""', '"\\u0000"', '"\\ud800"', "1e999", "-1e999", "1e-999", '"-0"', "[]", "{}"),
    *('"NaN"', '"' + "9" * 5000 + '"'),
]
NO_JSON = ["NaN", "Infinity", "-Infinity", "07", "+7", "0x7", "7_0", ".7", "7.", "９", "9" * 5000, "1e", "'7'"]
NO_SEATS = ["0", "-0", "-7", "13", "2147483648", "9223372036854775808", "1" + "0" * 30, "-1" + "0" * 30]
FORM_SEVENS = [
    *("07", "7.0", "7_0", "%2B7", "+7", "7+", "7e0", "%EF%BC%97", "%D9%A7", "7%00", "7%0A", "", "true", "%ff"),
    *("%ED%A0%80", "NaN", "9" * 5000),
]

NO_TEXT = ["\0", "a\0b", "\ud800", "a\udfffb@example.com", "\udc00\ud800", {}, [], True]


@pytest.fixture
def booking(hall, as_buyer):
    def request_of(body: str, kind: str = JSON) -> bytes:
        return request(f"POST /shows/{hall.pk}/book/", as_buyer, kind, body=body.encode())

    return request_of


def test_a_seat_has_one_spelling(refuses, booking):
    refuses("400 invalid", [(value, booking(f'{{"seat_number": {value}}}')) for value in SEVENS + NO_NUMBERS])
    refuses("400 invalid", [(value, booking(f"seat_number={value}", FORM)) for value in FORM_SEVENS])


def test_what_is_no_number_of_json_is_malformed(refuses, booking):
    refuses("400 parse_error", [(value, booking(f'{{"seat_number": {value}}}')) for value in NO_JSON])


def test_a_number_that_no_column_can_hold_is_no_seat(refuses, booking):
    refuses("400 seat_not_found", [(value, booking(f'{{"seat_number": {value}}}')) for value in NO_SEATS])


def test_what_is_no_text_is_invalid(refuses, hall, as_buyer, as_manager):
    account = {"username": "carol", "password": "plum-tart-42", "email": "carol@example.com"}
    show = {"screen_name": "Screen 1", "date_time": "2030-01-01T18:00Z", "total_seats": 3}
    token = {"refresh": "x"}
    calls = [
        ("POST /signup", [], account, ("username", "password", "email")),
        ("POST /login", [], {"username": "alice", "password": "x"}, ("username", "password")),
        ("POST /login/refresh", [], token, ("refresh",)),
        ("POST /logout", [as_buyer], token, ("refresh",)),
        ("POST /movies/", [as_manager], {"title": "A", "duration_minutes": 90}, ("title",)),
        (f"PATCH /movies/{hall.movie_id}/", [as_manager], {}, ("title",)),
        (f"POST /movies/{hall.movie_id}/shows/", [as_manager], show, ("screen_name", "date_time")),
        (f"PATCH /shows/{hall.pk}/", [as_manager], {}, ("screen_name", "date_time")),
        (f"PUT /shows/{hall.pk}/hold/", [as_buyer], {"best": 1}, ("category",)),
    ]
    refuses(
        "400 invalid",
        [
            (
                f"{line} {field} {text!r}",
                request(line, *who, JSON, body=json.dumps(body | {field: text}).encode()),
            )
            for line, who, body, fields in calls
            for field in fields
            for text in NO_TEXT
        ],
    )


def test_a_text_of_a_million_characters_is_too_long_or_unknown(refuses, as_buyer, as_manager):
    long = "x" * 1_000_000

    def sent(line: str, who: list[str], **body: str) -> tuple[str, bytes]:
        return line, request(line, *who, JSON, body=json.dumps(body).encode())

    signups = [
        sent("POST /signup", [], **{"username": "carol", "password": "plum-tart-42"} | {field: long})
        for field in ("username", "password", "email")
    ]
    refuses("400 invalid", [*signups, sent("POST /movies/", [as_manager], title=long, duration_minutes="9")])
    logins = [sent("POST /login", [], username=long, password="x")]
    logins.append(sent("POST /login", [], username="alice", password=long))
    refuses("401 no_active_account", logins)
    tokens = [sent("POST /login/refresh", [], refresh=long), sent("POST /logout", [as_buyer], refresh=long)]
    refuses("401 token_not_valid", tokens)


def test_an_idempotency_key_is_printable_and_not_long(refuses, rejects, hall, as_buyer):
    def sent(key: str) -> tuple[str, bytes]:
        line, body = f"POST /shows/{hall.pk}/book/", b'{"seat_number": 3}'
        return repr(key), request(line, as_buyer, JSON, f"Idempotency-Key: {key}", body=body)

    refuses("400 invalid", map(sent, ["", "\t", "a\tb", "\xa0", "\x85", "\xad", "x" * 201, "x" * 8000]))
    rejects(map(sent, ["\0", "a\0b", "\x7f", "a\rb", "a\nb", "x" * 9000]))


QUERIES = {
    "400 invalid": [
        *("/movies/?search=%00", "/movies/?search=a%00b", "/movies/?search=" + "a+" * 30),
        *(
            "{shows}?upcoming=maybe",
            "{shows}?upcoming=%00",
            "{show}events/?since=-1",
            "{show}events/?since=1e3",
        ),
        *("{show}events/?since=NaN", "{show}events/?since=%00", "{show}events/?since=" + "9" * 5000),
    ],
    "404 not_found": [
        f"{at}?page={page}"
        for at in ("/movies/", "{shows}")
        for page in (
            "0",
            "-1",
            "1.0",
            "1e0",
            "NaN",
            "last",
            "%00",
            "1" + "0" * 30,
            "9" * 5000,
            "1&page=2",
            "1;2",
        )
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
        *("/movies/?page_size=-1", "/movies/?page_size=1" + "0" * 30, "/movies/?page_size=" + "9" * 5000),
        *("/movies/?page_size=%00", "/movies/?search=a&search=b", "{shows}?upcoming=true&upcoming=false"),
    ],
}


@pytest.mark.parametrize("expected", QUERIES)
def test_a_query_is_understood_refused_or_left_alone(refuses, hall, expected):
    paths = {"shows": f"/movies/{hall.movie_id}/shows/", "show": f"/shows/{hall.pk}/"}
    targets = [target.format(**paths) for target in QUERIES[expected]]
    refuses(expected, [(target[:80], request(f"GET {target}")) for target in targets])
