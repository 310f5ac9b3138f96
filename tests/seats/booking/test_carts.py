"""Carts of random seats and kinds: every list, report and file has their amounts to the cent."""

import csv
import io
import random
from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta

import pytest
from django.utils import timezone

from cinema.shows.times import to_local
from tests.assertions import assert_consistent
from tests.conftest import Caller
from tests.factories import MovieFactory, ShowFactory, UserFactory, add_price_list, permit

pytestmark = pytest.mark.django_db

CARTS_BY_DEFAULT, CARTS = 40, 400
SEATS_OF_SHOW, MAX_SEATS_OF_CART = 100, 6
KINDS = ("Adult", "Child", "Senior")
# Amounts that a calculation with fractions or floats would round, and the largest one.
AMOUNTS = [0, 1, 5, 33, 99, 101, 333, 995, 1005, 1115, 1249, 1250, 2675, 10**9]


@dataclass
class Cart:
    show: int
    buyer: str
    order: str = ""
    # The kind and the amount of each live booking, by id.
    lines: dict[int, tuple[str, int]] = field(default_factory=dict)

    @property
    def amount(self):
        return sum(amount for _, amount in self.lines.values())


class Evening:
    """Shows with one price list, whose prices change while seats are sold."""

    def __init__(self, chance, staff, buyers):
        self.chance, self.staff, self.buyers = chance, staff, buyers
        self.carts = []
        self.sold, self.cancelled = Counter(), Counter()
        self.prices = self.random_prices()
        self.price_list = add_price_list([(*key, amount) for key, amount in self.prices.items()])
        self.movies = MovieFactory.create_batch(2)
        self.shows, self.unsold = {}, []

    def random_prices(self):
        """The premium seats have no price of their own for seniors."""
        keys = [("Premium", "Adult"), ("Premium", "Child"), *(("", kind) for kind in KINDS)]
        return {key: self.chance.choice(AMOUNTS) for key in keys}

    def change_prices(self):
        self.prices = self.random_prices()
        rows = [{"category": of, "kind": kind, "amount": amount} for (of, kind), amount in self.prices.items()]
        response = self.staff.patch(f"/price-lists/{self.price_list.pk}/", {"prices": rows})
        assert response.status_code == 200

    def next_show(self):
        """Every third seat is a premium one."""
        number = len(self.shows)
        show = ShowFactory(
            movie=self.movies[number % 2],
            screen_name=f"Screen {number % 3}",
            date_time=timezone.now() + timedelta(days=1 + number),
            total_seats=SEATS_OF_SHOW,
            price_list=self.price_list,
        )
        show.seats.filter(number__in=range(3, SEATS_OF_SHOW + 1, 3)).update(category="Premium")
        self.shows[show.pk] = show
        self.unsold = list(range(1, SEATS_OF_SHOW + 1))
        self.chance.shuffle(self.unsold)

    def price(self, number, kind):
        """The kind and the amount in the current price list."""
        kind = kind or KINDS[0]
        return kind, self.prices.get(("Premium" if number % 3 == 0 else "", kind), self.prices["", kind])

    def sell_cart(self):
        if len(self.unsold) < MAX_SEATS_OF_CART:
            self.next_show()
        numbers = [self.unsold.pop() for _ in range(self.chance.randint(1, MAX_SEATS_OF_CART))]
        kinds = {number: self.chance.choice([None, *KINDS]) for number in numbers}
        show = list(self.shows)[-1]
        buyer = self.chance.choice([*self.buyers, "guest"])
        cart = Cart(show, buyer)
        for row in self.buy(show, buyer, {number: kind for number, kind in kinds.items() if kind}, numbers):
            expected = self.price(row["seat_number"], kinds[row["seat_number"]])
            assert (row["kind"], row["amount"], row["currency"]) == (*expected, "EUR")
            cart.order = row["order"]
            cart.lines[row["id"]] = expected
            self.sold[show, expected[0]] += 1
        assert len(cart.lines) == len(numbers)
        self.carts.append(cart)

    def buy(self, show, buyer, kinds, numbers):
        if buyer == "guest":
            data = {"seat_numbers": numbers, "kinds": kinds}
            return created(self.staff.post(f"/shows/{show}/sell/", data))
        caller = self.buyers[buyer]
        if len(numbers) == 1:
            data = {"seat_number": numbers[0], "kind": kinds.get(numbers[0], KINDS[0])}
            return [created(caller.post(f"/shows/{show}/book/", data))]
        hold = caller.put(f"/shows/{show}/hold/", {"seat_numbers": numbers}, format="json")
        assert hold.status_code == 200
        return created(caller.post(f"/shows/{show}/hold/book/", {"kinds": kinds}))

    def cancel_one(self):
        cart = self.chance.choice([cart for cart in self.carts if cart.buyer != "guest" and cart.lines])
        booking = self.chance.choice(list(cart.lines))
        response = self.buyers[cart.buyer].post(f"/bookings/{booking}/cancel/")
        assert response.status_code == 200
        kind, amount = cart.lines.pop(booking)
        assert (response.json()["kind"], response.json()["amount"]) == (kind, amount)
        self.sold[cart.show, kind] -= 1
        self.cancelled[cart.show, kind] += 1

    def totals(self, key):
        """The expected sales report, from the carts alone: key to (sold, cancelled, amount)."""
        totals = {}
        for number, counts in ((0, self.sold), (1, self.cancelled)):
            for (show, kind), seats in counts.items():
                totals.setdefault(key(show, kind), [0, 0, 0])[number] += seats
        for cart in self.carts:
            for kind, amount in cart.lines.values():
                totals[key(cart.show, kind)][2] += amount
        return {str(name): tuple(numbers) for name, numbers in totals.items()}


def created(response):
    assert response.status_code == 201, response.content
    return response.json()


def from_csv(response):
    assert response.status_code == 200
    return list(csv.DictReader(io.StringIO(response.getvalue().decode())))


@pytest.mark.scaled
def test_amounts_of_random_carts_agree_in_answers_orders_guests_reports_and_files(sam, full_size):
    """The carts are sold on the web and at the till, while the prices change and bookings are cancelled."""
    staff = Caller(permit(sam, "change_pricelist", "sell_seats", "view_booking"))
    chance = random.Random(11)
    evening = Evening(chance, staff, {user.username: Caller(user) for user in UserFactory.create_batch(3)})
    for number in range(CARTS if full_size else CARTS_BY_DEFAULT):
        evening.sell_cart()
        if number % 7 == 6:
            evening.change_prices()
        if number % 5 == 4:
            evening.cancel_one()

    for cart in evening.carts:
        if cart.buyer == "guest":
            continue
        rows = evening.buyers[cart.buyer].get(f"/my-bookings/?order={cart.order}").json()["results"]
        live = {row["id"]: row["amount"] for row in rows if row["status"] == "booked"}
        assert live == {booking: amount for booking, (_, amount) in cart.lines.items()}

    for show in evening.shows:
        orders = {cart.order: cart.amount for cart in evening.carts if cart.show == show and cart.lines}
        path = f"/shows/{show}/guests/?page_size={SEATS_OF_SHOW}"
        for guests in (staff.get(path).json()["results"], from_csv(staff.get(f"{path}&format=csv"))):
            amounts = Counter()
            for guest in guests:
                amounts[guest["order"]] += int(guest["amount"])
            assert amounts == orders

    shows = evening.shows
    keys = {
        "day": lambda show, kind: f"{to_local(shows[show].date_time):%Y-%m-%d}",
        "movie": lambda show, kind: shows[show].movie_id,
        "screen": lambda show, kind: shows[show].screen_name,
        "show": lambda show, kind: show,
        "kind": lambda show, kind: kind,
    }
    for by, key in keys.items():
        path = f"/reports/sales/?by={by}"
        for rows in (staff.get(path).json(), from_csv(staff.get(f"{path}&format=csv"))):
            report = {
                str(row["key"]): (int(row["sold"]), int(row["cancelled"]), int(row["amount"])) for row in rows
            }
            assert report == evening.totals(key)
    assert_consistent()
