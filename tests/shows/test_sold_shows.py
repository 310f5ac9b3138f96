"""A show with live bookings moves only on purpose: by the API and the forms."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from cinema.seats.booking import services
from cinema.shows.models import Show
from tests.admin_forms import show_form
from tests.assertions import assert_invalid, assert_problem
from tests.concurrency import run_concurrently
from tests.factories import UNUSED_ID, BookingFactory, MovieFactory, ShowFactory, UserFactory
from tests.shows.evening import SEVEN

pytestmark = pytest.mark.django_db


# The members of a show that follow from its time and movie.
DERIVED = {"local_time", "ends_at", "movie_title", "movie_age_rating", "movie_poster_url"}


MOVES = [{"date_time": "2041-01-01T19:00:00Z"}, {"screen_name": "Attic"}, {"movie": "other"}]


@pytest.fixture(params=MOVES, ids=["time", "screen", "movie"])
def move(request):
    return {field: MovieFactory().pk if value == "other" else value for field, value in request.param.items()}


def test_sold_show_moves_only_with_its_bookings(as_staff, alice, evening, move):
    booking, path = BookingFactory(user=alice, show=evening), f"/shows/{evening.pk}/"
    before = as_staff.get(path).json()
    assert_problem(as_staff.patch(path, move), 409, "has_bookings")
    assert_problem(as_staff.patch(path, move | {"keep_bookings": False}), 409, "has_bookings")
    assert as_staff.get(path).json() == before
    moved = as_staff.patch(path, move | {"keep_bookings": True}).json()
    assert {name: moved[name] for name in before.keys() - DERIVED} == {
        name: value for name, value in (before | move).items() if name not in DERIVED
    }
    assert services.cancel(booking_id=booking.pk).status == "cancelled"


def test_show_whose_bookings_are_cancelled_moves(as_staff, alice, evening, move):
    services.cancel(booking_id=BookingFactory(user=alice, show=evening).pk)
    assert as_staff.patch(f"/shows/{evening.pk}/", move).status_code == 200


def test_sold_show_is_changed_without_a_flag_if_it_does_not_move(as_staff, alice, evening):
    BookingFactory(user=alice, show=evening)
    body = {
        "total_seats": 20,
        "date_time": SEVEN.isoformat(),
        "screen_name": "studio",
        "movie": evening.movie_id,
    }
    assert as_staff.patch(f"/shows/{evening.pk}/", body).json()["total_seats"] == 20


@pytest.mark.parametrize("keep_bookings", [True, False])
def test_show_never_moves_into_the_past(as_staff, alice, evening, keep_bookings):
    path = f"/shows/{evening.pk}/"
    body = {"date_time": (timezone.now() - timedelta(minutes=1)).isoformat(), "keep_bookings": keep_bookings}
    assert_invalid(as_staff.patch(path, body), "date_time")
    BookingFactory(user=alice, show=evening)
    assert_invalid(as_staff.patch(path, body), "date_time")


@pytest.mark.parametrize("value", ["perhaps", None, [], 7])
def test_invalid_keep_bookings_is_rejected(as_staff, evening, value):
    assert_invalid(as_staff.patch(f"/shows/{evening.pk}/", {"keep_bookings": value}), "keep_bookings")


def test_unknown_movie_of_a_show_is_rejected(as_staff, evening):
    for movie in (UNUSED_ID, 10**30, None, "x", True, [1]):
        assert_invalid(as_staff.patch(f"/shows/{evening.pk}/", {"movie": movie}), "movie")


def test_admin_moves_a_sold_show_only_if_the_tick_says_so(admin_client, alice, evening):
    BookingFactory(user=alice, show=evening)
    page = reverse("admin:shows_show_change", args=[evening.pk])
    form = show_form(evening, screen_name="Attic")
    html = admin_client.post(page, form).content.decode()
    assert "The show has live bookings." in html
    assert 'name="keep_bookings"' in html
    assert Show.objects.get().screen_name == "Studio"
    assert admin_client.post(page, form | {"keep_bookings": "on"}).status_code == 302
    assert Show.objects.get().screen_name == "Attic"


def test_sold_show_moves_on_the_page_of_its_movie_only_if_the_tick_says_so(admin_client, alice, evening):
    BookingFactory(user=alice, show=evening)
    page = reverse("admin:shows_movie_change", args=[evening.movie_id])
    inline = {f"shows-0-{name}": value for name, value in show_form(evening, screen_name="Attic").items()}
    counts = {"shows-TOTAL_FORMS": 1, "shows-INITIAL_FORMS": 1, "shows-0-id": evening.pk}
    form = {"title": "Rope", "duration_minutes": 120} | counts | inline
    assert "The show has live bookings." in admin_client.post(page, form, follow=True).content.decode()
    assert Show.objects.get().screen_name == "Studio"
    admin_client.post(page, form | {"shows-0-keep_bookings": "on"})
    assert Show.objects.get().screen_name == "Attic"


def test_delete_of_a_begun_show_with_live_bookings_says_that_it_stays(as_staff, alice, show):
    BookingFactory(user=alice, show=show)
    assert (
        "archive_shows"
        not in assert_problem(as_staff.delete(f"/shows/{show.pk}/"), 409, "has_bookings")["detail"]
    )
    Show.objects.update(date_time=timezone.now() - timedelta(days=1))
    detail = assert_problem(as_staff.delete(f"/shows/{show.pk}/"), 409, "has_bookings")["detail"]
    assert "archive_shows" in detail
    assert "Cancel them first" not in detail


@pytest.mark.django_db(transaction=True)
def test_show_is_not_sold_while_it_moves_without_its_bookings(server, manager):
    for _ in range(5):
        show, user = ShowFactory(date_time=SEVEN), UserFactory()
        move, sale = run_concurrently(
            [
                lambda show=show: server.call("PATCH", f"/shows/{show.pk}/", MOVES[0], user=manager),
                lambda show=show, user=user: server.call(
                    "POST", f"/shows/{show.pk}/book/", {"seat_number": 1}, user=user
                ),
            ]
        )
        # The sale came either before the move, which was then refused, or after it.
        assert sale.status == 201
        moved = Show.objects.get(pk=show.pk).date_time != SEVEN
        assert (move.status, moved) in {(200, True), (409, False)}
