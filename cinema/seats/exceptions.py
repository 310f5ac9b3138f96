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


class SeatTaken(APIException):
    status_code = 409
    default_code = "seat_taken"
    default_detail = "This seat is taken."


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
