"""The expected behavior for buyers, in plain dictionaries. It was written from the documentation, not the code.

Time is a number of seconds. Each operation returns the status and error code that the API should return. In
case of success, the operation has also changed the model. Only bookings wait for `record_booking`, which the
test calls once it knows the booking's id.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

# A single renewal can already reach the maximum, because that is only 200 seconds longer.
HOLD_SECONDS, HOLD_MAX_SECONDS = 600, 800
# Status and error code; the code is None for a success.
Outcome = tuple[int, str | None]
# The kind and the amount in the smallest unit of the currency; both None in a show without prices.
Price = tuple[str | None, int | None]


@dataclass
class Seat:
    label: str | None = None  # None for a new seat, until the test has read label and place from the seat map.
    booking: int | None = None
    blocked: bool = False
    held_by: int | None = None
    held_since: int = 0
    held_until: int = 0
    # A fixture has booked only the other half of a held sofa.
    is_half_left: bool = False
    place: dict[str, Any] = field(default_factory=dict)


@dataclass
class Show:
    screen: str
    starts: int
    seats: dict[int, Seat]
    on_sale_from: int | None = None
    is_cancelled: bool = False
    # An archived show keeps its seats here, so that the model knows their numbers and labels.
    is_archived: bool = False
    has_prices: bool = False  # Those of the model's only price list.
    # After a re-layout, until the test has read the seat map: all seats, and the labels of the numbers that the
    # model can predict.
    unnumbered_seats: list[Seat] = field(default_factory=list)
    predicted_labels: dict[int, str | None] = field(default_factory=dict)


@dataclass
class Booking:
    user: int | None  # None after the user was deleted.
    show: int
    number: int
    key: str | None
    sold_number: int  # The seat number in the request, which a re-layout does not change.
    seat: Seat  # Its label was sold. It stays that of the booking when the seat is removed.
    first_seat: Seat  # Before any move. A retry gets its label again.
    order: str | None
    price: Price
    live: bool = True
    admitted: bool = False


class BuyerModel:
    def __init__(self) -> None:
        self.now = 0
        self.active: dict[int, bool] = {}
        self.shows: dict[int, Show] = {}
        self.bookings: dict[int, Booking] = {}
        self.plans: dict[str, dict[str, str | None]] = {}  # See `import_plan`.
        self.max_seats = 0  # Of one user in one show; 0 for no limit.
        self.prices: list[tuple[str, str, int]] = []  # Category, kind and amount.

    # --- Queries ---------------------------------------------------------------------

    def status(self, seat: Seat) -> str:
        if seat.booking:
            return "taken"
        if seat.blocked:
            return "blocked"
        return "held" if seat.held_by and seat.held_until > self.now else "available"

    def statuses(self, show: int) -> list[str]:
        if self.shows[show].is_archived:
            return []
        return [self.status(seat) for _, seat in sorted(self.shows[show].seats.items())]

    def held_seats(self, user: int, show: int) -> dict[int, Seat]:
        seats = self.shows[show].seats if show in self.shows else {}
        return {n: s for n, s in sorted(seats.items()) if self.status(s) == "held" and s.held_by == user}

    def is_available_to(self, user: int | None, seat: Seat) -> bool:
        status = self.status(seat)
        return status == "available" or (status == "held" and seat.held_by == user)

    def is_whole(self, show: int, numbers: Collection[int]) -> bool:
        """Tells whether the seats contain both halves of each of their sofas."""
        return {self.pair(show, number) for number in numbers} <= {None, *numbers}

    def pair(self, show: int, number: int) -> int | None:
        """Returns the other half of the sofa, or None if the seat is no half of one."""
        return self.shows[show].seats[number].place.get("pair")

    def halves(self, pk: int) -> dict[int, Booking]:
        """Returns the booking by its id, and that of the other half if one call sold both halves of a sofa."""
        booking = self.bookings[pk]
        pair = self.pair(booking.show, booking.number) if booking.live else None
        other_pk = self.shows[booking.show].seats[pair].booking if pair else None
        other = self.bookings[other_pk] if other_pk else None
        if other and booking.order and (other.order, other.user) == (booking.order, booking.user):
            return {pk: booking, other_pk: other}
        return {pk: booking}

    def live_bookings(self, show: int) -> list[int]:
        return [pk for pk, booking in self.bookings.items() if booking.live and booking.show == show]

    def has_started(self, show: int) -> bool:
        return self.shows[show].starts <= self.now

    def seat_label(self, booking: Booking) -> str:
        return str(booking.seat.label)

    def price(self, show: int, number: int, kind: str | None = None) -> Price | None:
        """Returns the present price of a seat, or None if it has none of this kind."""
        if not self.shows[show].has_prices:
            return None if kind else (None, None)
        return self.prices_of_category(self.shows[show].seats[number].place["category"]).get(kind)

    def prices_of_category(self, category: str) -> dict[str | None, Price]:
        """Returns the prices by kind. That of None is the first kind's. The category itself comes before ""."""
        amounts = {(of, kind): amount for of, kind, amount in self.prices}
        prices: dict[str | None, Price] = {}
        for _, kind, _ in self.prices:
            amount = amounts.get((category, kind), amounts.get(("", kind)))
            if amount is not None:
                prices.setdefault(None, (kind, amount))
                prices[kind] = kind, amount
        return prices

    def has_other_price(self, booking: Booking, number: int) -> bool:
        price = self.price(booking.show, number, booking.price[0])
        return (price[1] if price else None) != booking.price[1]

    def price_error(self, show: int, numbers: Collection[int], kinds: Mapping[int, str]) -> Outcome | None:
        has_all = all(self.price(show, number, kinds.get(number)) for number in numbers)
        return None if has_all else (400, "no_such_price")

    def adjacent_seats(
        self, show: int, user: int, category: str | None, accessible: bool | None
    ) -> list[list[int]]:
        """Returns every group, of any size, of adjacent seats in one row that the user may hold.

        A group has only whole sofas.
        """
        rows: dict[str, list[tuple[float, int]]] = {}
        for number, seat in self.shows[show].seats.items():
            rows.setdefault(seat.place["row"], []).append((seat.place["x"], number))
        groups = []
        for row in map(sorted, rows.values()):
            for start in range(len(row)):
                for end in range(start + 1, len(row) + 1):
                    xs, numbers = zip(*row[start:end], strict=True)
                    seats = [self.shows[show].seats[number] for number in numbers]
                    adjacent = xs[-1] - xs[0] == len(xs) - 1
                    available = all(self.is_available_to(user, seat) for seat in seats)
                    available = available and self.is_whole(show, numbers)
                    in_category = all(category in (None, seat.place["category"]) for seat in seats)
                    has_accessible = any(seat.place["accessible"] for seat in seats)
                    if adjacent and available and in_category and accessible in (None, has_accessible):
                        groups.append(sorted(numbers))
        return groups

    def kept_for_others(self, show: int, group: Collection[int], accessible: bool | None) -> tuple[bool, int]:
        """Ranks a group by its accessible and companion seats. The best seats have the lowest rank."""
        places = [self.shows[show].seats[number].place for number in sorted(group)]
        kept = [place for place in places if place["accessible"] or place["companion"]]
        if not accessible:
            return any(place["accessible"] for place in kept), bool(kept)
        together = any(
            (one["accessible"] and other["companion"]) or (one["companion"] and other["accessible"])
            for one, other in pairwise(sorted(places, key=lambda place: place["x"]))
        )
        return not together, len(kept)

    # --- Operations ------------------------------------------------------------------

    def book(
        self, user: int, show: int, number: int, key: str | None = None, kind: str | None = None
    ) -> Outcome:
        first = self.booking_with_key(user, show, key)
        if self.active.get(user) and first:
            booking = self.bookings[first]
            is_same = booking.sold_number == number and kind in (None, booking.price[0])
            return (201, None) if is_same else (422, "idempotency_key_reused")
        return (
            self._user_error(user)
            or self._show_error(show, {number})
            or self._seat_error(user, show, {number})
            or self._half_error(show, {number})
            or self.price_error(show, {number}, {number: kind} if kind else {})
            or self.limit_error(user, show, {number, *self.held_seats(user, show)})
            or (201, None)
        )

    def booking_with_key(self, user: int, show: int, key: str | None) -> int | None:
        """Returns the id of the booking that was made with this idempotency key."""
        same = (pk for pk, b in self.bookings.items() if key and (b.user, b.show, b.key) == (user, show, key))
        return next(same, None)

    def record_booking(
        self,
        pk: int,
        user: int | None,
        show: int,
        number: int,
        key: str | None = None,
        order: str | None = None,
        price: Price = (None, None),
    ) -> None:
        assert pk not in self.bookings
        seat = self.shows[show].seats[number]
        self.bookings[pk] = Booking(user, show, number, key, number, seat, seat, order, price)
        seat.booking, seat.blocked, seat.held_by = pk, False, None

    def cancel(self, pk: int, user: int | None) -> Outcome:
        """Cancels a booking. A `user` of None means staff, who may cancel any booking."""
        booking = self.bookings.get(pk)
        if user is not None and (error := self._user_error(user)):
            return error
        if booking is None or user not in (None, booking.user):
            return 404, "not_found"
        if not booking.live:
            return 409, "already_cancelled"
        halves = self.halves(pk)
        if user is not None and any(half.admitted for half in halves.values()):
            return 409, "already_admitted"
        if self.has_started(booking.show):
            return 409, "show_started"
        for half in halves.values():
            half.live = False
            self.shows[half.show].seats[half.number].booking = None
        return 200, None

    def move(self, pk: int, caller: int, number: int, is_staff: bool = False) -> Outcome:
        """Moves a booking to another seat. Staff may move any booking, also before the sale begins."""
        booking = self.bookings.get(pk)
        if not is_staff and (error := self._user_error(caller)):
            return error
        if booking is None or (booking.user != caller and not is_staff):
            return 404, "not_found"
        if not booking.live:
            return 409, "already_cancelled"
        halves = self.halves(pk)
        if any(half.admitted for half in halves.values()) and not is_staff:
            return 409, "already_admitted"
        if booking.number == number:
            return 200, None
        seats = self.shows[booking.show].seats
        if error := self._show_error(booking.show, {number}, is_staff):
            return error
        wanted = self.seats_of_move(pk, number)
        if len(wanted) < len(halves) or any(number == half.number for half in halves.values()):
            return 409, "sold_together"
        if (sold := seats[number].booking) and self.bookings[sold].user == caller:
            return 409, "already_yours"
        error = self._seat_error(caller, booking.show, wanted, is_hold=True)
        if error := error or self._half_error(booking.show, wanted):
            return error
        moves = list(zip(halves.values(), wanted, strict=True))
        if not is_staff and any(self.has_other_price(half, new) for half, new in moves):
            return 409, "other_price"
        for half in halves.values():
            half.seat.booking = None
        for (half_pk, half), new in zip(halves.items(), wanted, strict=True):
            half.number, half.seat = new, seats[new]
            half.seat.booking, half.seat.held_by = half_pk, None
        return 200, None

    def seats_of_move(self, pk: int, number: int) -> list[int]:
        """Returns the seats that the booking moves to: two if it is half of a sofa that was sold whole."""
        pair = self.pair(self.bookings[pk].show, number)
        return [number, pair] if pair and len(self.halves(pk)) == 2 else [number]

    def hold(self, user: int, show: int, numbers: set[int]) -> Outcome:
        error = (
            self._user_error(user)
            or self._show_error(show, numbers)
            or self._seat_error(user, show, numbers, is_hold=True)
            or self._half_error(show, numbers)
            or self.limit_error(user, show, numbers)
        )
        if error:
            return error
        previous = self.held_seats(user, show).values()
        since = min((seat.held_since for seat in previous), default=self.now)
        for seat in previous:
            seat.held_by = None
        for number in numbers:
            seat = self.shows[show].seats[number]
            seat.held_by, seat.held_since = user, since
            seat.held_until = min(self.now + HOLD_SECONDS, since + HOLD_MAX_SECONDS)
        return 200, None

    def hold_error(self, user: int, show: int) -> Outcome | None:
        """Returns the error of a hold that does not depend on its seats."""
        return self._user_error(user) or self._show_error(show, set())

    def limit_error(self, user: int, show: int, numbers: set[int]) -> Outcome | None:
        """Returns the error of having these seats and the booked ones, if they are too many."""
        booked = [pk for pk in self.live_bookings(show) if self.bookings[pk].user == user]
        is_over = self.max_seats and len(booked) + len(numbers) > self.max_seats
        return (409, "too_many_seats") if is_over else None

    def release_hold(self, user: int, show: int) -> Outcome:
        if error := self._user_error(user):
            return error
        for seat in self.held_seats(user, show).values():
            seat.held_by = None
        return 204, None

    def no_hold(self, show: int) -> Outcome:
        return 404, "no_hold" if show in self.shows else "not_found"

    def book_hold(self, user: int, show: int, kinds: Mapping[int, str]) -> Outcome:
        held = self.held_seats(user, show)
        is_cancelled = show in self.shows and self.shows[show].is_cancelled
        no_hold = None if held or is_cancelled else self.no_hold(show)
        return (
            self._user_error(user)
            or no_hold
            or self._show_error(show, set())
            or (None if kinds.keys() <= held.keys() else (400, "invalid"))
            or self.price_error(show, held, kinds)
            or (201, None)
        )

    def _user_error(self, user: int) -> Outcome | None:
        return None if self.active.get(user) else (401, "token_not_valid")

    def _show_error(self, show: int, numbers: set[int], is_staff: bool = False) -> Outcome | None:
        if show not in self.shows:
            return 404, "not_found"
        if not numbers <= set(self.shows[show].seats):
            return 400, "seat_not_found"
        if self.shows[show].is_cancelled:
            return 409, "show_cancelled"
        if self.has_started(show):
            return 409, "show_started"
        is_early = not is_staff and (self.shows[show].on_sale_from or 0) > self.now
        return (409, "not_on_sale") if is_early else None

    def _half_error(self, show: int, numbers: Collection[int]) -> Outcome | None:
        return None if self.is_whole(show, numbers) else (409, "sold_together")

    def _seat_error(
        self, user: int | None, show: int, numbers: Collection[int], is_hold: bool = False
    ) -> Outcome | None:
        seats = [self.shows[show].seats[number] for number in numbers]
        unavailable = {self.status(seat) for seat in seats if not self.is_available_to(user, seat)}
        if "taken" in unavailable:
            own_booking = not is_hold and self.bookings[seats[0].booking or 0].user == user
            return 409, "already_yours" if own_booking else "seat_taken"
        return (409, "seat_held" if "held" in unavailable else "seat_blocked") if unavailable else None
