"""The shows of a day with their sales and available seats, for the day page and the first page of the admin."""

from datetime import date
from typing import Any

from django.conf import settings
from django.db.models import Count, Q
from django.http import HttpRequest
from django.utils import timezone

from cinema.api.money import format_amount
from cinema.seats.admin.till import can_sell
from cinema.seats.models import Hall, Seat
from cinema.seats.reports import sales
from cinema.seats.status import HOLD_IS_LIVE, available
from cinema.shows.models import Show
from cinema.shows.times import end_of_day, start_of_day

SEAT_COUNTS = {
    "available": Count("number", filter=available()),
    "held": Count("number", filter=HOLD_IS_LIVE & Q(taken=False, blocked=False)),
}


def shows_of_day(day: date) -> list[dict[str, Any]]:
    """Returns a row for each show that begins on this day in the cinema, in the order of their starts.

    A row has the `show`, what `sales` returns, and the counts of `SEAT_COUNTS`.
    """
    shows = Show.objects.filter(date_time__gte=start_of_day(day), date_time__lt=end_of_day(day))
    sales_of = {row.pop("key"): row for row in sales(shows, "show")}
    seats: Any = Seat.objects.filter(show__in=list(sales_of)).order_by()
    counts_of = {row.pop("show"): row for row in seats.values("show").annotate(**SEAT_COUNTS)}
    none: dict[str, int] = dict.fromkeys(SEAT_COUNTS, 0)  # An archived show has no seats.
    return [
        {"show": show} | sales_of[show.pk] | counts_of.get(show.pk, none)
        for show in shows.select_related("movie")
        if show.pk in sales_of
    ]


def board(request: HttpRequest, model_admin: Any, rows: list[dict[str, Any]]) -> dict[str, Any]:
    """Returns the context of `board.html`. Started shows come last.

    It has only links to pages that the user may open.
    """
    now = timezone.now()
    summed = ("sold", "held", "available", "admitted", "seats", "amount")
    total = {name: sum(row[name] for row in rows) for name in summed}
    for row in rows:
        row["has_begun"] = row["show"].date_time <= now
        row["sells"] = now < row["show"].ends_at and not row["show"].is_cancelled
    for row in [*rows, total]:
        row["money"] = format_amount(row["amount"], settings.CURRENCY)
        row["percent"] = round(100 * row["sold"] / row["seats"]) if row["seats"] else 0
    return {
        "rows": sorted(rows, key=lambda row: row["has_begun"]),
        "total": total,
        "can_sell": can_sell(request),
        "can_view_halls": model_admin.admin_site.get_model_admin(Hall).has_view_permission(request),
    }


def today(request: HttpRequest, model_admin: Any) -> dict[str, Any]:
    """Returns the context of the board of today in the cinema, for the first page of the admin."""
    day = timezone.localdate()
    return {"day": day, **board(request, model_admin, shows_of_day(day))}
