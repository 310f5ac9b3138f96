"""What is put right, or turned away, before a view sees a request."""

import pytest

from cinema.seats.models import Booking
from tests.asserts import assert_problem
from tests.factories import ShowFactory

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("slash", ["", "/"])
def test_every_path_answers_with_and_without_its_slash(as_alice, as_staff, anyone, alice, show, slash):
    """Every method, and the body arrives."""

    def at(path):
        return path + slash

    account = {"username": "carol", "password": "plum-tart-42"}
    assert anyone.post(at("/signup"), account).status_code == 201
    tokens = anyone.post(at("/login"), account).json()
    bearer = {"Authorization": f"Bearer {tokens['access']}"}
    tokens = anyone.post(at("/login/refresh"), {"refresh": tokens["refresh"]}).json()
    assert anyone.post(at("/logout"), {"refresh": tokens["refresh"]}, headers=bearer).status_code == 204
    movie = as_staff.post(at("/movies"), {"title": "A", "duration_minutes": 90}).json()["id"]
    assert as_staff.patch(at(f"/movies/{movie}"), {"title": "B"}).json()["title"] == "B"
    hall = {"screen_name": "S", "date_time": "2030-01-01T00:00Z", "total_seats": 3}
    assert as_staff.post(at(f"/movies/{movie}/shows"), hall).status_code == 201
    assert as_staff.delete(at(f"/movies/{movie}")).status_code == 204
    booked = as_alice.post(at(f"/shows/{show.pk}/book"), {"seat_number": 1})
    assert booked.status_code == 201
    assert as_alice.post(at(f"/bookings/{booked.json()['id']}/cancel")).status_code == 200
    for path in (
        "/movies", f"/movies/{show.movie_id}", f"/movies/{show.movie_id}/shows", f"/shows/{show.pk}",
        f"/shows/{show.pk}/seats", f"/shows/{show.pk}/availability", "/my-bookings",
        "/livez", "/readyz", "/schema", "/swagger", "/redoc",
    ):  # fmt: skip
        assert as_alice.get(at(path)).status_code == 200, path
        assert as_alice.head(at(path)).status_code == 200, path


def test_a_large_body_is_turned_away(as_alice, show):
    body = '{"seat_number": 1, "x": "' + "x" * 3_000_000 + '"}'
    response = as_alice.post(f"/shows/{show.pk}/book/", body, content_type="application/json")
    assert_problem(response, 413, "body_too_large")
    assert not Booking.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_a_charset_is_ignored(server, alice):
    """Against the real server: Django's test client makes its requests in another way."""
    show = ShowFactory(total_seats=40)
    charsets = ["zlib", "hex", "utf-16", "rot13", "nonsense", "utf-7", "idna", "ascii"]
    bodies = {
        "application/json": b'{"seat_number": %d}',
        "application/x-www-form-urlencoded": b"seat_number=%d",
    }
    number = 0
    for charset in charsets:
        for kind, body in bodies.items():
            number += 1
            headers = {"Content-Type": f"{kind}; charset={charset}"}
            path = f"/shows/{show.pk}/book/?x=%e9"
            answer = server.call("POST", path, body % number, user=alice, headers=headers)
            assert answer.status == 201, (charset, kind, answer)
        search = server.call(
            "GET", "/movies/?search=%e9", headers={"Content-Type": f"text/plain; charset={charset}"}
        )
        assert search.status == 200


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("parameter", ["x*=foo''%41", "charset*=foo''%41", "boundary*=no''%41"])
def test_a_content_type_that_cannot_be_parsed_is_a_clean_415(server, alice, show, parameter):
    headers = {"Content-Type": f"application/json; {parameter}"}
    answer = server.call("POST", f"/shows/{show.pk}/book/", b'{"seat_number": 1}', user=alice, headers=headers)
    assert (answer.status, answer.code) == (415, "unsupported_media_type")


@pytest.mark.django_db(transaction=True)
def test_a_body_without_a_length_is_turned_away(server):
    chunked = iter([b'{"username": "a"}'])
    headers = {"Content-Type": "application/json", "Transfer-Encoding": "chunked"}
    answer = server.call("POST", "/login", chunked, headers=headers)
    assert (answer.status, answer.code) == (411, "length_required")


@pytest.mark.parametrize("body", [b"\xff\xfe", b'{"seat_number": "\xff"}', b"\xef\xbb\xbf{}"])
def test_json_that_is_not_utf8_is_malformed(as_alice, show, body):
    response = as_alice.post(f"/shows/{show.pk}/book/", body, content_type="application/json")
    assert response.status_code == 400


@pytest.mark.parametrize("body", [b"", b"--x", b"--x\r\n\r\n--x--", b"\x00" * 100])
@pytest.mark.parametrize(
    "kind", ["multipart/form-data; boundary=x", "multipart/form-data", "multipart/form-data; boundary="]
)
def test_malformed_multipart_is_a_clean_400(as_alice, show, kind, body):
    response = as_alice.post(f"/shows/{show.pk}/book/", body, content_type=kind)
    assert response.status_code == 400
    assert response["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize("accept", ["text/html", "application/xml", "nonsense", "*/*;q=x", ""])
def test_any_accept_gets_json(anyone, accept):
    response = anyone.get("/movies/", headers={"Accept": accept})
    assert response["Content-Type"] == "application/json"


def test_a_format_in_the_query_changes_nothing(anyone):
    assert anyone.get("/movies/?format=xml").status_code == 200


def test_a_form_with_too_many_fields_is_turned_away(as_alice, show):
    body = "&".join(f"f{number}=1" for number in range(22_000))
    response = as_alice.post(f"/shows/{show.pk}/book/", body, content_type="application/x-www-form-urlencoded")
    assert response.status_code == 400
    assert not Booking.objects.exists()
