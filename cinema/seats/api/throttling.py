"""The throttle for attempts to book or hold seats."""

from types import SimpleNamespace
from typing import Any

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


def count_attempt(user_id: int) -> bool:
    """Counts an attempt without a request. Returns False, and counts nothing, if the throttle refuses it."""
    attempt: Any = SimpleNamespace(user=SimpleNamespace(pk=user_id, is_authenticated=True), META={})
    view: Any = None
    return BookingThrottle().allow_request(attempt, view)
