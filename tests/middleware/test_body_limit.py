"""Bodies that are too large or have no length are rejected; every declared charset is ignored."""

import json

import pytest

from tests.assertions import assert_problem
from tests.factories import ShowFactory

pytestmark = pytest.mark.django_db


def test_body_at_the_limit_is_read_and_one_byte_more_is_413(anyone, settings):
    body = json.dumps({"username": "carol", "password": "plum-tart-42"})
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = len(body)
    assert anyone.post("/signup", body, content_type="application/json").status_code == 201
    response = anyone.post("/signup", body + " ", content_type="application/json")
    problem = assert_problem(response, 413, "body_too_large")
    assert problem["detail"] == f"A body may have at most {len(body)} bytes. Send a smaller one."


def test_body_without_a_length_is_411(anyone):
    response = anyone.get("/movies/", headers={"Transfer-Encoding": "chunked"})
    assert_problem(response, 411, "length_required")


@pytest.mark.django_db(transaction=True)
def test_declared_charset_is_ignored(server, alice):
    """Uses the real server, because Django's test client builds its requests in another way."""
    show = ShowFactory(total_seats=40)
    charsets = ["zlib", "hex", "utf-16", "rot13", "nonsense", "utf-7", "idna", "ascii"]
    bodies = {
        "application/json": b'{"seat_number": %d}',
        "application/x-www-form-urlencoded": b"seat_number=%d",
    }
    number = 0
    for charset in charsets:
        for content_type, body in bodies.items():
            number += 1
            headers = {"Content-Type": f"{content_type}; charset={charset}"}
            path = f"/shows/{show.pk}/book/?x=%e9"
            response = server.call("POST", path, body % number, user=alice, headers=headers)
            assert response.status == 201, (charset, content_type, response)
        search = server.call(
            "GET", "/movies/?search=%e9", headers={"Content-Type": f"text/plain; charset={charset}"}
        )
        assert search.status == 200
