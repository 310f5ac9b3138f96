"""What the cinema should do for buyers, in plain dictionaries: made after README.md, without the code in mind.

Time is a number of seconds. Whatever is asked for answers the status and the `code` that the API should
answer; where that is a success, the model has changed as the cinema should have (a sale, once its id is
known: `sold`).
"""

from dataclasses import dataclass, field
from typing import Any

# The longest is short, so that one renewal may come up to it.
HOLD, HOLD_AT_MOST = 600, 800
Answer = tuple[int, str | None]


@dataclass
class Seat:
    label: str | None = None  # None: it is new, and its label and place are read from the map.
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
    # After it was re-laid: its seats, and which numbers some must have; the others are read from the map.
    relaid: list[Seat] = field(default_factory=list)
    pinned: dict[int, str | None] = field(default_factory=dict)


@dataclass
class Booking:
    user: int
    show: int
    number: int
    key: str | None
    live: bool = True


class Buying:
    def __init__(self) -> None:
        self.now = 0
        self.active: dict[int, bool] = {}
        self.shows: dict[int, Show] = {}
        self.bookings: dict[int, Booking] = {}
        self.plans: dict[str, list[str]] = {}

    # --- what is there ---------------------------------------------------------------

    def status(self, seat: Seat) -> str:
        if seat.booking:
            return "taken"
        if seat.blocked:
            return "blocked"
        return "held" if seat.held_by and seat.held_until > self.now else "available"

    def statuses(self, show: int) -> list[str]:
        return [self.status(seat) for _, seat in sorted(self.shows[show].seats.items())]

    def held(self, user: int, show: int) -> dict[int, Seat]:
        seats = self.shows[show].seats if show in self.shows else {}
        return {n: s for n, s in sorted(seats.items()) if self.status(s) == "held" and s.held_by == user}

    def available_to(self, user: int | None, seat: Seat) -> bool:
        status = self.status(seat)
        return status == "available" or (status == "held" and seat.held_by == user)

    def live(self, show: int) -> list[int]:
        return [pk for pk, booking in self.bookings.items() if booking.live and booking.show == show]

    def begun(self, show: int) -> bool:
        return self.shows[show].starts <= self.now

    def seat_label(self, booking: Booking) -> str:
        seat = self.shows[booking.show].seats.get(booking.number)
        return str(seat.label if seat else booking.number)

    def blocks(self, show: int, user: int, category: str | None, accessible: bool | None) -> list[list[int]]:
        """All stretches of seats side by side in one row, of any size, that would do."""
        rows: dict[str, list[tuple[float, int]]] = {}
        for number, seat in self.shows[show].seats.items():
            rows.setdefault(seat.place["row"], []).append((seat.place["x"], number))
        found = []
        for row in map(sorted, rows.values()):
            for start in range(len(row)):
                for end in range(start + 1, len(row) + 1):
                    xs, numbers = zip(*row[start:end], strict=True)
                    seats = [self.shows[show].seats[number] for number in numbers]
                    side_by_side = xs[-1] - xs[0] == len(xs) - 1
                    free = all(self.available_to(user, seat) for seat in seats)
                    fits = all(category in (None, seat.place["category"]) for seat in seats)
                    has_accessible = any(seat.place["accessible"] for seat in seats)
                    if side_by_side and free and fits and accessible in (None, has_accessible):
                        found.append(sorted(numbers))
        return found

    # --- what buyers do --------------------------------------------------------------

    def book(self, user: int, show: int, number: int, key: str | None) -> Answer:
        first = self.used(user, show, key)
        if self.active.get(user) and first:
            return (201, None) if self.bookings[first].number == number else (422, "idempotency_key_reused")
        return (
            self._no_buyer(user)
            or self._no_show(show, {number})
            or self._lost(user, show, {number})
            or (201, None)
        )

    def used(self, user: int, show: int, key: str | None) -> int | None:
        """The booking that was made with this key."""
        same = (pk for pk, b in self.bookings.items() if key and (b.user, b.show, b.key) == (user, show, key))
        return next(same, None)

    def sold(self, pk: int, user: int, show: int, number: int, key: str | None = None) -> None:
        assert pk not in self.bookings
        self.bookings[pk] = Booking(user, show, number, key)
        seat = self.shows[show].seats[number]
        seat.booking, seat.blocked, seat.held_by = pk, False, None

    def cancel(self, pk: int, user: int | None) -> Answer:
        """`user` None is staff, who may cancel anybody's."""
        booking = self.bookings.get(pk)
        if user is not None and (no := self._no_buyer(user)):
            return no
        if booking is None or user not in (None, booking.user):
            return 404, "not_found"
        if not booking.live:
            return 409, "already_cancelled"
        if self.begun(booking.show):
            return 409, "show_started"
        booking.live = False
        self.shows[booking.show].seats[booking.number].booking = None
        return 200, None

    def hold(self, user: int, show: int, numbers: set[int]) -> Answer:
        no = (
            self._no_buyer(user)
            or self._no_show(show, numbers)
            or self._lost(user, show, numbers, several=True)
        )
        if no:
            return no
        mine = self.held(user, show).values()
        since = min((seat.held_since for seat in mine), default=self.now)
        for seat in mine:
            seat.held_by = None
        for number in numbers:
            seat = self.shows[show].seats[number]
            seat.held_by, seat.held_since = user, since
            seat.held_until = min(self.now + HOLD, since + HOLD_AT_MOST)
        return 200, None

    def refuses_hold(self, user: int, show: int) -> Answer | None:
        """Whatever the seats are."""
        return self._no_buyer(user) or self._no_show(show, set())

    def release(self, user: int, show: int) -> Answer:
        if no := self._no_buyer(user):
            return no
        for seat in self.held(user, show).values():
            seat.held_by = None
        return 204, None

    def book_hold(self, user: int, show: int) -> Answer:
        no_hold = None if self.held(user, show) else (404, "no_hold")
        return self._no_buyer(user) or no_hold or self._no_show(show, set()) or (201, None)

    def _no_buyer(self, user: int) -> Answer | None:
        return None if self.active.get(user) else (401, "token_not_valid")

    def _no_show(self, show: int, numbers: set[int]) -> Answer | None:
        if show not in self.shows:
            return 404, "not_found"
        if not numbers <= set(self.shows[show].seats):
            return 400, "seat_not_found"
        return (409, "show_started") if self.begun(show) else None

    def _lost(self, user: int, show: int, numbers: set[int], several: bool = False) -> Answer | None:
        seats = [self.shows[show].seats[number] for number in numbers]
        lost = {self.status(seat) for seat in seats if not self.available_to(user, seat)}
        if "taken" in lost:
            mine = not several and self.bookings[seats[0].booking or 0].user == user
            return 409, "already_yours" if mine else "seat_taken"
        return (409, "seat_held" if "held" in lost else "seat_blocked") if lost else None
