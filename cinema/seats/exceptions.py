"""Problems of booking, holding and canceling. `cinema/api/problem_types.py` has their texts."""

from datetime import datetime

from cinema.api.problems import Problem


class SeatNotFound(Problem):
    code = "seat_not_found"

    def __init__(self, total_seats: int) -> None:
        super().__init__(str(self.default_detail).format(total_seats=total_seats))


class BookingNotFound(Problem):
    code = "not_found"

    def __init__(self) -> None:
        super().__init__("You have no such booking.")


class SeatUnavailable(Problem):
    """A seat is not available. The problem adds what a client needs to choose another one.

    `version` is the seat map's. `alternatives` are the numbers of up to 5 available seats nearest to it. If the
    request named several seats, `seats` are the numbers of the unavailable ones.
    """


class SeatTaken(SeatUnavailable):
    code = "seat_taken"


class SeatHeld(SeatUnavailable):
    """`retry_after` is the number of seconds until the hold expires, if its owner does not renew it."""

    code = "seat_held"


class SeatBlocked(SeatUnavailable):
    code = "seat_blocked"


class NoAdjacentSeats(Problem):
    """`largest` is the size of the largest block of adjacent available seats."""

    code = "no_adjacent_seats"

    def __init__(self, largest: int) -> None:
        super().__init__(largest=largest)


class LeavesSingleSeat(Problem):
    """`seats` are the numbers of the orphan seats that the choice would leave."""

    code = "leaves_single_seat"

    def __init__(self, seats: list[int]) -> None:
        super().__init__(seats=seats)


class SoldTogether(Problem):
    """Half of a sofa was named without its other half. `seats` are the numbers of both."""

    code = "sold_together"

    def __init__(self, seats: list[int]) -> None:
        super().__init__(seats=seats)


class NoHold(Problem):
    code = "no_hold"


class AlreadyYours(Problem):
    code = "already_yours"

    def __init__(self, booking_id: int) -> None:
        super().__init__(booking=booking_id)


class ShowStarted(Problem):
    code = "show_started"


class NoSuchPrice(Problem):
    """`kinds` are the kinds that the seat has a price for."""

    code = "no_such_price"

    def __init__(self, kinds: list[str]) -> None:
        super().__init__(kinds=kinds)


class NotOnSale(Problem):
    """`on_sale_from` is when the sale begins (UTC), `retry_after` the number of seconds until then."""

    code = "not_on_sale"

    def __init__(self, on_sale_from: datetime, retry_after: int) -> None:
        super().__init__(on_sale_from=on_sale_from, retry_after=retry_after)


class TooManySeats(Problem):
    """`most` is how many seats of one show a user may hold and book."""

    code = "too_many_seats"

    def __init__(self, most: int) -> None:
        super().__init__(str(self.default_detail).format(most=most), most=most)


class OtherPrice(Problem):
    """An owner may move a booking only to a seat with the price of the booking."""

    code = "other_price"


class AlreadyCancelled(Problem):
    code = "already_cancelled"


class IdempotencyKeyReused(Problem):
    code = "idempotency_key_reused"


class InvalidTicket(Problem):
    code = "invalid_ticket"


class WrongShow(Problem):
    """`show` is the id of the ticket's show."""

    code = "wrong_show"

    def __init__(self, show_id: int) -> None:
        super().__init__(show=show_id)


class AlreadyAdmitted(Problem):
    """`admitted_at` is when the ticket was scanned (UTC)."""

    code = "already_admitted"

    def __init__(self, admitted_at: datetime, detail: str | None = None) -> None:
        super().__init__(detail, admitted_at=admitted_at)
