"""The expected behavior for buyers, in plain dictionaries. It was written from the documentation, not the code.

Time is a number of seconds. Each operation returns the status and error code that the API should return. In
case of success, the operation has also changed the model. Only bookings wait for `record_booking`, which the
test calls once it knows the booking's id.
"""

from dataclasses import dataclass, field
from typing import Any

# A single renewal can already reach the maximum, because that is only 200 seconds longer.
HOLD_SECONDS, HOLD_MAX_SECONDS = 600, 800
# Status and error code; the code is None for a success.
Outcome = tuple[int, str | None]


@dataclass
class Seat:
    label: str | None = None  # None for a new seat, until the test has read label and place from the seat map.
    booking: int | None = None
    blocked: bool = False
    held_by: int | None = None
    held_since: int = 0
    held_until: int = 0
    place: dict[str, Any] = field(default_factory=dict)


@dataclass
class Show:
    screen: str
    starts: int
    seats: dict[int, Seat]
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
    live: bool = True


class BuyerModel:
    def __init__(self) -> None:
        self.now = 0
        self.active: dict[int, bool] = {}
        self.shows: dict[int, Show] = {}
        self.bookings: dict[int, Booking] = {}
        self.plans: dict[str, list[str]] = {}

    # --- Queries ---------------------------------------------------------------------

    def status(self, seat: Seat) -> str:
        if seat.booking:
            return "taken"
        if seat.blocked:
            return "blocked"
        return "held" if seat.held_by and seat.held_until > self.now else "available"

    def statuses(self, show: int) -> list[str]:
        return [self.status(seat) for _, seat in sorted(self.shows[show].seats.items())]

    def held_seats(self, user: int, show: int) -> dict[int, Seat]:
        seats = self.shows[show].seats if show in self.shows else {}
        return {n: s for n, s in sorted(seats.items()) if self.status(s) == "held" and s.held_by == user}

    def is_available_to(self, user: int | None, seat: Seat) -> bool:
        status = self.status(seat)
        return status == "available" or (status == "held" and seat.held_by == user)

    def live_bookings(self, show: int) -> list[int]:
        return [pk for pk, booking in self.bookings.items() if booking.live and booking.show == show]

    def has_started(self, show: int) -> bool:
        return self.shows[show].starts <= self.now

    def seat_label(self, booking: Booking) -> str:
        return str(booking.seat.label)

    def adjacent_seats(
        self, show: int, user: int, category: str | None, accessible: bool | None
    ) -> list[list[int]]:
        """Returns every group, of any size, of adjacent seats in one row that the user may hold."""
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
                    in_category = all(category in (None, seat.place["category"]) for seat in seats)
                    has_accessible = any(seat.place["accessible"] for seat in seats)
                    if adjacent and available and in_category and accessible in (None, has_accessible):
                        groups.append(sorted(numbers))
        return groups

    # --- Operations ------------------------------------------------------------------

    def book(self, user: int, show: int, number: int, key: str | None) -> Outcome:
        first = self.booking_with_key(user, show, key)
        if self.active.get(user) and first:
            return (
                (201, None) if self.bookings[first].sold_number == number else (422, "idempotency_key_reused")
            )
        return (
            self._user_error(user)
            or self._show_error(show, {number})
            or self._seat_error(user, show, {number})
            or (201, None)
        )

    def booking_with_key(self, user: int, show: int, key: str | None) -> int | None:
        """Returns the id of the booking that was made with this idempotency key."""
        same = (pk for pk, b in self.bookings.items() if key and (b.user, b.show, b.key) == (user, show, key))
        return next(same, None)

    def record_booking(self, pk: int, user: int, show: int, number: int, key: str | None = None) -> None:
        assert pk not in self.bookings
        seat = self.shows[show].seats[number]
        self.bookings[pk] = Booking(user, show, number, key, number, seat)
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
        if self.has_started(booking.show):
            return 409, "show_started"
        booking.live = False
        self.shows[booking.show].seats[booking.number].booking = None
        return 200, None

    def hold(self, user: int, show: int, numbers: set[int]) -> Outcome:
        error = (
            self._user_error(user)
            or self._show_error(show, numbers)
            or self._seat_error(user, show, numbers, is_hold=True)
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

    def release_hold(self, user: int, show: int) -> Outcome:
        if error := self._user_error(user):
            return error
        for seat in self.held_seats(user, show).values():
            seat.held_by = None
        return 204, None

    def no_hold(self, show: int) -> Outcome:
        return 404, "no_hold" if show in self.shows else "not_found"

    def book_hold(self, user: int, show: int) -> Outcome:
        no_hold = None if self.held_seats(user, show) else self.no_hold(show)
        return self._user_error(user) or no_hold or self._show_error(show, set()) or (201, None)

    def _user_error(self, user: int) -> Outcome | None:
        return None if self.active.get(user) else (401, "token_not_valid")

    def _show_error(self, show: int, numbers: set[int]) -> Outcome | None:
        if show not in self.shows:
            return 404, "not_found"
        if not numbers <= set(self.shows[show].seats):
            return 400, "seat_not_found"
        return (409, "show_started") if self.has_started(show) else None

    def _seat_error(self, user: int, show: int, numbers: set[int], is_hold: bool = False) -> Outcome | None:
        seats = [self.shows[show].seats[number] for number in numbers]
        unavailable = {self.status(seat) for seat in seats if not self.is_available_to(user, seat)}
        if "taken" in unavailable:
            own_booking = not is_hold and self.bookings[seats[0].booking or 0].user == user
            return 409, "already_yours" if own_booking else "seat_taken"
        return (409, "seat_held" if "held" in unavailable else "seat_blocked") if unavailable else None
