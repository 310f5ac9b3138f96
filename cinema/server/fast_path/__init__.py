"""Answers the usual form of the busiest calls on the event loop, without Django's views and middleware.

Bookings, holds, seat maps, lists and shows spend most of their time in Django, DRF and switches between
threads. This package answers them as the views do, byte for byte:

1. `plain_request` accepts a request only if every header, the path and the body have the usual form.
2. `reads` calls the view's `represent`, and `sales` the statement of the sale or hold. Each has one thread with
   one database connection, which works on all waiting requests at once (`cinema/server/lane.py`).
3. `learned_headers` repeats the headers of an answer that a view has sent to a request of the same kind.

Everything else goes to the view: other forms, a refusal, a failure, the first request of a kind. So only the
views refuse. FAST_PATH=off turns the package off.
"""

from typing import Any

from django.conf import settings

from cinema.server.fast_path import reads, sales
from cinema.server.fast_path.learned_headers import Headers, learn
from cinema.server.fast_path.plain_request import PlainRequest, parse

__all__ = ["Headers", "PlainRequest", "answer", "learn", "plain_request"]

# The spans of OpenTelemetry need Django's middleware.
IS_ON = settings.FAST_PATH and not settings.OTEL_EXPORTER_OTLP_ENDPOINT


def plain_request(scope: dict[str, Any], body: bytes) -> PlainRequest | None:
    """The request, if its form is the usual one."""
    return parse(scope, body) if IS_ON else None


async def answer(request: PlainRequest) -> tuple[int, Headers, bytes] | None:
    """Status, headers and body of the answer, or None if the view must answer."""
    return await (sales.answer(request, request.sale) if request.sale else reads.answer(request))
