"""`POST /shows/<id>/cancel/` calls a show off, with its bookings and holds. No seat is sold later."""

from datetime import timedelta
from functools import partial

import pytest
from django.utils import timezone

from cinema.seats.booking import services
from cinema.seats.booking.best_seats import hold_best
from cinema.seats.booking.move import move
from cinema.seats.booking.till import sell
from cinema.seats.models import Booking
from cinema.shows.exceptions import ShowCancelled
from cinema.shows.models import Show
from tests.assertions import assert_consistent, assert_invalid, assert_problem
from tests.conftest import Caller
from tests.factories import UNUSED_ID, BookingFactory, MovieFactory, ShowFactory, permit
from tests.seat_state import block, statuses_of, unblock, version_of

pytestmark = pytest.mark.django_db

CALLS = {
    "book": ("post", "book/", {"seat_number": 1}),
    "hold": ("put", "hold/", {"seat_numbers": [1, 2]}),
    "best": ("put", "hold/", {"best": 2}),
    "book the hold": ("post", "hold/book/", {}),
}


def cancel_show(caller, show, data=None):
    return caller.post(f"/shows/{show.pk}/cancel/", data)


def call_off(show):
    return services.call_off(show_id=show.pk)


# --- The call -----------------------------------------------------------------------


def test_show_is_called_off_with_its_bookings_and_holds(as_staff, as_alice, alice, bob, show):
    booking = BookingFactory(user=alice, show=show, seat_number=1)
    owned = BookingFactory(user=bob, show=show, seat_number=2)
    services.cancel(booking_id=owned.pk, user_id=bob.pk)
    BookingFactory(user=bob, show=show, seat_number=3)
    services.hold_seats(user_id=bob.pk, show_id=show.pk, seat_numbers=[5, 6])
    block(show, 8, reason="broken")
    version = version_of(show)

    response = cancel_show(as_staff, show, {"reason": "The projector is broken"})

    assert response.status_code == 200
    stored = as_staff.get(f"/shows/{show.pk}/").json()
    assert response.json() == {"show": stored, "cancelled_bookings": 2}
    assert (stored["status"], stored["available_seats"]) == ("cancelled", 0)
    assert statuses_of(show) == "b" * 12
    assert version_of(show) == version + 2 * 11
    assert not show.seats.exclude(held_by=None).exists()
    assert show.seats.get(number=8).block_reason == "broken"
    assert Show.objects.get(pk=show.pk).cancel_reason == "The projector is broken"
    (mine,) = as_alice.get("/my-bookings/").json()["results"]
    assert (mine["id"], mine["status"]) == (booking.pk, "cancelled")
    assert mine["cancelled_because"] == "show_cancelled"
    assert mine["cancelled_at"].endswith("Z")
    owned.refresh_from_db()
    assert owned.cancelled_because == "owner"
    assert_consistent()


def test_second_call_is_rejected(as_staff, show):
    assert cancel_show(as_staff, show).json()["cancelled_bookings"] == 0
    version = version_of(show)
    problem = assert_problem(cancel_show(as_staff, show, {"reason": "Again"}), 409, "already_cancelled")
    assert "show" in problem["detail"]
    assert version_of(show) == version
    assert Show.objects.get(pk=show.pk).cancel_reason == ""


@pytest.mark.parametrize("call", CALLS)
def test_show_that_was_called_off_sells_nothing(as_alice, as_staff, alice, show, call):
    services.hold_seats(user_id=alice.pk, show_id=show.pk, seat_numbers=[1, 2])
    call_off(show)
    method, path, body = CALLS[call]
    for caller in (as_alice, as_staff):
        response = getattr(caller, method)(f"/shows/{show.pk}/{path}", body, format="json")
        assert_problem(response, 409, "show_cancelled")


def test_show_that_was_called_off_says_so_before_other_reasons(as_alice, show):
    Show.objects.update(on_sale_from=show.date_time)
    call_off(show)
    path = f"/shows/{show.pk}/book/"
    assert_problem(as_alice.post(path, {"seat_number": 1}), 409, "show_cancelled")
    Show.objects.update(date_time=timezone.now() - timedelta(seconds=1))
    assert_problem(as_alice.post(path, {"seat_number": 1}), 409, "show_cancelled")
    assert_problem(as_alice.post(path, {"seat_number": 13}), 400, "seat_not_found")


@pytest.mark.parametrize("call", ["book", "hold", "best", "book_hold", "sell", "move"])
def test_sale_checks_the_show_even_if_a_seat_is_available(alice, show, call):
    """An old server may unblock a seat, because it does not know that shows can be called off."""
    booking = BookingFactory(user=alice, show=show, seat_number=7)
    Show.objects.update(status="cancelled")
    sale = {"user_id": alice.pk, "show_id": show.pk}
    if call == "book_hold":
        later = timezone.now() + timedelta(minutes=5)
        show.seats.filter(number=1).update(held_by=alice.pk, held_since=timezone.now(), held_until=later)
    run = {
        "book": partial(services.book, **sale, seat_number=1),
        "hold": partial(services.hold_seats, **sale, seat_numbers=[1]),
        "best": partial(hold_best, **sale, size=1),
        "book_hold": partial(services.book_hold, **sale),
        "sell": partial(sell, clerk_id=alice.pk, show_id=show.pk, seat_numbers=[1]),
        "move": partial(move, booking_id=booking.pk, seat_number=1, user_id=alice.pk),
    }[call]
    with pytest.raises(ShowCancelled):
        run()
    assert list(Booking.objects.values_list("seat_number", flat=True)) == [7]


def test_owner_cannot_cancel_a_booking_of_a_show_that_was_called_off(as_alice, alice, show):
    booking = BookingFactory(user=alice, show=show)
    call_off(show)
    assert_problem(as_alice.post(f"/bookings/{booking.pk}/cancel/"), 409, "already_cancelled")
    booking.refresh_from_db()
    assert booking.cancelled_because == "show_cancelled"


def test_retry_of_an_old_booking_gets_the_first_answer(as_alice, show):
    calls = {"book/": {"seat_number": 1}, "hold/book/": None}
    first = {}
    for path, body in calls.items():
        if path == "hold/book/":
            as_alice.put(f"/shows/{show.pk}/hold/", {"seat_numbers": [2]}, format="json")
        first[path] = as_alice.post(f"/shows/{show.pk}/{path}", body, headers={"Idempotency-Key": path})
        assert first[path].status_code == 201
    call_off(show)
    for path, body in calls.items():
        again = as_alice.post(f"/shows/{show.pk}/{path}", body, headers={"Idempotency-Key": path})
        assert (again.status_code, again.json()) == (201, first[path].json())
        assert again["Idempotency-Replayed"] == "true"
    assert not Booking.objects.live().exists()


def test_show_is_called_off_until_its_movie_ends(as_staff, show):
    Show.objects.update(date_time=timezone.now() - timedelta(minutes=121))
    assert_problem(cancel_show(as_staff, show), 409, "show_started")
    Show.objects.update(date_time=timezone.now() - timedelta(minutes=119))
    assert cancel_show(as_staff, show).status_code == 200


def test_only_staff_with_the_permission_call_shows_off(as_alice, anyone, sam, show):
    assert_problem(cancel_show(anyone, show), 401, "not_authenticated")
    assert_problem(cancel_show(as_alice, show), 403, "permission_denied")
    problem = assert_problem(cancel_show(Caller(permit(sam, "add_show")), show), 403, "permission_denied")
    assert "shows.change_show" in problem["detail"]
    assert cancel_show(Caller(permit(sam, "change_show")), show).status_code == 200


def test_invalid_body_or_unknown_show_is_rejected(as_staff, show):
    for reason in ("x" * 201, "\0", None, ["x"]):
        assert_invalid(cancel_show(as_staff, show, {"reason": reason}), "reason")
    assert_problem(as_staff.post(f"/shows/{UNUSED_ID}/cancel/"), 404, "not_found")
    assert Show.objects.get().status == "scheduled"


# --- Everything else that could bring a seat back ----------------------------------------


def test_seats_of_a_show_that_was_called_off_stay_blocked(sam, show):
    call_off(show)
    staff = Caller(permit(sam, "change_seat"))
    for blocked in (False, True):
        body = {"seat_numbers": [1], "blocked": blocked}
        assert_problem(staff.patch(f"/shows/{show.pk}/seats/", body), 409, "show_cancelled")
    assert unblock(show, 1) == []
    assert statuses_of(show) == "b" * 12


def test_show_that_was_called_off_does_not_change(as_staff, show):
    stale = Show.objects.get(pk=show.pk)
    call_off(show)
    for change in ({"total_seats": 20}, {"screen_name": "Other"}, {"format": "3D"}):
        assert_problem(as_staff.patch(f"/shows/{show.pk}/", change), 409, "show_cancelled")
    with pytest.raises(ShowCancelled):
        stale.save()
    show = Show.objects.get(pk=show.pk)
    assert (show.status, show.total_seats) == ("cancelled", 12)


def test_status_is_not_written_by_patch(as_staff, show):
    assert as_staff.patch(f"/shows/{show.pk}/", {"status": "cancelled"}).json()["status"] == "scheduled"


def test_show_saved_as_cancelled_by_the_orm_is_called_off(alice, show):
    booking = BookingFactory(user=alice, show=show)
    show.status = Show.Status.CANCELLED
    show.save()
    booking.refresh_from_db()
    assert booking.cancelled_because == "show_cancelled"
    assert statuses_of(show) == "b" * 12
    assert statuses_of(ShowFactory(status="cancelled")) == "b" * 12
    assert_consistent()


def test_orm_saves_no_live_booking_of_a_show_that_was_called_off(alice, show):
    booking = BookingFactory(user=alice, show=show)
    call_off(show)
    booking.refresh_from_db()
    booking.status = Booking.Status.BOOKED
    for saved in (booking, Booking(user=alice, show=show, seat_number=2)):
        with pytest.raises(ShowCancelled):
            saved.save()
    assert_consistent()


def test_screen_of_a_show_that_was_called_off_is_available_again(as_staff, show):
    """For a new show, and for a movie that becomes longer."""
    movie = show.movie
    data = {"screen_name": show.screen_name, "date_time": show.date_time.isoformat(), "total_seats": 5}
    assert_problem(as_staff.post(f"/movies/{movie.pk}/shows/", data), 409, "screen_busy", clashes=[show.pk])
    call_off(show)
    assert as_staff.post(f"/movies/{movie.pk}/shows/", data).status_code == 201
    later = ShowFactory(
        movie=MovieFactory(), screen_name=show.screen_name, date_time=show.date_time + timedelta(hours=3)
    )
    call_off(later)
    call_off(ShowFactory(movie=movie, screen_name="Annex", date_time=show.date_time))
    ShowFactory(screen_name="Annex", date_time=show.date_time + timedelta(hours=3))
    assert as_staff.patch(f"/movies/{movie.pk}/", {"duration_minutes": 300}).status_code == 200


def test_show_that_was_called_off_stays_in_the_programme_and_can_be_deleted(as_staff, anyone, alice, show):
    BookingFactory(user=alice, show=show)
    call_off(show)
    for path in (f"/movies/{show.movie_id}/shows/?upcoming=true", "/shows/?upcoming=true"):
        assert [row["status"] for row in anyone.get(path).json()["results"]] == ["cancelled"]
    assert anyone.get(f"/shows/{show.pk}/seats/").json()["show"]["status"] == "cancelled"
    assert as_staff.delete(f"/shows/{show.pk}/").status_code == 204
    assert not Show.objects.exists()
