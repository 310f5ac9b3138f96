"""`POST /shows/<id>/sell/`: staff sell seats to guests without an account."""

from datetime import timedelta

import pytest
from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.db import IntegrityError, transaction
from django.utils import timezone

from cinema.seats.booking import services
from cinema.seats.models import Booking
from tests.assertions import assert_consistent, assert_invalid, assert_problem
from tests.conftest import Caller
from tests.factories import UNUSED_ID, BookingFactory, ShowFactory, UserFactory, add_price_list, permit
from tests.seat_state import block, statuses_of, version_of

pytestmark = pytest.mark.django_db

User = get_user_model()


@pytest.fixture
def clerk(sam):
    return permit(sam, "sell_seats", "view_booking")


@pytest.fixture
def as_clerk(clerk):
    return Caller(clerk)


def sell(caller, show, *numbers, key=None, **body):
    headers = {} if key is None else {"Idempotency-Key": key}
    return caller.post(f"/shows/{show.pk}/sell/", {"seat_numbers": numbers, **body}, headers=headers)


def hold(caller, show, *numbers):
    return caller.put(f"/shows/{show.pk}/hold/", {"seat_numbers": numbers}, format="json")


# --- sales --------------------------------------------------------------------------------


def test_guest_gets_seats_of_one_order_without_an_account(as_clerk, clerk, show):
    version = version_of(show)

    response = sell(as_clerk, show, 6, 5, guest_name="Rosa Klein")

    assert response.status_code == 201
    first, second = response.json()
    assert (first["seat_number"], second["seat_number"]) == (5, 6)
    assert first["order"] == second["order"]
    assert first["ticket"] != second["ticket"]
    for sold in (first, second):
        assert (sold["guest_name"], sold["sold_by"], sold["status"]) == ("Rosa Klein", clerk.pk, "booked")
        assert as_clerk.get(f"/bookings/{sold['id']}/").json() == sold
    assert not Booking.objects.exclude(user=None).exists()
    assert statuses_of(show) == "aaaattaaaaaa"
    assert version_of(show) == version + 4
    assert_consistent()


def test_guest_needs_no_name(as_clerk, show):
    (sold,) = sell(as_clerk, show, 5).json()
    assert sold["guest_name"] == ""


def test_one_seat_named_twice_is_sold_once(as_clerk, show):
    assert len(sell(as_clerk, show, 5, 5).json()) == 1


def test_guest_is_admitted_and_moved_and_cancelled_like_a_user(as_clerk, clerk, show):
    (sold,) = sell(as_clerk, show, 5).json()
    permit(clerk, "sell_seats", "change_booking", "admit_booking")
    as_clerk = Caller(User.objects.get(pk=clerk.pk))
    moved = as_clerk.post(f"/bookings/{sold['id']}/move/", {"seat_number": 7})
    assert moved.json()["seat_number"] == 7
    assert as_clerk.post(f"/shows/{show.pk}/admit/", {"ticket": sold["ticket"]}).status_code == 200
    assert services.cancel(booking_id=sold["id"]).seat_number == 7
    assert statuses_of(show) == "a" * 12
    assert_consistent()


def test_booking_of_a_guest_is_in_no_list_of_the_clerk(as_clerk, as_alice, clerk, show):
    (sold,) = sell(as_clerk, show, 5).json()
    assert as_clerk.get("/my-bookings/").json()["count"] == 0
    for caller in (as_alice, Caller(permit(clerk, "sell_seats"))):
        assert_problem(caller.get(f"/bookings/{sold['id']}/"), 404, "not_found")
        assert_problem(caller.post(f"/bookings/{sold['id']}/cancel/"), 404, "not_found")


def test_only_staff_see_guest_and_clerk(as_clerk, as_alice, show):
    booked = as_alice.post(f"/shows/{show.pk}/book/", {"seat_number": 1}).json()
    path = f"/bookings/{booked['id']}/"
    assert as_alice.get(path).json() == booked == as_alice.get("/my-bookings/").json()["results"][0]
    assert not booked.keys() & {"guest_name", "sold_by"}
    assert as_clerk.get(path).json() == booked | {"guest_name": "", "sold_by": None}


def test_deleting_the_clerk_loses_no_booking(as_clerk, clerk, show):
    (sold,) = sell(as_clerk, show, 5, guest_name="Rosa").json()
    clerk.delete()
    booking = Booking.objects.get(pk=sold["id"])
    assert (booking.is_live, booking.sold_by, booking.guest_name) == (True, None, "Rosa")
    assert_consistent()


def test_price_of_each_seat_is_frozen(as_clerk, show):
    show.price_list = add_price_list([("", "Adult", 1250), ("", "Child", 900)])
    show.save()
    sold = sell(as_clerk, show, 5, 6, kinds={"6": "Child"}).json()
    assert [(s["kind"], s["amount"], s["currency"]) for s in sold] == [
        ("Adult", 1250, "EUR"),
        ("Child", 900, "EUR"),
    ]
    refused = sell(as_clerk, show, 7, 8, kinds={"8": "Senior"})
    assert_problem(refused, 400, "no_such_price", kinds=["Adult", "Child"])
    assert statuses_of(show) == "aaaattaaaaaa"


def test_dump_of_sold_seats_loads_again(as_clerk, show, tmp_path):
    sell(as_clerk, show, 5, 6, guest_name="Rosa", key="k")
    dump = tmp_path / "dump.json"
    call_command("dumpdata", output=str(dump))
    columns = ("pk", "sold_by", "guest_name", "guest_folded", "order", "idempotency_key", "key_number")
    before = Booking.objects.order_by("pk").values(*columns)
    expected = list(before)
    Booking.objects.all().delete()
    call_command("loaddata", str(dump), verbosity=0)
    assert list(before.all()) == expected
    assert expected[0]["guest_folded"] == "rosa"
    assert_consistent()


# --- what the till may do -------------------------------------------------------------------


def test_till_sells_blocked_seats_only_on_purpose(as_clerk, show):
    block(show, 5)
    assert_problem(sell(as_clerk, show, 5, 6), 409, "seat_blocked", seats=[5])
    assert_problem(sell(as_clerk, show, 5, 6, blocked=False), 409, "seat_blocked", seats=[5])
    assert statuses_of(show) == "aaaabaaaaaaa"
    assert sell(as_clerk, show, 5, 6, blocked=True).status_code == 201
    assert statuses_of(show) == "aaaattaaaaaa"
    assert show.seats.get(number=5).block_reason == ""
    assert_consistent()


def test_till_sells_before_the_sale_begins_and_until_the_movie_ends(as_clerk, show):
    type(show).objects.update(on_sale_from=show.date_time)
    assert sell(as_clerk, show, 1).status_code == 201
    type(show).objects.update(on_sale_from=None, date_time=timezone.now() - timedelta(minutes=119))
    assert sell(as_clerk, show, 2).status_code == 201
    type(show).objects.update(date_time=timezone.now() - timedelta(minutes=120))
    refused = assert_problem(sell(as_clerk, show, 3), 409, "show_started")
    assert "over" in refused["detail"]
    assert_consistent()


def test_till_may_split_a_sofa(as_clerk, as_alice, show):
    show.seats.filter(number=4).update(pair=5)
    show.seats.filter(number=5).update(pair=4)
    assert sell(as_clerk, show, 5).status_code == 201
    assert_problem(hold(as_alice, show, 4), 409, "sold_together", seats=[4, 5])
    # The problem names the fault of the sale, which is not the sofa.
    assert_problem(sell(as_clerk, show, 4, kinds={"4": "Adult"}), 400, "no_such_price", kinds=[])
    assert sell(as_clerk, show, 4).status_code == 201
    assert_consistent()


def test_orphan_rule_and_limit_of_seats_do_not_bind_the_till(as_clerk, show, settings):
    settings.ORPHAN_RULE, settings.BOOKING_MAX_SEATS = True, 1
    assert sell(as_clerk, show, 1, 3, 5).status_code == 201


def test_own_hold_of_the_clerk_is_available_and_ends(as_clerk, show):
    hold(as_clerk, show, 5, 6)
    assert sell(as_clerk, show, 5).status_code == 201
    assert as_clerk.get(f"/shows/{show.pk}/hold/").json()["seat_numbers"] == [6]
    assert_consistent()


# --- refusals ---------------------------------------------------------------------------------


@pytest.mark.parametrize("blocked", [False, True])
def test_all_or_none_is_sold(as_clerk, as_alice, alice, show, blocked):
    BookingFactory(user=alice, show=show, seat_number=1)
    hold(as_alice, show, 2)
    for number, code in ((1, "seat_taken"), (2, "seat_held")):
        assert_problem(sell(as_clerk, show, number, 5, blocked=blocked), 409, code, seats=[number])
    assert_problem(sell(as_clerk, show, 5, 13, blocked=blocked), 400, "seat_not_found")
    assert_problem(sell(as_clerk, show, 5, 2**31, blocked=blocked), 400, "seat_not_found")
    assert statuses_of(show) == "thaaaaaaaaaa"
    assert Booking.objects.count() == 1


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "seat_numbers"),
        ({"seat_numbers": []}, "seat_numbers"),
        ({"seat_numbers": [5], "guest_name": "x" * 201}, "guest_name"),
        ({"seat_numbers": [5], "guest_name": None}, "guest_name"),
        ({"seat_numbers": [5], "blocked": "perhaps"}, "blocked"),
        ({"seat_numbers": [5], "kinds": {"6": "Child"}}, "kinds"),
        ({"seat_numbers": [5], "kinds": ["Child"]}, "kinds"),
    ],
)
def test_malformed_sale_is_rejected(as_clerk, show, body, field):
    assert_invalid(as_clerk.post(f"/shows/{show.pk}/sell/", body), field)
    assert not Booking.objects.exists()


def test_only_staff_with_the_permission_sell(anyone, as_alice, as_staff, bob, show):
    assert_problem(sell(anyone, show, 5), 401, "not_authenticated")
    for caller in (as_alice, as_staff, Caller(permit(bob, "sell_seats"))):
        assert_problem(sell(caller, show, 5), 403, "permission_denied")
    assert not Booking.objects.exists()


@pytest.mark.parametrize("blocked", [False, True])
def test_show_that_was_called_off_is_not_sold(as_clerk, show, blocked):
    services.call_off(show_id=show.pk)
    assert_problem(sell(as_clerk, show, 5, blocked=blocked), 409, "show_cancelled")
    assert statuses_of(show) == "b" * 12


def test_unknown_show_is_not_found(as_clerk, show):
    show.pk = UNUSED_ID
    assert_problem(sell(as_clerk, show, 5), 404, "not_found")


def test_booking_of_a_user_has_no_guest_and_no_clerk(alice, clerk, show):
    booking = BookingFactory(user=alice, show=show)
    for values in ({"sold_by": clerk}, {"guest_name": "Rosa"}):
        with pytest.raises(IntegrityError, match="booking_has_user_or_guest"), transaction.atomic():
            Booking.objects.filter(pk=booking.pk).update(**values)


# --- idempotency keys -------------------------------------------------------------------------


def test_retry_of_a_sale_gets_the_first_answer(as_clerk, show):
    first = sell(as_clerk, show, 5, 6, guest_name="Rosa", key="k")
    services.cancel(booking_id=first.json()[0]["id"])
    again = sell(as_clerk, show, 6, 5, guest_name="Rosa", key="k")
    assert again.status_code == 201
    assert again.json() == first.json()
    assert again["Idempotency-Replayed"] == "true"
    assert "Idempotency-Replayed" not in first
    assert Booking.objects.count() == 2
    assert_problem(sell(as_clerk, show, 5, key="k"), 422, "idempotency_key_reused")
    assert_problem(sell(as_clerk, show, 7, key="k"), 422, "idempotency_key_reused")
    assert sell(as_clerk, show, 7, key="other").status_code == 201


def test_keys_of_other_clerks_and_shows_and_of_web_sales_are_other_keys(as_clerk, as_bob, clerk, show):
    other_clerk = Caller(permit(UserFactory(staff=True), "sell_seats"))
    sold = [
        sell(as_clerk, show, 1, key="k"),
        sell(other_clerk, show, 2, key="k"),
        sell(as_clerk, ShowFactory(), 1, key="k"),
        as_clerk.post(f"/shows/{show.pk}/book/", {"seat_number": 3}, headers={"Idempotency-Key": "k"}),
        as_bob.post(f"/shows/{show.pk}/book/", {"seat_number": 4}, headers={"Idempotency-Key": "k"}),
    ]
    assert [response.status_code for response in sold] == [201] * 5
    assert Booking.objects.filter(idempotency_key="k").count() == 5
