"""Reports for staff: the guests of a show, and what was sold. They only read."""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

from django.db.models import Count, F, Q, QuerySet, Sum
from django.db.models.functions import Coalesce

from cinema.seats.models import Booking
from cinema.shows.models import ShowQuerySet
from cinema.shows.times import to_local

GUEST_FIELDS = ("booking", "seat_label", "name", "order", "kind", "amount", "admitted_at")


def guests(show_id: int) -> QuerySet[Booking, dict[str, Any]]:
    """Returns the live bookings of the show by seat, as dictionaries of `GUEST_FIELDS`.

    The name is that of the user, or of the guest at the till. It is empty if the user was deleted.
    """
    bookings = Booking.objects.live().filter(show=show_id).with_details(show_id).order_by("seat_number")
    return bookings.annotate(booking=F("pk"), name=Coalesce("user__username", "guest_name")).values(
        *GUEST_FIELDS
    )


@dataclass
class Sales:
    """The sales of the shows with one key.

    `amount` is the sum over the live bookings, in the smallest unit of the currency. `seats` is None by kind,
    because seats have no kind.
    """

    key: Any
    sold: int = 0
    cancelled: int = 0
    admitted: int = 0
    seats: int | None = 0
    amount: int = 0


SALES_FIELDS = tuple(Sales.__annotations__)

# The key of a show in each report.
KEYS: dict[str, Callable[[Any], Any]] = {
    "day": lambda show: f"{to_local(show.date_time):%Y-%m-%d}",
    "movie": lambda show: show.movie_id,
    "screen": lambda show: show.screen_name,
    "show": lambda show: show.pk,
}
KIND = "kind"

LIVE = Q(status=Booking.Status.BOOKED)
COUNTS = {
    "sold": Count("pk", filter=LIVE),
    "cancelled": Count("pk", filter=~LIVE),
    "admitted": Count("admitted_at", filter=LIVE),
    "total": Sum("amount", filter=LIVE, default=0),
}


def sales(shows: ShowQuerySet, by: str) -> list[dict[str, Any]]:
    """Returns what was sold of these shows as dictionaries of `SALES_FIELDS`, by key.

    The database counts the bookings of each show, and Python adds up the shows of a key: it knows the cinema's
    days, on both databases alike. So memory grows with the number of shows, and never with that of bookings.
    """
    bookings = Booking.objects.filter(show__in=shows.order_by().values("pk")).order_by()
    if by == KIND:
        counts = bookings.values_list("kind").annotate(**COUNTS)
        rows = [
            Sales(kind, sold, cancelled, admitted, None, int(amount))
            for kind, sold, cancelled, admitted, amount in counts
        ]
    else:
        rows = list(_sales_of_shows(shows, bookings, KEYS[by]))
    return [asdict(row) for row in sorted(rows, key=lambda row: (row.key is not None, row.key))]


def _sales_of_shows(shows: ShowQuerySet, bookings: Any, key: Callable[[Any], Any]) -> Any:
    # Two queries, because a distributed database can't join all shows with the bookings of each node.
    counts = bookings.values_list("show").annotate(**COUNTS)
    counts_of = {show: numbers for show, *numbers in counts.iterator()}
    rows: dict[Any, Sales] = {}
    for show in shows.order_by().only("date_time", "movie", "screen_name", "total_seats").iterator():
        sold, cancelled, admitted, amount = counts_of.get(show.pk, (0, 0, 0, 0))
        row = rows.setdefault(show_key := key(show), Sales(show_key))
        row.sold += sold
        row.cancelled += cancelled
        row.admitted += admitted
        row.seats = (row.seats or 0) + show.total_seats
        row.amount += int(amount)
    return rows.values()
