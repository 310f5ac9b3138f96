"""`PATCH /shows/<id>/seats/`: staff take seats out of sale and put them back."""

import pytest

from tests.assertions import assert_consistent, assert_invalid, assert_problem
from tests.conftest import Caller
from tests.factories import UNUSED_ID, BookingFactory, permit

pytestmark = pytest.mark.django_db


@pytest.fixture
def staff(sam):
    return Caller(permit(sam, "change_seat"))


def test_seats_are_blocked_and_unblocked(staff, as_alice, alice, bob, show):
    path = f"/shows/{show.pk}/seats/"
    BookingFactory(show=show, user=bob, seat_number=1)
    as_alice.put(f"/shows/{show.pk}/hold/", {"seat_numbers": [2]}, format="json")

    blocked = staff.patch(path, {"seat_numbers": [4, 3, 2, 1], "blocked": True, "reason": "Broken"})
    assert (blocked.status_code, blocked.json()) == (200, {"changed": [3, 4], "unchanged": [1, 2]})
    assert set(show.seats.filter(blocked=True).values_list("number", "block_reason")) == {
        (3, "Broken"),
        (4, "Broken"),
    }
    assert_problem(as_alice.post(f"/shows/{show.pk}/book/", {"seat_number": 3}), 409, "seat_blocked")

    unblocked = staff.patch(path, {"seat_numbers": [3, 5], "blocked": False})
    assert unblocked.json() == {"changed": [3], "unchanged": [5]}
    assert as_alice.post(f"/shows/{show.pk}/book/", {"seat_number": 3}).status_code == 201
    assert_consistent()


def test_only_staff_with_the_permission_block_seats(as_staff, as_alice, anyone, bob, show):
    path, body = f"/shows/{show.pk}/seats/", {"seat_numbers": [1], "blocked": True}
    assert_problem(anyone.patch(path, body), 401, "not_authenticated")
    assert_problem(as_alice.patch(path, body), 403, "permission_denied")
    assert_problem(as_staff.patch(path, body), 403, "permission_denied")
    assert_problem(Caller(permit(bob, "change_seat")).patch(path, body), 403, "permission_denied")
    assert not show.seats.filter(blocked=True).exists()


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"seat_numbers": []}, "seat_numbers"),
        ({"seat_numbers": 3}, "seat_numbers"),
        ({"blocked": "maybe"}, "blocked"),
        ({"blocked": None}, "blocked"),
        ({"reason": "x" * 201}, "reason"),
        ({"reason": "\0"}, "reason"),
    ],
)
def test_invalid_body_is_rejected_with_its_field(staff, show, change, field):
    body = {"seat_numbers": [1], "blocked": True} | change
    assert_invalid(staff.patch(f"/shows/{show.pk}/seats/", body), field)


def test_unknown_show_or_seat_is_rejected(staff, show):
    body = {"seat_numbers": [1, 13], "blocked": True}
    assert_problem(staff.patch(f"/shows/{show.pk}/seats/", body), 400, "seat_not_found")
    assert_problem(staff.patch(f"/shows/{UNUSED_ID}/seats/", body), 404, "not_found")
    assert_problem(
        staff.patch(f"/shows/{show.pk}/seats/", body | {"seat_numbers": [2**70]}), 400, "seat_not_found"
    )
    assert not show.seats.filter(blocked=True).exists()
