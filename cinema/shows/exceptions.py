"""Why a movie or a show can't be changed or deleted; raised by whoever depends on it."""

from rest_framework.exceptions import APIException


class HasBookings(APIException):
    status_code = 409
    default_code = "has_bookings"
    default_detail = "There are live bookings. Cancel them first."


class SeatsInUse(APIException):
    status_code = 409
    default_code = "seats_in_use"
    default_detail = "Seats beyond the new total are taken or held. Cancel their bookings first."
