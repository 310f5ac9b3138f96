"""The orphan rule: a choice of seats must not leave a single available seat between unavailable ones.

The rule compares a choice with other choices of the same kind (see `adjacency.has_choice_without_orphans`). It
checks a choice once. Seats that the user holds can be held again and booked, even if the seats beside them have
changed since.
"""

from collections.abc import Collection, Sequence

from cinema.seats.exceptions import LeavesSingleSeat
from cinema.seats.halls.adjacency import SeatView, has_choice_without_orphans, orphan_seats
from cinema.seats.sql.dialect import SEATS_OF_SHOW
from cinema.seats.sql.fetch import fetch_all
from cinema.seats.status import STATUS_LETTER, is_available_to

SEAT_VIEWS = f"""
SELECT number, line, x, y, category, accessible, {STATUS_LETTER}, held_by, companion, pair
FROM seats_seat WHERE {SEATS_OF_SHOW} ORDER BY number"""  # noqa: S608


def seats_for_user(show_id: int, user_id: int | None = None) -> list[SeatView]:
    """The show's seats by number, with what is available to this user, or to anybody."""
    seats = [
        SeatView._make([*place, is_available_to(user_id, letter, held_by), companion, pair])
        for *place, letter, held_by, companion, pair in fetch_all(SEAT_VIEWS, {"show": show_id})
    ]
    available = {seat.number for seat in seats if seat.available}
    # Half a sofa is not available if its other half is not.
    return [
        seat if seat.pair is None or seat.pair in available else seat._replace(available=False)
        for seat in seats
    ]


def check_choice(show_id: int, seat_numbers: Collection[int]) -> None:
    """Raises `LeavesSingleSeat` for seats that were just sold, as if they were the buyer's choice now.

    Other seats that the buyer holds count as taken.
    """
    seats = [
        seat._replace(available=seat.available or seat.number in seat_numbers)
        for seat in seats_for_user(show_id)
    ]
    check_orphan_rule(seats, seat_numbers)


def check_orphan_rule(seats: Sequence[SeatView], chosen: Collection[int]) -> None:
    """Raises `LeavesSingleSeat`, unless every other choice of such seats leaves an orphan seat too."""
    orphans = orphan_seats(seats, chosen)
    if orphans and has_choice_without_orphans(seats, chosen):
        raise LeavesSingleSeat(orphans)
