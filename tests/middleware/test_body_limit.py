"""What is put right, or turned away, before a view sees a request."""

import pytest

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
