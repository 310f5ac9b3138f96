"""The throttle for attempts to book or hold seats."""

from rest_framework.request import Request
from rest_framework.throttling import UserRateThrottle
from rest_framework.views import APIView

from cinema.api.cache_errors import CACHE_ERRORS

# Set in `request.META` if the server's fast path has counted this attempt already.
COUNTED = "cinema.attempt_is_counted"


class BookingThrottle(UserRateThrottle):
    """Limits the attempts of each user. Allows all of them if Redis, which counts them, does not answer."""

    scope = "booking"

    def allow_request(self, request: Request, view: APIView) -> bool:
        if request.META.get(COUNTED):
            return True
        try:
            return super().allow_request(request, view)
        except CACHE_ERRORS:
            return True
