"""`GET /shows/<id>/guests/`: the live bookings of a show, for staff."""

from datetime import timedelta

import pytest
from django.utils import timezone

from cinema.seats.booking import door, services, till
from cinema.seats.models import Booking
from cinema.shows.models import Show
from tests.assertions import assert_problem, wire_time
from tests.factories import UNUSED_ID, ShowFactory, permit
from tests.seats.api.reports import CSV, GUEST_FIELDS, book, guests_of, read_csv, sales_by

pytestmark = pytest.mark.django_db


def test_guests_of_the_till_have_their_names(clerk, sam, alice, show):
    book(show, 1, user=alice)
    till.sell(clerk_id=sam.pk, show_id=show.pk, seat_numbers=[2], guest_name="Rosa Klein")
    till.sell(clerk_id=sam.pk, show_id=show.pk, seat_numbers=[3])
    rows = guests_of(clerk, show).json()["results"]
    assert [row["name"] for row in rows] == ["alice", "Rosa Klein", ""]


def test_guests_are_the_live_bookings_of_the_show_by_seat(clerk, alice, prices):
    show = ShowFactory(price_list=prices)
    second, first = book(show, 4, 2, user=alice, kind="Child")
    services.cancel(booking_id=book(show, 3)[0])
    book(ShowFactory(), 1)
    (admitted,) = door.admit(show_id=show.pk, code=Booking.objects.get(pk=second).ticket)

    page = guests_of(clerk, show).json()

    orders = dict(Booking.objects.values_list("pk", "order"))
    common = {"name": "alice", "kind": "Child", "amount": 905}
    assert page["count"] == 2
    assert page["results"] == [
        common | {"booking": first, "seat_label": "A2", "order": orders[first], "admitted_at": None},
        common
        | {
            "booking": second,
            "seat_label": "A4",
            "order": orders[second],
            "admitted_at": wire_time(admitted.admitted_at),
        },
    ]
    assert list(page["results"][0]) == GUEST_FIELDS


def test_guest_without_an_account_has_no_name_and_without_a_price_no_amount(clerk, show, alice):
    book(show, 2, user=alice)
    Show.objects.update(date_time=timezone.now() - timedelta(seconds=1))
    alice.delete()
    (guest,) = guests_of(clerk, show).json()["results"]
    assert (guest["name"], guest["kind"], guest["amount"]) == ("", None, None)


def test_guest_of_the_till_has_the_name_that_staff_typed(clerk, sam, prices):
    show = ShowFactory(price_list=prices)
    permit(sam, "view_booking", "sell_seats")
    for seat, name in ((1, "Rosa Klein"), (2, "=1+1"), (3, "")):
        sale = clerk.post(f"/shows/{show.pk}/sell/", {"seat_numbers": [seat], "guest_name": name})
        assert sale.status_code == 201
    assert [guest["name"] for guest in guests_of(clerk, show).json()["results"]] == ["Rosa Klein", "=1+1", ""]
    assert [row["name"] for row in read_csv(guests_of(clerk, show, **CSV))] == ["Rosa Klein", "'=1+1", ""]
    assert sales_by(clerk, "show")[show.pk]["amount"] == 3 * 1250


def test_guests_of_an_unknown_show_are_not_found_in_every_format(clerk):
    assert_problem(clerk.get(f"/shows/{UNUSED_ID}/guests/"), 404, "not_found")
    assert_problem(clerk.get(f"/shows/{UNUSED_ID}/guests/", headers=CSV), 404, "not_found")
