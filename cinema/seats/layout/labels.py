"""Decides in a re-layout which seats get their label from the plan.

A taken or held seat keeps its label, because the label is on a ticket. So no other seat can get that
label, and keeps its own, if it has one. Then no third seat can get that one, and so on.
"""

from collections.abc import Collection
from typing import Any

from cinema.seats.halls.geometry import Place


def refused_labels(
    planned: Collection[Place], existing: dict[str, Any], in_use: Collection[Any]
) -> list[Place]:
    """The planned places that can't have their label, because another seat keeps it.

    `existing` are the seats of the show by the guid of their place, `in_use` the taken and held ones.
    """
    numbers_in_use = {seat.number for seat in in_use}
    can_change = [p for p in planned if p.guid not in existing or existing[p.guid].number not in numbers_in_use]
    wanted = {place.label: place for place in can_change}
    kept_labels = [seat.label for seat in in_use]
    refused = []
    while kept_labels:
        if place := wanted.pop(kept_labels.pop(), None):
            refused.append(place)
            if seat := existing.get(place.guid):
                kept_labels.append(seat.label)
    return sorted(refused, key=lambda place: place.number)


def labeled_like(place: Place, seat: Any) -> Place:
    """The place with the name that the seat has in the hall."""
    return place._replace(row=seat.row, column=seat.column, label=seat.label)
