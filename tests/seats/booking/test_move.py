"""`POST /bookings/<id>/move/`: the booking gets another seat, and keeps its id, order and ticket."""

from datetime import timedelta
from functools import partial

import pytest
from django.utils import timezone

from cinema.seats.booking import door, services
from cinema.seats.models import Booking, SeatingPlan
from cinema.seats.tickets.codes import booking_code
from tests.assertions import assert_consistent, assert_invalid, assert_not_moved, assert_problem
from tests.conftest import Caller
from tests.factories import UNUSED_ID, BookingFactory, ShowFactory, UserFactory, add_price_list, permit
from tests.seat_state import block, statuses_of, version_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def booking(alice, show):
    """Alice's booking of seat 5."""
    return BookingFactory(user=alice, show=show, seat_number=5)


@pytest.fixture
def usher(sam):
    return Caller(permit(sam, "change_booking"))


def post_move(caller, booking, seat_number):
    return caller.post(f"/bookings/{booking.pk}/move/", {"seat_number": seat_number})


def hold(caller, show, *numbers):
    return caller.put(f"/shows/{show.pk}/hold/", {"seat_numbers": numbers}, format="json")


# --- moves ----------------------------------------------------------------------------


def test_move_takes_the_new_seat_and_frees_the_old_one(as_alice, booking, show):
    before = as_alice.get(f"/bookings/{booking.pk}/").json()
    version = version_of(show)

    response = post_move(as_alice, booking, 7)

    assert response.status_code == 200
    label = show.seats.get(number=7).label
    assert response.json() == before | {"seat_number": 7, "seat_label": label}
    assert response.json() == as_alice.get(f"/bookings/{booking.pk}/").json()
    assert statuses_of(show) == "aaaaaataaaaa"
    assert version_of(show) == version + 4
    assert_consistent()


def test_repeated_move_changes_nothing(as_alice, booking, show):
    first = post_move(as_alice, booking, 7)
    version = version_of(show)
    assert post_move(as_alice, booking, 7).json() == first.json()
    assert version_of(show) == version


def test_move_to_a_seat_of_an_own_hold_ends_the_hold_of_that_seat(as_alice, booking, show):
    hold(as_alice, show, 7, 8)
    assert post_move(as_alice, booking, 7).status_code == 200
    assert as_alice.get(f"/shows/{show.pk}/hold/").json()["seat_numbers"] == [8]
    assert_consistent()


def test_retry_of_the_booking_gets_the_first_answer_after_a_move(as_alice, show):
    book = partial(
        as_alice.post, f"/shows/{show.pk}/book/", {"seat_number": 5}, headers={"Idempotency-Key": "k"}
    )
    first = book().json()
    as_alice.post(f"/bookings/{first['id']}/move/", {"seat_number": 7})
    as_alice.post(f"/bookings/{first['id']}/move/", {"seat_number": 8})
    assert book().json() == first


def test_staff_with_the_permission_move_bookings_of_others(usher, booking, show):
    assert post_move(usher, booking, 7).status_code == 200
    assert statuses_of(show) == "aaaaaataaaaa"
    assert_consistent()


def test_staff_move_an_admitted_booking_and_its_owner_does_not(usher, as_alice, booking, show):
    door.admit(show_id=show.pk, code=booking_code(show.pk, booking.pk))
    moment = as_alice.get(f"/bookings/{booking.pk}/").json()["admitted_at"]

    assert_problem(post_move(as_alice, booking, 7), 409, "already_admitted", admitted_at=moment)
    assert_not_moved(booking)
    assert post_move(usher, booking, 7).json()["admitted_at"] == moment


# --- refusals ---------------------------------------------------------------------------


def test_move_to_an_unavailable_seat_is_rejected(as_alice, as_bob, bob, booking, show):
    BookingFactory(user=bob, show=show, seat_number=1)
    hold(as_bob, show, 2)
    block(show, 3)
    for seat, code in ((1, "seat_taken"), (2, "seat_held"), (3, "seat_blocked")):
        assert_problem(post_move(as_alice, booking, seat), 409, code)
    assert_not_moved(booking)
    assert statuses_of(show) == "thbataaaaaaa"


def test_move_to_the_seat_of_another_own_booking_is_rejected(as_alice, alice, booking, show):
    other = BookingFactory(user=alice, show=show, seat_number=6)
    assert_problem(post_move(as_alice, booking, 6), 409, "already_yours", booking=other.pk)
    assert_not_moved(booking)


@pytest.mark.parametrize("seat", [0, -1, 13, 2**31, 10**30])
def test_move_to_a_seat_that_does_not_exist_is_rejected(as_alice, booking, seat):
    assert_problem(post_move(as_alice, booking, seat), 400, "seat_not_found")
    assert_not_moved(booking)


@pytest.mark.parametrize("body", [{}, {"seat_number": None}, {"seat_number": "7.0"}, {"seat_number": [7]}])
def test_body_without_a_seat_number_is_rejected(as_alice, booking, body):
    assert_invalid(as_alice.post(f"/bookings/{booking.pk}/move/", body), "seat_number")


def test_cancelled_booking_is_not_moved(as_alice, booking, show):
    services.cancel(booking_id=booking.pk)
    for seat in (5, 7):
        assert_problem(post_move(as_alice, booking, seat), 409, "already_cancelled")
    assert statuses_of(show) == "a" * 12


def test_booking_of_another_user_is_not_found(as_bob, as_staff, booking):
    """Also for staff without the permission, and for users with the permission who are no staff."""
    for caller in (as_bob, as_staff, Caller(permit(UserFactory(), "change_booking"))):
        existing = post_move(caller, booking, 7)
        missing = caller.post(f"/bookings/{UNUSED_ID}/move/", {"seat_number": 7})
        assert_problem(existing, 404, "not_found")
        assert existing.json() | {"request_id": ""} == missing.json() | {"request_id": ""}
    assert_not_moved(booking)


def test_booking_of_a_started_show_is_not_moved(as_alice, usher, booking, show):
    type(show).objects.update(date_time=timezone.now() - timedelta(seconds=1))
    for caller in (as_alice, usher):
        assert_problem(post_move(caller, booking, 7), 409, "show_started")
    assert_not_moved(booking)


def test_before_the_sale_begins_only_staff_move_bookings(as_alice, usher, booking, show):
    type(show).objects.update(on_sale_from=show.date_time)
    assert_problem(post_move(as_alice, booking, 7), 409, "not_on_sale")
    assert post_move(usher, booking, 7).status_code == 200


def test_owner_moves_only_to_seats_of_the_same_price_and_staff_to_any(as_alice, usher, booking, show):
    show.seats.filter(number__gt=6).update(category="Box")
    show.price_list = add_price_list([("", "Adult", 1250), ("", "Child", 900), ("Box", "Child", 1100)])
    show.save()
    Booking.objects.update(kind="Child", amount=900, currency="EUR")

    assert_problem(post_move(as_alice, booking, 7), 409, "other_price")
    assert_not_moved(booking)
    assert post_move(as_alice, booking, 6).status_code == 200
    moved = post_move(usher, booking, 7).json()
    assert (moved["kind"], moved["amount"], moved["currency"]) == ("Child", 900, "EUR")
    # The amount that was paid counts, not the price of the seat that the booking leaves.
    assert_problem(post_move(as_alice, booking, 8), 409, "other_price")
    assert post_move(as_alice, booking, 5).status_code == 200
    assert_consistent()


def test_booking_without_a_price_is_moved_only_where_seats_have_none(as_alice, booking, show):
    show.price_list = add_price_list([("", "Adult", 0)])
    show.save()
    assert_problem(post_move(as_alice, booking, 7), 409, "other_price")
    assert_not_moved(booking)


def test_owner_leaves_no_orphan_seat_and_staff_may(as_alice, usher, alice, settings):
    settings.ORPHAN_RULE = True
    SeatingPlan.objects.create(screen_name="Drawn", plan="A | .......\nB | .......")
    show = ShowFactory(screen_name="Drawn", total_seats=14)
    booking = BookingFactory(user=alice, show=show, seat_number=1)
    BookingFactory(show=show, seat_number=8)

    assert_problem(post_move(as_alice, booking, 10), 409, "leaves_single_seat", seats=[9])
    assert_not_moved(booking)
    # The seat that the booking leaves is available, so seat 2 leaves no seat between unavailable ones.
    assert post_move(as_alice, booking, 9).status_code == 200
    assert post_move(usher, booking, 10).status_code == 200
    assert_consistent()
