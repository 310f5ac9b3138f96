"""Every problem type of the API: its `code`, HTTP status and text.

A problem is an error answer (RFC 9457). Exceptions, error handlers and the OpenAPI schema all read this table,
so a code has one status and one text. To add a problem, add a row here and a `Problem` class with its code.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple


class ProblemType(NamedTuple):
    """`text` is the default `detail`; the caller fills in its `{names}`.

    `extra` are the members that the problem adds to the body, and `values` are the `{names}`; both hold example
    values for the schema. `retry_after_seconds` is sent as the header `Retry-After`.
    """

    status: int
    text: str
    extra: Mapping[str, Any] = {}
    values: Mapping[str, Any] = {}
    retry_after_seconds: int | None = None

    @property
    def example_text(self) -> str:
        return self.text.format(**self.values)


_UNAVAILABLE_SEAT = {"version": 412, "alternatives": [11, 13, 24]}

PROBLEM_TYPES = {
    # --- The request itself ---------------------------------------------------------
    "bad_request": ProblemType(400, "The request is malformed. Check its address, headers and body."),
    "parse_error": ProblemType(400, "The body could not be parsed. Check its syntax and its Content-Type."),
    "invalid": ProblemType(
        400,
        "{field}: {message}",
        extra={"errors": {"seat_number": ["This field is required."]}},
        values={"field": "seat_number", "message": "This field is required."},
    ),
    "not_found": ProblemType(404, "There is nothing at this address. Check how it is spelled."),
    "method_not_allowed": ProblemType(
        405,
        'Method "{method}" not allowed. Use one that the header Allow lists.',
        values={"method": "PUT"},
    ),
    "request_timeout": ProblemType(
        408, "The body did not arrive within {seconds} seconds. Send it again.", values={"seconds": 30}
    ),
    "length_required": ProblemType(411, "Send the body with a Content-Length header."),
    "body_too_large": ProblemType(
        413, "A body may have at most {limit} bytes. Send a smaller one.", values={"limit": 2621440}
    ),
    "unsupported_media_type": ProblemType(
        415,
        'Unsupported media type "{media_type}" in request. Send JSON or a form.',
        values={"media_type": "text/csv"},
    ),
    "throttled": ProblemType(
        429, "Request was throttled. Expected available in {wait} seconds.", values={"wait": 12}
    ),
    # --- Accounts and permissions ---------------------------------------------------
    "not_authenticated": ProblemType(401, "Send an access token: `Authorization: Bearer <token>`."),
    "token_not_valid": ProblemType(401, "The token is invalid or has expired. Log in again."),
    "no_active_account": ProblemType(401, "No active account has this username and password. Check both."),
    "is_superuser": ProblemType(
        409,
        "A superuser's account can't be deleted here, because it may be the last one. Another superuser can "
        "delete it in the admin.",
    ),
    "permission_denied": ProblemType(
        403, "You do not have permission to perform this action. Ask an administrator for it."
    ),
    "csrf_failed": ProblemType(
        403,
        "CSRF verification failed. {reason} Reload the page and try again.",
        values={"reason": "CSRF cookie not set."},
    ),
    # --- Movies and shows -----------------------------------------------------------
    "has_bookings": ProblemType(409, "There are live bookings. Cancel them first."),
    "screen_busy": ProblemType(
        409,
        "The screen is in use: another show overlaps. Choose another time or screen.",
        extra={"clashes": [7]},
    ),
    "show_archived": ProblemType(
        409, "This show ended long ago and is archived, so it can't be changed. Add a new show instead."
    ),
    "archived": ProblemType(
        410, "This show ended long ago, and its seats were removed. Choose an upcoming show."
    ),
    "price_list_in_use": ProblemType(
        409, "A show has this price list. Give the show another one first, or none."
    ),
    "seats_in_use": ProblemType(
        409, "Seats beyond the new total are taken or held. Cancel their bookings first."
    ),
    # --- Seats, holds and bookings --------------------------------------------------
    "seat_not_found": ProblemType(
        400,
        "This show has no such seat. Its seats are numbered 1 to {total_seats}.",
        values={"total_seats": 120},
    ),
    "no_such_price": ProblemType(
        400, "There is no such price for this seat. Choose one of `kinds`.", extra={"kinds": ["Adult", "Child"]}
    ),
    "no_hold": ProblemType(404, "You hold no seats of this show. Hold seats first."),
    "seat_taken": ProblemType(409, "This seat is taken. Choose another one.", extra=_UNAVAILABLE_SEAT),
    "seat_held": ProblemType(
        409,
        "Another user holds this seat. Choose another one, or try again when the hold has expired.",
        extra=_UNAVAILABLE_SEAT | {"retry_after": 540},
    ),
    "seat_blocked": ProblemType(409, "This seat is not for sale. Choose another one.", extra=_UNAVAILABLE_SEAT),
    "no_adjacent_seats": ProblemType(
        409,
        "There are not that many available seats side by side. Ask for fewer.",
        extra={"largest": 2},
    ),
    "leaves_single_seat": ProblemType(
        409,
        "This choice would leave a single available seat between unavailable ones. Choose other seats.",
        extra={"seats": [7]},
    ),
    "sold_together": ProblemType(
        409,
        "This seat is half of a sofa, which is sold as a whole. Hold both seats, and then book them.",
        extra={"seats": [7, 8]},
    ),
    "already_yours": ProblemType(
        409, "You have already booked this seat. See it in your bookings.", extra={"booking": 31}
    ),
    "show_started": ProblemType(
        409, "This show has started, and sells no seats any more. Choose another show."
    ),
    "show_cancelled": ProblemType(409, "This show was called off. Choose another show."),
    "not_on_sale": ProblemType(
        409,
        "This show is not on sale yet. Try again when its sale begins.",
        extra={"on_sale_from": "2030-01-01T09:00:00Z", "retry_after": 540},
    ),
    "too_many_seats": ProblemType(
        409,
        "One person can have at most {most} seats of a show. Choose fewer seats, or cancel a booking.",
        extra={"most": 6},
        values={"most": 6},
    ),
    "other_price": ProblemType(
        409,
        "The new seat has another price. Choose a seat of the same price, or ask the cinema's staff.",
    ),
    "already_cancelled": ProblemType(409, "This booking is already cancelled. There is nothing more to do."),
    "invalid_ticket": ProblemType(
        400, "This is no valid ticket. Scan it again, or look for the booking by name."
    ),
    "wrong_show": ProblemType(
        409, "This ticket is for another show. Check its time and screen.", extra={"show": 8}
    ),
    "already_admitted": ProblemType(
        409,
        "This ticket has been used. Find out who came with it before you let anybody in.",
        extra={"admitted_at": "2030-01-01T17:45:12.345678Z"},
    ),
    "idempotency_key_reused": ProblemType(
        422, "You have already used this Idempotency-Key for another request to this show. Send a new key."
    ),
    # --- The service ----------------------------------------------------------------
    "server_error": ProblemType(
        500,
        "The server failed, and logged the error. Try again later. If it fails again, report the request id.",
    ),
    "unavailable": ProblemType(
        503,
        "The service is not available right now. Your request may or may not have been carried out. Check, or "
        "try again; reuse your Idempotency-Key if you sent one.",
        retry_after_seconds=1,
    ),
}
