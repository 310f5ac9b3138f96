"""Gives a show the seats that its `total_seats` says: all of them, more of them, or fewer."""

import math
from collections.abc import Iterator
from typing import Any

from django.db import transaction
from django.db.models import Count, F, Max
from rest_framework.exceptions import ValidationError

from cinema.seats.halls.geometry import Place, Run, hall, places_of, rows
from cinema.seats.layout.insert import insert_new_hall, insert_seats
from cinema.seats.layout.relayout import relayout
from cinema.seats.models import VERSION_STEP, Seat, SeatingPlan
from cinema.shows.exceptions import SeatsInUse
from cinema.shows.models import Show


def materialize_seats(show: Show, *, is_new: bool = False, moved: bool = False) -> None:
    """Makes the show's seats exactly 1 to `total_seats`.

    A show without seats is laid out, after the plan of its screen if that has one. A greater total opens
    new rows at the back, so that no seat that exists changes its label; a smaller one removes the seats
    beyond it. On a screen with a plan, a total that changes is the plan's, and the show is re-laid; so is one
    that has `moved` there.

    Raises `SeatsInUse` if a seat to remove is taken or held, and a validation error where the total is not
    the plan's; then nothing is changed.
    """
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
    # Whoever saves the show has begun a transaction, and undoes it all.
    with transaction.atomic(savepoint=False):
        if plan:
            _fit_to_plan(show, plan, is_new=is_new, laid_out=seats["count"] > 0)
        elif seats["count"]:
            if not fits:
                _refit(show)
        else:
            insert_seats(show.pk, hall(show.total_seats), show_is_new=is_new)


def _fit_to_plan(show: Show, plan: SeatingPlan, *, is_new: bool, laid_out: bool) -> None:
    planned = plan.places()
    if show.total_seats != len(planned):
        message = f"{show.screen_name} has {len(planned)} seats by its seating plan, not {show.total_seats}."
        raise ValidationError({"total_seats": [message]})
    if laid_out:
        if relayout(show, planned).kept:
            # It would have more seats than was asked for: that is for whoever re-lays on purpose.
            raise SeatsInUse()
    else:
        insert_seats(show.pk, map(Run, planned), show_is_new=is_new)


def _refit(show: Show) -> None:
    there = {seat.number: seat for seat in Seat.objects.filter(show=show)}
    if max(there) > show.total_seats:
        remove_beyond(show)
    missing = [number for number in range(1, show.total_seats + 1) if number not in there]
    if missing:
        insert_seats(show.pk, _runs_for(missing, there, show.total_seats))


def materialize_seats_locked(show_id: int, *, moved: bool = False) -> None:
    """`materialize_seats` by the total that the show has now, and that nobody changes meanwhile."""
    with transaction.atomic():
        materialize_seats(Show.objects.select_for_update(no_key=True).get(pk=show_id), moved=moved)


def _runs_for(missing: list[int], there: dict[int, Seat], total: int) -> Iterator[Run]:
    """Lost seats come back where they stood, if those left tell where that was; all others, new ones
    among them, stand in new rows at the back."""
    stood = _hall_of(there, total) or _hall_of(there, max(there)) or {}
    yield from (Run(stood[number]) for number in missing if number in stood)
    others = [number for number in missing if number not in stood]
    if others:
        yield from rows(
            others,
            widest=max(seat.column for seat in there.values()),
            behind=math.ceil(max(seat.y for seat in there.values())),
            first_line=max(seat.line for seat in there.values()) + 1,
            names_in_use={seat.row for seat in there.values()},
        )


def _hall_of(there: dict[int, Seat], total: int) -> dict[int, Place] | None:
    """The hall of so many seats, if the seats that are there stand where it has them."""
    places = {place.number: place for place in places_of(hall(total))}
    agree = set(there) <= set(places) and all(
        (seat.label, seat.x, seat.y) == (places[number].label, places[number].x, places[number].y)
        for number, seat in there.items()
    )
    return places if agree else None


def remove_beyond(show: Show) -> None:
    """Removes the seats above `total_seats`, if none is taken or held."""
    seats = Seat.objects.filter(show=show)
    first, surplus = seats.filter(number=1), seats.beyond(show.total_seats)
    # Locked, they can't be sold while we look; a sale under way is waited for and then seen. In the order of
    # their numbers, the first among them, which is written in the end: so nobody waits in a circle.
    locked = (first | surplus).with_held().select_for_update().order_by("number")
    found: Any = locked.values_list("number", "taken", "held", "changes")
    going = [seat for seat in found if seat[0] > show.total_seats]
    if any(taken or held for _, taken, held, _ in going):
        raise SeatsInUse()
    surplus.delete()
    # The map's version is the sum of `changes`: it must grow, although terms of it are gone.
    first.update(changes=F("changes") + sum(changes + VERSION_STEP for *_, changes in going))
