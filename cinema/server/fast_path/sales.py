"""Bookings of one seat."""

from types import SimpleNamespace
from typing import Any

from django.conf import settings
from django.db import DEFAULT_DB_ALIAS

from cinema.seats.api.bookings import FAILED_SALE
from cinema.seats.api.throttling import COUNTED, BookingThrottle
from cinema.seats.booking.statements import Sale
from cinema.server import sales_queue
from cinema.server.fast_path import records
from cinema.server.fast_path.learned_headers import Headers, fill_in, find
from cinema.server.fast_path.plain_request import PlainRequest

# Limits and the orphan rule need locks. Redis would block the event loop. A pooler drops the lock timeout.
IS_ON = not (
    settings.ORPHAN_RULE
    or settings.BOOKING_MAX_SEATS
    or settings.REDIS_URL
    or settings.DATABASES[DEFAULT_DB_ALIAS].get("DISABLE_SERVER_SIDE_CURSORS")
)


async def answer(request: PlainRequest) -> tuple[int, Headers, bytes] | None:
    # A sale can't be taken back, so the headers of its answer must be known before.
    headers = find(request, 201) if IS_ON else None
    if headers is None or request.user is None or not _count_attempt(request, request.user[0]):
        return None
    sold = await sales_queue.sell(Sale(request.view.kwargs["show_id"], request.seat_number, *request.user))
    if not isinstance(sold, bytes):
        request.notes[FAILED_SALE] = sold
        return None
    records.record(request, 201)
    return 201, fill_in(headers, request, size=len(sold)), sold


def _count_attempt(request: PlainRequest, user_id: int) -> bool:
    """Returns False, and counts nothing, if the throttle refuses the attempt."""
    user = SimpleNamespace(pk=user_id, is_authenticated=True)
    attempt: Any = SimpleNamespace(user=user, META={})
    view: Any = None
    request.notes[COUNTED] = BookingThrottle().allow_request(attempt, view)
    return request.notes[COUNTED]
