"""Bookings of one seat, holds of seats, and bookings of held seats."""

from cinema.seats.api.throttling import COUNTED, count_attempt
from cinema.seats.api.tried_sales import FAILED_SALE
from cinema.seats.booking.statements import HOLD_CALL, Sale
from cinema.server import sales_queue
from cinema.server.fast_path import records
from cinema.server.fast_path.learned_headers import Headers, fill_in, find
from cinema.server.fast_path.plain_request import PlainRequest


async def answer(request: PlainRequest, sale: Sale) -> tuple[int, Headers, bytes] | None:
    status = 200 if sale.call == HOLD_CALL else 201
    # A sale can't be taken back, so the headers of its answer must be known before.
    headers = find(request, status) if sales_queue.IS_ON else None
    if headers is None or not request.notes.setdefault(COUNTED, count_attempt(sale.user_id)):
        return None
    sold = await sales_queue.sell(sale)
    if not isinstance(sold, bytes):
        request.notes[FAILED_SALE] = sold
        return None
    records.record(request, status)
    return status, fill_in(headers, request, size=len(sold)), sold
