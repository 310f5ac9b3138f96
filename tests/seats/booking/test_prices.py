"""A booking has the price that the show's list says when the seat is sold, and keeps it."""

from functools import partial

import pytest
from django.db import IntegrityError, transaction

from cinema.seats.booking import services
from cinema.seats.models import Booking
from cinema.shows.models import Price
from tests.assertions import assert_consistent, assert_invalid, assert_problem
from tests.concurrency import run_concurrently
from tests.conftest import FORMS
from tests.factories import UNUSED_ID, ShowFactory, UserFactory, add_price_list

pytestmark = pytest.mark.django_db

PRICES = [("Standard", "Adult", 1250), ("Standard", "Child", 900), ("", "Child", 1100), ("", "Adult", 1550)]


@pytest.fixture
def priced(show):
    """A show whose seats 7 to 12 are of the category Box."""
    show.price_list = add_price_list(PRICES)
    show.save()
    show.seats.filter(number__gt=6).update(category="Box")
    show.seats.filter(number__lte=6).update(category="Standard")
    return show


def book(caller, show, number, headers=None, **body):
    return caller.post(
        f"/shows/{show.pk}/book/", {"seat_number": number, **body}, format="json", headers=headers
    )


def hold(caller, show, *numbers):
    return caller.put(f"/shows/{show.pk}/hold/", {"seat_numbers": numbers}, format="json")


def book_held(caller, show, kinds=None, headers=None):
    body = {} if kinds is None else {"kinds": kinds}
    return caller.post(f"/shows/{show.pk}/hold/book/", body, format="json", headers=headers)


def price(booking):
    return booking["kind"], booking["amount"], booking["currency"]


@pytest.mark.parametrize(
    ("number", "body", "expected"),
    [
        (1, {}, ("Adult", 1250, "EUR")),
        (1, {"kind": "Child"}, ("Child", 900, "EUR")),
        (7, {}, ("Adult", 1550, "EUR")),
        (7, {"kind": "Child"}, ("Child", 1100, "EUR")),
    ],
)
def test_booking_has_the_price_of_its_category_and_kind(as_alice, priced, number, body, expected):
    booking = book(as_alice, priced, number, **body).json()
    assert price(booking) == expected
    assert as_alice.get("/my-bookings/").json()["results"] == [booking]
    cancelled = as_alice.post(f"/bookings/{booking['id']}/cancel/").json()
    assert (cancelled["status"], price(cancelled)) == ("cancelled", expected)


def test_default_is_the_first_kind_that_the_seat_has_a_price_for(as_alice, priced):
    Price.objects.filter(kind="Adult", category="").delete()
    assert price(book(as_alice, priced, 7).json()) == ("Child", 1100, "EUR")


@pytest.mark.parametrize("prices", [PRICES, PRICES[::-1]])
def test_price_of_the_category_comes_before_the_price_of_any_other(as_alice, priced, prices):
    """In whatever order the prices are stored, and also if the positions of a fixture say otherwise."""
    priced.price_list = add_price_list(prices, "Other")
    priced.save()
    Price.objects.filter(category="").update(position=0)
    assert price(book(as_alice, priced, 1, kind="Child").json()) == ("Child", 900, "EUR")
    assert price(book(as_alice, priced, 7, kind="Child").json()) == ("Child", 1100, "EUR")


def test_show_without_a_list_has_no_prices(as_alice, show):
    assert price(book(as_alice, show, 1).json()) == (None, None, None)
    assert_problem(book(as_alice, show, 2, kind="Adult"), 400, "no_such_price", kinds=[])
    hold(as_alice, show, 3, 4)
    assert_problem(book_held(as_alice, show, {"3": "Adult"}), 400, "no_such_price", kinds=[])
    assert [price(booking) for booking in book_held(as_alice, show).json()] == [(None, None, None)] * 2


def test_unknown_kind_is_refused_and_sells_nothing(as_alice, priced):
    assert_problem(book(as_alice, priced, 1, kind="Dog"), 400, "no_such_price", kinds=["Adult", "Child"])
    assert_problem(book(as_alice, priced, 1, kind="adult"), 400, "no_such_price", kinds=["Adult", "Child"])
    assert not Booking.objects.exists()
    assert not priced.seats.taken().exists()


def test_seat_whose_category_has_no_price_is_not_sold(as_alice, priced):
    Price.objects.filter(category="").delete()
    assert_problem(book(as_alice, priced, 7), 400, "no_such_price", kinds=[])
    assert_problem(book(as_alice, priced, 7, kind="Adult"), 400, "no_such_price", kinds=[])
    assert hold(as_alice, priced, 6, 7).status_code == 200
    assert_problem(book_held(as_alice, priced), 400, "no_such_price", kinds=[])
    assert not Booking.objects.exists()
    assert priced.seats.get(number=6).held_by is not None


def test_taken_seat_and_unknown_show_are_reported_before_the_kind(as_alice, as_bob, priced):
    book(as_bob, priced, 1)
    assert book(as_alice, priced, 1, kind="Dog").json()["code"] == "seat_taken"
    unknown = as_alice.post(f"/shows/{UNUSED_ID}/book/", {"seat_number": 1, "kind": "Dog"})
    assert_problem(unknown, 404, "not_found")


@pytest.mark.parametrize("kind", ["", None, ["Adult"], "x" * 51, "\0"])
def test_invalid_kind_is_refused(as_alice, priced, kind):
    assert_invalid(book(as_alice, priced, 1, kind=kind), "kind")


def test_held_seats_have_a_kind_each(as_alice, priced):
    hold(as_alice, priced, 5, 6, 7)
    bookings = book_held(as_alice, priced, {"5": "Child", "7": "Child"}).json()
    assert [price(booking)[:2] for booking in bookings] == [("Child", 900), ("Adult", 1250), ("Child", 1100)]
    assert_consistent()


def test_one_unknown_kind_of_a_hold_sells_none_of_its_seats(as_alice, priced):
    hold(as_alice, priced, 5, 6, 7)
    answer = book_held(as_alice, priced, {"5": "Child", "7": "Dog"})
    assert_problem(answer, 400, "no_such_price", kinds=["Adult", "Child"])
    assert not Booking.objects.exists()
    assert priced.seats.filter(held_by__isnull=False).count() == 3


def test_kind_of_a_seat_that_is_not_held_is_invalid(as_alice, priced):
    hold(as_alice, priced, 5, 6)
    assert_invalid(book_held(as_alice, priced, {"7": "Child"}), "kinds")
    assert not Booking.objects.exists()


@pytest.mark.parametrize("kinds", [[], "Child", {"05": "Child"}, {"five": "Child"}, {"5": ""}, {"0": "Adult"}])
def test_invalid_kinds_are_refused(as_alice, priced, kinds):
    hold(as_alice, priced, 5)
    body = assert_problem(book_held(as_alice, priced, kinds), 400, "invalid")
    assert all(field.startswith("kinds") for field in body["errors"])


@pytest.mark.parametrize("fields", [{"kinds": '{"5": "Child"}'}, {"kinds.5": "Child"}])
@pytest.mark.parametrize("encode", FORMS)
def test_form_has_kinds_as_json_or_by_seat(as_alice, priced, encode, fields):
    hold(as_alice, priced, 5, 6)
    sold = as_alice.post(f"/shows/{priced.pk}/hold/book/", **encode(fields)).json()
    assert [booking["kind"] for booking in sold] == ["Child", "Adult"]


@pytest.mark.parametrize("encode", FORMS)
def test_form_with_empty_kinds_sells_at_the_first_price(as_alice, priced, encode):
    hold(as_alice, priced, 5)
    (sold,) = as_alice.post(f"/shows/{priced.pk}/hold/book/", **encode({"kinds": ""})).json()
    assert sold["kind"] == "Adult"


@pytest.mark.parametrize(
    "text",
    ["Child", "{", "[]", '"5"', '{"05": "Child"}', '{"5": null}', '{"5": NaN}', "9" * 5000, "[" * 50_000, " "],
    ids=lambda text: text[:20],
)
@pytest.mark.parametrize("encode", FORMS)
def test_invalid_kinds_of_a_form_are_refused(as_alice, priced, encode, text):
    hold(as_alice, priced, 5)
    answer = as_alice.post(f"/shows/{priced.pk}/hold/book/", **encode({"kinds": text}))
    body = assert_problem(answer, 400, "invalid")
    assert all(field.startswith("kinds") for field in body["errors"])
    assert not Booking.objects.exists()


def test_later_change_of_the_list_changes_no_booking(as_alice, as_staff, priced):
    first = book(as_alice, priced, 1).json()
    prices = [{"category": "", "kind": "Adult", "amount": 1}]
    assert as_staff.patch(f"/price-lists/{priced.price_list.pk}/", {"prices": prices}).status_code == 200
    assert as_alice.get(f"/bookings/{first['id']}/").json() == first
    assert price(book(as_alice, priced, 2).json()) == ("Adult", 1, "EUR")


def test_retry_repeats_the_price_of_the_first_sale(as_alice, priced):
    key = {"Idempotency-Key": "k"}
    first = book(as_alice, priced, 1, key, kind="Child").json()
    Price.objects.all().delete()
    assert book(as_alice, priced, 1, key, kind="Child").json() == first
    assert book(as_alice, priced, 1, key).json() == first


def test_retry_with_another_kind_is_another_request(as_alice, priced):
    key = {"Idempotency-Key": "k"}
    book(as_alice, priced, 1, key)
    assert book(as_alice, priced, 1, key, kind="Adult").status_code == 201
    assert_problem(book(as_alice, priced, 1, key, kind="Child"), 422, "idempotency_key_reused")
    key = {"Idempotency-Key": "held"}
    hold(as_alice, priced, 5, 6)
    first = book_held(as_alice, priced, {"5": "Child"}, key)
    assert book_held(as_alice, priced, {"5": "Child"}, key).json() == first.json()
    assert_problem(book_held(as_alice, priced, {"5": "Adult"}, key), 422, "idempotency_key_reused")
    assert_problem(book_held(as_alice, priced, {"7": "Child"}, key), 422, "idempotency_key_reused")


def test_currency_is_frozen_too(as_alice, priced, settings):
    first = book(as_alice, priced, 1).json()
    settings.CURRENCY = "CHF"
    assert price(book(as_alice, priced, 2).json()) == ("Adult", 1250, "CHF")
    assert as_alice.get(f"/bookings/{first['id']}/").json()["currency"] == "EUR"


@pytest.mark.parametrize(
    "change",
    [{"amount": -1}, {"amount": None}, {"kind": None}, {"kind": ""}, {"currency": None}, {"currency": ""}],
)
def test_database_rejects_a_booking_with_a_part_of_a_price(as_alice, priced, change):
    book(as_alice, priced, 1)
    with pytest.raises(IntegrityError), transaction.atomic():
        Booking.objects.update(**change)


def test_amounts_are_the_same_integers_from_the_list_to_the_answer(as_alice, alice):
    """`tests/api/test_money.py` adds amounts up."""
    amounts = [0, 1, 5, 33, 99, 101, 995, 1005, 1115, 2675, 10**9]
    show = ShowFactory(total_seats=len(amounts))
    show.price_list = add_price_list([("", f"Kind {place}", amount) for place, amount in enumerate(amounts)])
    show.save()
    for place in range(len(amounts)):
        services.book(user_id=alice.pk, show_id=show.pk, seat_number=place + 1, kind=f"Kind {place}")
    sold = [booking["amount"] for booking in as_alice.get("/my-bookings/").json()["results"]]
    assert sold[::-1] == amounts


@pytest.mark.django_db(transaction=True)
def test_buyers_get_either_the_old_or_the_new_price_while_the_list_changes(as_staff, show):
    show = ShowFactory(total_seats=40)
    show.price_list = add_price_list([("", "Adult", 1000), ("", "Child", 500)])
    show.save()
    buyers = UserFactory.create_batch(40)
    path = f"/price-lists/{show.price_list.pk}/"
    new = [{"category": "", "kind": "Adult", "amount": 2000}, {"category": "", "kind": "Child", "amount": 1900}]
    actions = [
        partial(
            services.book,
            user_id=buyer.pk,
            show_id=show.pk,
            seat_number=number,
            kind=("Adult", "Child")[number % 2],
        )
        for number, buyer in enumerate(buyers, 1)
    ]
    actions.insert(15, lambda: as_staff.patch(path, {"prices": new}).status_code)
    results = run_concurrently(actions)
    assert results.pop(15) == 200
    for booking in results:
        assert (booking.kind, booking.amount) in {
            ("Adult", 1000),
            ("Child", 500),
            ("Adult", 2000),
            ("Child", 1900),
        }
    assert sorted(Booking.objects.values_list("seat_number", flat=True)) == list(range(1, 41))
    assert_consistent()
