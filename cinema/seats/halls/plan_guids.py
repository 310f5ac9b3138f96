"""Gives new guids to the seats of a row that was copied in an editor, which keeps the guids."""

import uuid
from typing import Any

# Any fixed UUID. It makes the new guids equal whenever the same plan is read.
NAMESPACE = uuid.UUID("8f6f0e0a-9d1c-4b5e-8c37-52d2a9c1f0b4")


def renew_repeated_guids(plan: Any) -> None:
    """Changes the guid of each seat whose guid an earlier seat has.

    The new guid depends on the old one only, so that a plan that is imported again keeps its seats. It skips
    everything that is not a seat, because the reader of the plan reports that.
    """
    seats = [
        seat
        for zone in _objects(plan, "zones")
        for row in _objects(zone, "rows")
        for seat in _objects(row, "seats")
        if seat.get("seat_guid") and isinstance(seat["seat_guid"], str | int)
    ]
    in_plan = {str(seat["seat_guid"]) for seat in seats}
    counts: dict[str, int] = {}
    new_guids: dict[tuple[str, int], str] = {}
    copies: list[tuple[dict[str, Any], int]] = []
    for seat in seats:
        guid = str(seat["seat_guid"])
        count = counts[guid] = counts.get(guid, 0) + 1
        if count > 1:
            seat["seat_guid"] = new_guids[guid, count] = _new_guid(guid, count, in_plan)
            copies.append((seat, count))
    # The two halves of a copied sofa are halves of each other, not of the sofa that was copied.
    for seat, count in copies:
        if other := new_guids.get((str(seat.get("pair")), count)):
            seat["pair"] = other


def _new_guid(guid: str, count: int, in_plan: set[str]) -> str:
    """The guid of the seat that is the `count`th one with the same guid."""
    new = str(uuid.uuid5(NAMESPACE, f"{guid} {count}"))
    return _new_guid(new, count, in_plan) if new in in_plan else new


def _objects(parent: Any, name: str) -> list[dict[str, Any]]:
    items = parent.get(name) if isinstance(parent, dict) else None
    return [item for item in items if isinstance(item, dict)] if isinstance(items, list) else []
