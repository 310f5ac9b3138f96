"""Re-lays a show's seats after a plan that has changed, as a difference, by what the plan calls each seat."""

from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction

from cinema.seats.halls.geometry import Place
from cinema.seats.models import VERSION_STEP, Booking, Seat
from cinema.shows.models import Show


@dataclass
class Report:
    """What re-laying a show did: how many seats, and in words which it had to keep, and why."""

    added: int = 0
    moved: int = 0
    removed: int = 0
    kept: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        done = f"{self.added} added, {self.moved} moved, {self.removed} removed, {len(self.kept)} kept"
        return "; ".join([done, *self.kept])


@transaction.atomic
def relay(show: Show, planned: list[Place]) -> Report:
    """Gives the show the plan's seats: adds, moves, removes.

    A seat that is taken or held is never removed: what the plan no longer has is kept, beside it. While
    any is, seats keep their numbers where they can, for people hold tickets and look at maps;
    otherwise they are numbered in the plan's order. Raises `Show.DoesNotExist` for one that was deleted since.
    """
    if not list(Show.objects.select_for_update(no_key=True).filter(pk=show.pk).values_list("pk")):
        raise Show.DoesNotExist
    # Bookings before seats, as whoever cancels has it, or each would wait for the other.
    list(Booking.objects.live().filter(show=show).order_by("pk").select_for_update().values_list("pk"))
    seats: list[Any] = list(Seat.objects.filter(show=show).with_held().select_for_update().order_by("number"))
    staying = _same_seats(seats, planned)
    staying_numbers = {seat.number for seat in staying.values()}
    rest = [seat for seat in seats if seat.number not in staying_numbers]
    kept = [seat for seat in rest if seat.taken or seat.held]
    report = Report(
        added=len(planned) - len(staying),
        moved=sum(_moves(place, staying.get(place.guid)) for place in planned),
        removed=len(rest) - len(kept),
        kept=[f"{seat.label} stays: it is {'taken' if seat.taken else 'held'}" for seat in kept],
    )
    total = len(planned) + len(kept)
    pinned = any(seat.taken or seat.held for seat in seats)
    numbers = _numbers(planned, staying if pinned else {}, kept, total)
    _renumber_bookings(show, staying, kept, numbers)
    rows = [_row(show, place, numbers[place.guid], staying.get(place.guid)) for place in planned]
    rows += [_renumbered(seat, numbers[seat.number]) for seat in kept]
    # Kept rows stand beside the plan's, so they are lines of their own.
    last = max(place.line for place in planned)
    lines = {line: last + n for n, line in enumerate(sorted({seat.line for seat in kept}), start=1)}
    for seat in kept:
        seat.line = lines[seat.line]
    _replace(show, seats, rows)
    if show.total_seats != total:
        Show.objects.filter(pk=show.pk).update(total_seats=total)
        show.total_seats = total
    return report


def relayout_upcoming_shows(screen_name: str, planned: list[Place]) -> list[tuple[Show, Report]]:
    """Re-lays every show of the screen that has not begun."""
    reports = []
    for show in Show.objects.upcoming().filter(screen_name=screen_name):
        # One that is deleted meanwhile needs no seats.
        with suppress(Show.DoesNotExist):
            reports.append((show, relay(show, planned)))
    return reports


# What a seat is called while it gets its number: a planned one by its guid, a kept one by its old number.
Name = str | int


def _numbers(planned: list[Place], staying: dict[str, Any], kept: list[Any], total: int) -> dict[Name, int]:
    names: list[Name] = [*(place.guid for place in planned), *(seat.number for seat in kept)]
    numbers: dict[Name, int] = {guid: seat.number for guid, seat in staying.items() if seat.number <= total}
    numbers |= {seat.number: seat.number for seat in kept if seat.number <= total}
    free = iter(sorted(set(range(1, total + 1)) - set(numbers.values())))
    return {name: numbers.get(name) or next(free) for name in names}


def _same_seats(seats: list[Any], planned: list[Place]) -> dict[str, Any]:
    """guid in the plan -> the seat that is it already: by the guid, else by the label. So a hall that was
    laid out without a plan, or drawn anew, never has two seats where people see one."""
    same = {seat.guid: seat for seat in seats if seat.guid}
    found = {place.guid: same[place.guid] for place in planned if place.guid in same}
    used = {seat.number for seat in found.values()}
    by_label = {seat.label: seat for seat in seats if seat.number not in used}
    for place in planned:
        if place.guid not in found and place.label in by_label:
            found[place.guid] = by_label.pop(place.label)
    return found


def _moves(place: Place, before: Any) -> bool:
    return before is not None and (place.x, place.y) != (before.x, before.y)


def _row(show: Show, place: Place, number: int, before: Any) -> Seat:
    """The planned seat's row, with the state of the seat that was there."""
    row = Seat(show=show, **place._asdict() | {"number": number})
    if before:
        for name in ("taken", "held_by", "held_since", "held_until", "blocked", "block_reason"):
            setattr(row, name, getattr(before, name))
        row.changes = before.changes + VERSION_STEP
    return row


def _renumbered(seat: Any, number: int) -> Seat:
    seat.number = number
    seat.changes += VERSION_STEP
    return seat


def _renumber_bookings(show: Show, staying: dict[str, Any], kept: list[Any], numbers: dict[Name, int]) -> None:
    """A sold seat whose number is beyond the new total takes its booking along. The numbers that are
    given anew are of no sold seat, so that two bookings never meet."""
    moves = {seat.number: numbers[guid] for guid, seat in staying.items() if seat.taken}
    moves |= {seat.number: numbers[seat.number] for seat in kept if seat.taken}
    for old, new in moves.items():
        if old != new:
            Booking.objects.live().of_seat(show.pk, old).update(seat_number=new)


def _replace(show: Show, before: list[Any], rows: list[Seat]) -> None:
    """Writes the rows over those with their numbers, in place: a sale or a cancel that waits for one then
    finds it, and judges it anew. Deleted and inserted, it would find nothing."""
    most = sum(seat.changes + 1 for seat in before)
    rows.sort(key=lambda row: row.number)
    # The map's version is the sum of `changes`: it must grow, whatever is gone.
    rows[0].changes += max(0, most + 1 - sum(row.changes for row in rows))
    Seat.objects.filter(show=show).beyond(len(rows)).delete()
    key = ["show", "number"]
    others = [field.name for field in Seat._meta.concrete_fields if field.name not in [*key, "pk"]]
    Seat.objects.bulk_create(rows, update_conflicts=True, unique_fields=key, update_fields=others)
