"""Finds and holds the best adjacent seats."""

from contextlib import suppress
from typing import Any

from rest_framework.exceptions import APIException

from cinema.api.problems import Unavailable
from cinema.seats.booking.orphan_rule import seats_for_user
from cinema.seats.booking.sale_context import check_show, require_active_user
from cinema.seats.booking.services import MAX_ATTEMPTS, try_to_hold
from cinema.seats.booking.statements import Hold
from cinema.seats.exceptions import LeavesSingleSeat, NoAdjacentSeats
from cinema.seats.halls.adjacency import best_blocks, largest_block


def hold_best(
    *,
    user_id: int,
    show_id: int,
    size: int,
    category: str | None = None,
    accessible: bool | None = None,
    password_hash: str | None = None,
) -> Hold:
    """Holds the best `size` adjacent seats that are available (see `adjacency.best_blocks`).

    If another buyer gets a block first, the next best one is tried. Blocks that other transactions have locked
    are skipped without waiting. Only if all blocks are locked does the call wait for the best one.

    Raises `NoAdjacentSeats`, with the size of the largest block, and otherwise like `hold_seats`.
    """
    kind: dict[str, Any] = {"category": category, "accessible": accessible}
    _check(user_id, show_id, password_hash)
    for _ in range(MAX_ATTEMPTS):
        seats = seats_for_user(show_id, user_id)
        blocks = best_blocks(seats, size, **kind)
        if not blocks:
            require_active_user(user_id, password_hash)
            check_show(user_id, show_id)  # The show may have been deleted since.
            raise NoAdjacentSeats(largest_block(seats, **kind))
        unavailable: set[int] = set()
        for block in blocks:
            if unavailable.isdisjoint(block):
                if hold := _try(user_id, show_id, block, password_hash, wait=False):
                    return hold
                unavailable.update(block)
        if hold := _try(user_id, show_id, blocks[0], password_hash):
            return hold
        require_active_user(user_id, password_hash)
        check_show(user_id, show_id)
    raise Unavailable()


def _check(user_id: int, show_id: int, password_hash: str | None) -> None:
    """Raises what `check_show` raises, or `InvalidToken` if the user is not active either."""
    try:
        check_show(user_id, show_id)
    except APIException:
        require_active_user(user_id, password_hash)
        raise


def _try(
    user_id: int, show_id: int, block: list[int], password_hash: str | None, *, wait: bool = True
) -> Hold | None:
    with suppress(LeavesSingleSeat):
        return try_to_hold(user_id, show_id, block, wait=wait, password_hash=password_hash)
    return None
