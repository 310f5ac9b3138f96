"""Re-layout: changes a show's seats after its seating plan changed, as a difference, by the plan's `guid`s."""

from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction

from cinema.api.renderers import to_json
from cinema.seats.booking.statements import renumber
from cinema.seats.halls.geometry import Place
from cinema.seats.halls.plan_json import HallPlan
from cinema.seats.layout.labels import labeled_like, refused_labels
from cinema.seats.layout.planned import apply_blocks, store_layout
from cinema.seats.models import VERSION_STEP, Booking, Seat
from cinema.shows.models import Show

# The columns that come from the plan. All others are the seat's state; `booking.statements` changes that.
PLANNED = [name for name in Place._fields if name not in ("number", "pair", "blocked")]
# The report counts all renamed seats, and names these.
MAX_RENAMED_LISTED = 20


@dataclass
class Report:
    """The result of a re-layout: numbers of seats, and the seats by label where it differs from the plan.

    `kept` are taken or held seats that the plan does not have, or has with another label. `refused` are places
    that did not get their label, because another seat keeps it. `renamed` are all seats with a new label.
    """

    added: int = 0
    moved: int = 0
    removed: int = 0
    kept: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    renamed: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        counts = f"{self.added} added, {self.moved} moved, {self.removed} removed, {len(self.kept)} kept"
        lines = [f"{counts}, {len(self.refused)} refused, {len(self.renamed)} renamed"]
        lines += [f"kept: {seat}" for seat in self.kept]
        lines += [f"refused: {seat}" for seat in self.refused]
        lines += [f"renamed: {seat}" for seat in self.renamed[:MAX_RENAMED_LISTED]]
        if more := len(self.renamed[MAX_RENAMED_LISTED:]):
            lines.append(f"and {more} more renamed")
        return "; ".join(lines)


@transaction.atomic
def relayout(show: Show, planned: list[Place]) -> Report:
    """Gives the show the plan's seats: adds, moves, removes.

    A taken or held seat is never removed. If the plan no longer has it, it is kept beside the plan's seats. It
    keeps its label too. Another seat that should get this label keeps its own, and a new one is left out.
    Two halves of a sofa that are taken or held stay a pair. Other seats that are taken or held do not become
    half of one. While any seat is taken or held, seats keep their numbers where they can, because buyers have
    tickets. Otherwise they are numbered in the plan's order. Raises `Show.DoesNotExist` if the show has been
    deleted since.
    """
    seats = Booking.objects.live().lock_with_show(show.pk, Seat.objects.with_held())
    # `show` was read before the lock, so its own total may be outdated.
    stored_total = Show.objects.values_list("total_seats", flat=True).get(pk=show.pk)
    # Servers of an older version sold seats without storing the label.
    Booking.objects.filter(show=show).fix_labels()
    existing = _match(seats, planned)
    matched_numbers = {seat.number for seat in existing.values()}
    unplanned = [seat for seat in seats if seat.number not in matched_numbers]
    in_use = [seat for seat in seats if seat.taken or seat.held]
    kept = [seat for seat in in_use if seat.number not in matched_numbers]
    report = Report(removed=len(unplanned) - len(kept), kept=[_kept(seat) for seat in kept])
    planned = _with_possible_labels(planned, existing, in_use, report)
    report.added = len(planned) - len(existing)
    report.moved = sum(_has_moved(place, existing.get(place.guid)) for place in planned)
    total = len(planned) + len(kept)
    numbers = _assign_numbers(planned, existing if in_use else {}, kept, total)
    pairs: dict[int, Any] = {numbers[place.guid]: existing.get(place.guid) for place in planned}
    pairs |= {numbers[seat.number]: seat for seat in kept}
    rows = [_planned_row(show, place, numbers[place.guid], existing.get(place.guid)) for place in planned]
    rows += _kept_rows(kept, numbers, after_line=max((place.line for place in planned), default=0))
    halves = _pairs(planned, existing, kept, in_use, numbers, report)
    for row in rows:
        row.pair = halves.get(row.number)
    _write(show, seats, rows, {number: seat and seat.number for number, seat in pairs.items()})
    apply_blocks(show.pk, planned)
    if stored_total != total:
        Show.objects.filter(pk=show.pk).update(total_seats=total)
    show.total_seats = total
    return report


def relayout_upcoming_shows(screen_name: str, plan: HallPlan) -> list[tuple[Show, Report]]:
    """Changes every show of the screen that has not started and was not called off."""
    reports = []
    for show in Show.objects.upcoming().scheduled().filter(screen_name=screen_name):
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


def _with_possible_labels(
    planned: list[Place], existing: dict[str, Any], in_use: list[Any], report: Report
) -> list[Place]:
    """The places with the labels that their seats can have, without new ones that can't have theirs.

    Adds to the report which seats keep or change their label.
    """
    numbers_in_use = {seat.number for seat in in_use}
    refused = {place.guid for place in refused_labels(planned, existing, in_use)}
    result = []
    for place in planned:
        seat = existing.get(place.guid)
        if seat is None and place.guid in refused:
            report.refused.append(f"{place.label} is not added")
            continue
        if seat and seat.label != place.label:
            if seat.number in numbers_in_use:
                report.kept.append(_kept(seat))
                place = labeled_like(place, seat)
            elif place.guid in refused:
                report.refused.append(f"{seat.label} does not become {place.label}")
                place = labeled_like(place, seat)
            else:
                report.renamed.append(f"{seat.label} to {place.label}")
        result.append(place)
    return result


def _pairs(
    planned: list[Place],
    existing: dict[str, Any],
    kept: list[Any],
    in_use: list[Any],
    numbers: dict[Key, int],
    report: Report,
) -> dict[int, int]:
    """The number of the other half, by the number of each half of a pair.

    A sofa was sold whole, so it is cancelled whole. A chair was sold alone, so it can't become half of a sofa.
    Adds to the report which pairs differ from the plan.
    """
    new_numbers = {seat.number: numbers[guid] for guid, seat in existing.items()}
    new_numbers |= {seat.number: numbers[seat.number] for seat in kept}
    places = {place.number: place for place in planned}
    planned_halves = [(place, places[place.pair]) for place in planned if place.pair in places]
    planned_pairs = {numbers[one.guid]: numbers[other.guid] for one, other in planned_halves}
    seats_in_use = {seat.number: seat for seat in in_use}
    pairs: dict[int, int] = {}
    for seat in in_use:
        other = seats_in_use.get(seat.pair)
        if other is None or other.pair != seat.number:
            continue
        number, other_number = new_numbers[seat.number], new_numbers[other.number]
        pairs[number] = other_number
        if planned_pairs.get(number) != other_number and seat.number < other.number:
            report.kept.append(f"{seat.label} and {other.label} as a pair")
    for one, other_place in planned_halves:
        seats = [existing[place.guid] for place in (one, other_place) if place.guid in existing]
        were_pair = len(seats) == 2 and seats[0].pair == seats[1].number
        if were_pair or not any(seat.number in seats_in_use for seat in seats):
            pairs[numbers[one.guid]] = numbers[other_place.guid]
        elif one.number < other_place.number:
            report.refused.append(f"{one.label} and {other_place.label} do not become a pair")
    return pairs


def _kept(seat: Any) -> str:
    return f"{seat.label}, {'sold' if seat.taken else 'held'}"


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
    Seat.objects.filter(show=show).release_labels()
    Seat.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["show", "number"],
        update_fields=[*PLANNED, "pair", "changes"],
    )
    renumber(show_id=show.pk, pairs_json=to_json(list(old_numbers.items())))
    # A sold seat whose number is beyond the new total takes its booking along. Its new number was not sold, so
    # that two live bookings never meet.
    for new, old in old_numbers.items():
        if old is not None and old != new:
            Booking.objects.live().of_seat(show.pk, old).update(seat_number=new)
    Seat.objects.filter(show=show).beyond(len(rows)).delete()
