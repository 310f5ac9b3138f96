"""Re-layout: changes a show's seats after its seating plan changed, as a difference, by the plan's `guid`s."""

from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction

from cinema.api.renderers import to_json
from cinema.seats.booking.statements import renumber
from cinema.seats.halls.geometry import Place
from cinema.seats.halls.plan_json import HallPlan
from cinema.seats.layout.planned import apply_blocks, store_layout
from cinema.seats.models import VERSION_STEP, Booking, Seat
from cinema.shows.models import Show

# The columns that come from the plan. All others are the seat's state; `booking.statements` changes that.
PLANNED = [name for name in Place._fields if name not in ("number", "blocked")]


@dataclass
class Report:
    """The result of a re-layout: numbers of seats, and which seats it kept and why."""

    added: int = 0
    moved: int = 0
    removed: int = 0
    kept: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        done = f"{self.added} added, {self.moved} moved, {self.removed} removed, {len(self.kept)} kept"
        return "; ".join([done, *self.kept])


@transaction.atomic
def relayout(show: Show, planned: list[Place]) -> Report:
    """Gives the show the plan's seats: adds, moves, removes.

    A taken or held seat is never removed. If the plan no longer has it, it is kept beside the plan's seats.
    While any seat is taken or held, seats keep their numbers where they can, because buyers have tickets.
    Otherwise they are numbered in the plan's order. Raises `Show.DoesNotExist` if the show has been deleted
    since.
    """
    # `show` was read before the lock, so its own total may be outdated.
    locked = Show.objects.select_for_update(no_key=True).filter(pk=show.pk)
    stored_total = locked.values_list("total_seats", flat=True).get()
    # Bookings before seats, in the order in which a cancel locks them. Otherwise the two could deadlock.
    list(Booking.objects.live().filter(show=show).order_by("pk").select_for_update().values_list("pk"))
    seats: list[Any] = list(Seat.objects.filter(show=show).with_held().select_for_update().order_by("number"))
    existing = _match(seats, planned)
    matched_numbers = {seat.number for seat in existing.values()}
    unplanned = [seat for seat in seats if seat.number not in matched_numbers]
    kept = [seat for seat in unplanned if seat.taken or seat.held]
    report = Report(
        added=len(planned) - len(existing),
        moved=sum(_has_moved(place, existing.get(place.guid)) for place in planned),
        removed=len(unplanned) - len(kept),
        kept=[f"{seat.label} stays: it is {'taken' if seat.taken else 'held'}" for seat in kept],
    )
    total = len(planned) + len(kept)
    keep_numbers = any(seat.taken or seat.held for seat in seats)
    numbers = _assign_numbers(planned, existing if keep_numbers else {}, kept, total)
    pairs: dict[int, Any] = {numbers[place.guid]: existing.get(place.guid) for place in planned}
    pairs |= {numbers[seat.number]: seat for seat in kept}
    rows = [_planned_row(show, place, numbers[place.guid], existing.get(place.guid)) for place in planned]
    rows += _kept_rows(kept, numbers, after_line=max(place.line for place in planned))
    _write(show, seats, rows, {number: seat and seat.number for number, seat in pairs.items()})
    apply_blocks(show.pk, planned)
    if stored_total != total:
        Show.objects.filter(pk=show.pk).update(total_seats=total)
    show.total_seats = total
    return report


def relayout_upcoming_shows(screen_name: str, plan: HallPlan) -> list[tuple[Show, Report]]:
    """Changes every show of the screen that has not started."""
    reports = []
    for show in Show.objects.upcoming().filter(screen_name=screen_name):
        # A show that has been deleted since needs no seats.
        with suppress(Show.DoesNotExist), transaction.atomic():
            reports.append((show, relayout(show, plan.places)))
            store_layout(show.pk, plan.layout)
    return reports


# Identifies a seat while it gets its number: the guid of a planned seat, the old number of a kept one.
Key = str | int


def _assign_numbers(
    planned: list[Place], existing: dict[str, Any], kept: list[Any], total: int
) -> dict[Key, int]:
    keys: list[Key] = [*(place.guid for place in planned), *(seat.number for seat in kept)]
    numbers: dict[Key, int] = {guid: seat.number for guid, seat in existing.items() if seat.number <= total}
    numbers |= {seat.number: seat.number for seat in kept if seat.number <= total}
    unused = iter(sorted(set(range(1, total + 1)) - set(numbers.values())))
    return {key: numbers.get(key) or next(unused) for key in keys}


def _match(seats: list[Any], planned: list[Place]) -> dict[str, Any]:
    """The existing seat for each guid of the plan: the one with that guid, else the one with that label.

    Without the label, a hall that was laid out without a plan would get a second seat where visitors see one.
    """
    by_guid = {seat.guid: seat for seat in seats if seat.guid}
    matches = {place.guid: by_guid[place.guid] for place in planned if place.guid in by_guid}
    used = {seat.number for seat in matches.values()}
    by_label = {seat.label: seat for seat in seats if seat.number not in used}
    for place in planned:
        if place.guid not in matches and place.label in by_label:
            matches[place.guid] = by_label.pop(place.label)
    return matches


def _has_moved(place: Place, seat: Any) -> bool:
    return seat is not None and (place.x, place.y) != (seat.x, seat.y)


def _planned_row(show: Show, place: Place, number: int, seat: Any) -> Seat:
    row = Seat(show=show, **{name: getattr(place, name) for name in PLANNED}, number=number)
    if seat:
        row.changes = seat.changes + VERSION_STEP
    return row


def _kept_rows(kept: list[Any], numbers: dict[Key, int], *, after_line: int) -> list[Seat]:
    # Kept rows stand beside the plan's rows, so they are lines of their own.
    lines = {line: after_line + n for n, line in enumerate(sorted({seat.line for seat in kept}), start=1)}
    rows = []
    for seat in kept:
        row = Seat(show_id=seat.show_id, **{name: getattr(seat, name) for name in PLANNED})
        row.number, row.line = numbers[seat.number], lines[seat.line]
        row.changes = seat.changes + VERSION_STEP
        rows.append(row)
    return rows


def _write(show: Show, before: list[Any], rows: list[Seat], old_numbers: dict[int, int | None]) -> None:
    """Writes the rows in place, over those with their numbers, and moves the seats' state to the new numbers.

    A sale or a cancel that waits for a row then finds it and re-checks it. Deleted and inserted, it would find
    none.
    """
    max_version = sum(seat.changes + 1 for seat in before)
    rows.sort(key=lambda row: row.number)
    # The map's version is the sum of `changes`. It must grow even if seats are removed.
    rows[0].changes += max(0, max_version + 1 - sum(row.changes for row in rows))
    Seat.objects.bulk_create(
        rows, update_conflicts=True, unique_fields=["show", "number"], update_fields=[*PLANNED, "changes"]
    )
    renumber(show_id=show.pk, pairs_json=to_json(list(old_numbers.items())))
    # A sold seat whose number is beyond the new total takes its booking along. Its new number was not sold, so
    # that two live bookings never meet.
    for new, old in old_numbers.items():
        if old is not None and old != new:
            Booking.objects.live().of_seat(show.pk, old).update(seat_number=new)
    Seat.objects.filter(show=show).beyond(len(rows)).delete()
