"""Why a seat was not sold, or a booking not cancelled."""

from typing import Any

from rest_framework.exceptions import APIException


class SeatNotFound(APIException):
    status_code = 400
    default_code = "seat_not_found"
    default_detail = "This show has no such seat: its seats are 1 to 120."

    def __init__(self, total_seats: int) -> None:
        super().__init__(f"This show has no such seat: its seats are 1 to {total_seats}.")


class ShowNotFound(APIException):
    status_code = 404
    default_code = "not_found"
    default_detail = "There is no such show."


class BookingNotFound(APIException):
    status_code = 404
    default_code = "not_found"
    default_detail = "You have no such booking."


class SeatUnavailable(APIException):
    """A seat that can't be had, with what helps to choose another.

    `version` is the map's; `alternatives` are the numbers of up to 5 free seats nearest to it;
    `seats`, where several were wanted, are the numbers of those that could not be had.
    """

    status_code = 409
    example: dict[str, Any] = {"version": 412, "alternatives": [11, 13, 24]}

    def __init__(self, **extra: Any) -> None:
        super().__init__()
        self.extra = extra
        # DRF sends it as the header `Retry-After` too.
        self.wait = extra.get("retry_after")


class SeatTaken(SeatUnavailable):
    default_code = "seat_taken"
    default_detail = "This seat is taken."


class SeatHeld(SeatUnavailable):
    """`retry_after` is the seconds until the hold lapses at the latest."""

    default_code = "seat_held"
    default_detail = "Somebody holds this seat."
    example = {**SeatUnavailable.example, "retry_after": 540}


class SeatBlocked(SeatUnavailable):
    default_code = "seat_blocked"
    default_detail = "This seat is not for sale."


class NoAdjacentSeats(APIException):
    status_code = 409
    default_code = "no_adjacent_seats"
    default_detail = "There are not so many free seats side by side."
    example = {"largest": 2}

    def __init__(self, largest: int) -> None:
        super().__init__()
        self.extra: dict[str, Any] = {"largest": largest}


class LeavesSingleSeat(APIException):
    status_code = 409
    default_code = "leaves_single_seat"
    default_detail = "This choice leaves a single free seat between taken ones. Choose others."
    example = {"seats": [7]}

    def __init__(self, seats: list[int]) -> None:
        super().__init__()
        self.extra: dict[str, Any] = {"seats": seats}


class NoHold(APIException):
    status_code = 404
    default_code = "no_hold"
    default_detail = "You hold no seats of this show."


class AlreadyYours(APIException):
    status_code = 409
    default_code = "already_yours"
    default_detail = "You have booked this seat already."
    example = {"booking": 31}

    def __init__(self, booking_id: int) -> None:
        super().__init__()
        self.extra: dict[str, Any] = {"booking": booking_id}


class ShowStarted(APIException):
    status_code = 409
    default_code = "show_started"
    default_detail = "This show has begun."


class AlreadyCancelled(APIException):
    status_code = 409
    default_code = "already_cancelled"
    default_detail = "This booking is cancelled already."


class IdempotencyKeyReused(APIException):
    status_code = 422
    default_code = "idempotency_key_reused"
    default_detail = "You have used this Idempotency-Key for another seat of this show."
