"""Gives a show the rest of its seating plan: blocked seats, and the drawing beside the seats."""

from cinema.seats.booking.statements import block, unblock
from cinema.seats.halls.geometry import Place
from cinema.seats.halls.plan_layout import HallLayout
from cinema.seats.models import Seat, ShowLayout

# Distinguishes the blocks of the plan from those of staff.
PLAN_REASON = "Not for sale by the seating plan"


def apply_blocks(show_id: int, planned: list[Place]) -> None:
    """Blocks the available seats that the plan keeps out of sale, and no others.

    Blocks of staff stay. A taken or held seat stays taken or held.
    """
    guids = {place.guid for place in planned if place.blocked}
    by_plan = Seat.objects.filter(show=show_id, blocked=True, block_reason=PLAN_REASON)
    unplanned = [number for number, guid in by_plan.values_list("number", "guid") if guid not in guids]
    if unplanned:
        unblock(show_id=show_id, seat_numbers=unplanned)
    if guids:
        seats = Seat.objects.filter(show=show_id).order_by("number").values_list("number", "guid")
        block(show_id=show_id, seat_numbers=[n for n, guid in seats if guid in guids], reason=PLAN_REASON)


def store_layout(show_id: int, layout: HallLayout) -> None:
    row = ShowLayout(show_id=show_id, layout=layout)
    ShowLayout.objects.bulk_create(
        [row], update_conflicts=True, unique_fields=["show"], update_fields=["layout"]
    )
