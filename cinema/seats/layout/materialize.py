"""Creates, adds or removes the Seat rows of a show, so that they match its `total_seats`."""

import math
from collections.abc import Iterator
from typing import Any

from django.db import transaction
from django.db.models import BigIntegerField, Count, F, Max, Value
from rest_framework.exceptions import ValidationError

from cinema.seats.halls.geometry import Place, Run, hall, places_of, rows
from cinema.seats.layout.insert import insert_new_hall, insert_seats
from cinema.seats.layout.planned import apply_blocks, store_layout
from cinema.seats.layout.relayout import relayout
from cinema.seats.models import VERSION_STEP, Seat, SeatingPlan
from cinema.shows.exceptions import SeatsInUse
from cinema.shows.models import Show

UNPLANNED_SEATS_IN_USE = (
    "Taken or held seats don't fit the seating plan of this screen. "
    "Cancel their bookings, or choose another screen."
)


def materialize_seats(show: Show, *, is_new: bool = False, moved: bool = False) -> None:
    """Makes the show's seats exactly 1 to `total_seats`.

    A show without seats gets them from the plan of its screen, or else a default hall. A greater total adds
    rows at the back, so that no existing seat changes its label. A smaller total removes the seats beyond it.
    On a screen with a plan, the total must be the plan's. A show whose total changes, or that has `moved` to
    that screen, gets a re-layout.

    Raises `SeatsInUse` if a seat to remove is taken or held, and `ValidationError` if the total is not the
    plan's. Then nothing is changed. An archived show gets no seats.
    """
    if show.archived:
        return
    if is_new:
        if insert_new_hall(show.pk, show.screen_name, show.total_seats):
            return
        seats: dict[str, Any] = {"count": 0, "last": None}
    else:
        seats = Seat.objects.filter(show=show).aggregate(count=Count("number"), last=Max("number"))
    fits = seats == {"count": show.total_seats, "last": show.total_seats}
    if fits and not moved:
        return
    plan = SeatingPlan.objects.filter(screen_name=show.screen_name).first()
    # `Show.save` has opened a transaction, which rolls back everything.
    with transaction.atomic(savepoint=False):
        if plan:
            _apply_plan(show, plan, is_new=is_new, has_seats=seats["count"] > 0)
        elif seats["count"]:
            if not fits:
                _resize(show)
        else:
            insert_seats(show.pk, hall(show.total_seats), show_is_new=is_new)


def _apply_plan(show: Show, plan: SeatingPlan, *, is_new: bool, has_seats: bool) -> None:
    planned, layout = plan.read_for_show()
    if show.total_seats != len(planned):
        message = f"{show.screen_name} has {len(planned)} seats by its seating plan, not {show.total_seats}."
        raise ValidationError({"total_seats": [message]})
    if has_seats:
        report = relayout(show, planned)
        if report.kept or report.refused:
            # The show would not get the plan's seats. Only a re-layout that reports it may do that.
            raise SeatsInUse(UNPLANNED_SEATS_IN_USE)
    else:
        insert_seats(show.pk, map(Run, planned), show_is_new=is_new)
        apply_blocks(show.pk, planned)
    store_layout(show.pk, layout)


def _resize(show: Show) -> None:
    existing = {seat.number: seat for seat in Seat.objects.filter(show=show)}
    if max(existing) > show.total_seats:
        remove_beyond(show)
    missing = [number for number in range(1, show.total_seats + 1) if number not in existing]
    if missing:
        insert_seats(show.pk, _runs_for(missing, existing, show.total_seats))


def materialize_seats_locked(show_id: int, *, moved: bool = False) -> None:
    """`materialize_seats` for the current row of the show, which it locks first."""
    with transaction.atomic():
        materialize_seats(Show.objects.select_for_update(no_key=True).get(pk=show_id), moved=moved)


def _runs_for(missing: list[int], existing: dict[int, Seat], total: int) -> Iterator[Run]:
    """Places for the missing seats.

    Lost seats of a default hall get their old place back. All others, new ones included, get new rows at the
    back.
    """
    places = _default_hall(existing, total) or _default_hall(existing, max(existing)) or {}
    yield from (Run(places[number]) for number in missing if number in places)
    others = [number for number in missing if number not in places]
    if others:
        yield from rows(
            others,
            widest=max(seat.column for seat in existing.values()),
            behind=math.ceil(max(seat.y for seat in existing.values())),
            first_line=max(seat.line for seat in existing.values()) + 1,
            names_in_use={
                name for seat in existing.values() for name in (seat.row, seat.label.rstrip("0123456789"))
            },
        )


def _default_hall(existing: dict[int, Seat], total: int) -> dict[int, Place] | None:
    """The places of the default hall with `total` seats, if the existing seats are in these places."""
    places = {place.number: place for place in places_of(hall(total))}
    matches = set(existing) <= set(places) and all(
        (seat.label, seat.x, seat.y) == (places[number].label, places[number].x, places[number].y)
        for number, seat in existing.items()
    )
    return places if matches else None


def remove_beyond(show: Show) -> None:
    """Removes the seats beyond `total_seats`. Raises `SeatsInUse` if one of them is taken or held."""
    seats = Seat.objects.filter(show=show)
    first, surplus = seats.filter(number=1), seats.beyond(show.total_seats)
    halves = seats.filter(number__lte=show.total_seats, pair__gt=show.total_seats)
    # The locks keep the seats from being sold, and wait for a sale under way. They are taken in the order of
    # the numbers, seat 1 included, which is written at the end. Another order could deadlock with a hold.
    locked = (first | halves | surplus).with_held().select_for_update().order_by("number")
    seats_in_order: Any = locked.values_list("number", "taken", "held", "changes")
    removed = [seat for seat in seats_in_order if seat[0] > show.total_seats]
    if any(taken or held for _, taken, held, _ in removed):
        raise SeatsInUse()
    surplus.delete()
    halves.update(pair=None, changes=F("changes") + VERSION_STEP)
    # The version of the seat map is the sum of `changes`. It must grow although summands are removed.
    # As a big integer, because Django sends other integers as 32 bits and psycopg drops the bits above.
    growth = Value(sum(changes + VERSION_STEP for *_, changes in removed), output_field=BigIntegerField())
    first.update(changes=F("changes") + growth)
