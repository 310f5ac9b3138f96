"""Bookings from rows of plain SQL: of the list of a user's bookings, and of a sale.

`cinema/api/plain_lists.py` says who gets the list.
"""

from typing import Any

from django.http import HttpRequest
from rest_framework.exceptions import APIException

from cinema.api.plain_lists import PlainList, Row
from cinema.auth.authentication import StatelessTokenAuthentication, password_hash
from cinema.seats.booking.statements.conditions import USER_IS_ACTIVE
from cinema.seats.models import Booking
from cinema.seats.orders import read_order
from cinema.seats.tickets.codes import booking_code, order_code
from cinema.shows.times import to_local, utc

COLUMNS = """
booking.id, booking.seat_number, booking.status, booking.created_at, booking."order", booking.kind,
booking.amount, booking.currency, booking.cancelled_at, booking.cancelled_because, booking.admitted_at,
COALESCE(NULLIF(booking.sold_label, ''),
         (SELECT label FROM seats_seat seat
          WHERE seat.show_id = booking.show_id AND seat.number = booking.seat_number),
         CAST(booking.seat_number AS varchar(40))),
show.id, show.screen_name, show.date_time, movie.id, movie.title, movie.duration_minutes"""
WITH_SHOW_AND_MOVIE = """
JOIN shows_show show ON show.id = booking.show_id JOIN shows_movie movie ON movie.id = show.movie_id"""
# A list of a user who is not active is empty, and the ordinary view answers 401.
CONDITION = f"booking.user_id = %(user)s AND {USER_IS_ACTIVE}"


def my_bookings(request: HttpRequest, parameters: dict[str, str]) -> PlainList | None:
    """The bookings of the token's user. Knows the parameters `status` and `order`."""
    try:
        authenticated = StatelessTokenAuthentication().authenticate(request)  # type: ignore[arg-type]
    except APIException:
        return None
    if authenticated is None or not parameters.keys() <= {"status", "order"}:
        return None
    request.user, token = authenticated
    values: dict[str, Any] = {"user": int(str(request.user.pk)), "password_hash": password_hash(token)}
    condition = CONDITION
    if "status" in parameters:
        if parameters["status"] not in Booking.Status.values:
            return None
        condition += " AND booking.status = %(status)s"
        values["status"] = parameters["status"]
    if "order" in parameters:
        values["order"] = read_order(parameters["order"])
        if values["order"] is None:
            return None
        condition += ' AND booking."order" = %(order)s'
    order_by = "booking.created_at DESC, booking.id DESC"
    return PlainList(
        COLUMNS, "seats_booking booking", WITH_SHOW_AND_MOVIE, condition, order_by, values, _represent
    )


def represent_sold(
    values: dict[str, Any],
    booking_id: Any,
    seat_number: int,
    label: str,
    kind: str | None,
    amount: int | None,
    currency: str | None,
    *show: Any,
) -> dict[str, Any]:
    """The answer about a new booking, from the arguments of `booking_from`, without building models."""
    state = Booking.Status.BOOKED, values["now"], values["order"]
    price = kind, amount, currency
    return _represent_row(
        booking_id, seat_number, *state, *price, None, None, None, label, values["show"], *show
    )


def _represent(rows: list[Row]) -> list[dict[str, Any]]:
    return [_represent_row(*row) for row in rows]


def _represent_row(
    booking_id: int,
    seat_number: int,
    status: str,
    created_at: Any,
    order: str | None,
    kind: str | None,
    amount: int | None,
    currency: str | None,
    cancelled_at: Any,
    cancelled_because: str | None,
    admitted_at: Any,
    label: str,
    show_id: int,
    screen_name: str,
    date_time: Any,
    movie_id: int,
    title: str,
    duration_minutes: int,
) -> dict[str, Any]:
    is_live = status == Booking.Status.BOOKED
    date_time = utc(date_time)
    return {
        "id": booking_id,
        "show": {
            "id": show_id,
            "movie": {"id": movie_id, "title": title, "duration_minutes": duration_minutes},
            "screen_name": screen_name,
            "date_time": date_time,
            "local_time": to_local(date_time),
        },
        "seat_number": seat_number,
        "seat_label": label,
        "status": status,
        "created_at": utc(created_at),
        "order": order,
        "kind": kind,
        "amount": amount,
        "currency": currency,
        "cancelled_at": cancelled_at and utc(cancelled_at),
        "cancelled_because": cancelled_because,
        "admitted_at": admitted_at and utc(admitted_at),
        "ticket": booking_code(show_id, booking_id) if is_live else None,
        "order_ticket": order_code(show_id, order) if is_live and order else None,
    }
