"""Problems of booking, holding and canceling. `cinema/api/problem_types.py` has their texts."""

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


class NoHold(Problem):
    code = "no_hold"


class AlreadyYours(Problem):
    code = "already_yours"

    def __init__(self, booking_id: int) -> None:
        super().__init__(booking=booking_id)


class ShowStarted(Problem):
    code = "show_started"


class AlreadyCancelled(Problem):
    code = "already_cancelled"


class IdempotencyKeyReused(Problem):
    code = "idempotency_key_reused"
