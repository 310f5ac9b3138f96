"""Every path is served with and without its trailing slash, for every method."""

import pytest

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("slash", ["", "/"])
def test_every_path_is_served_with_and_without_its_slash(as_alice, as_staff, anyone, alice, show, slash):
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
    new_show = {"screen_name": "S", "date_time": "2030-01-01T00:00Z", "total_seats": 3}
    assert as_staff.post(at(f"/movies/{movie}/shows"), new_show).status_code == 201
    assert as_staff.delete(at(f"/movies/{movie}")).status_code == 204
    booking = as_alice.post(at(f"/shows/{show.pk}/book"), {"seat_number": 1})
    assert booking.status_code == 201
    assert as_alice.post(at(f"/bookings/{booking.json()['id']}/cancel")).status_code == 200
    for path in (
        "/movies", f"/movies/{show.movie_id}", f"/movies/{show.movie_id}/shows", f"/shows/{show.pk}",
        f"/shows/{show.pk}/seats", f"/shows/{show.pk}/availability", "/my-bookings",
        "/livez", "/readyz", "/schema", "/swagger", "/redoc",
    ):  # fmt: skip
        assert as_alice.get(at(path)).status_code == 200, path
        assert as_alice.head(at(path)).status_code == 200, path
