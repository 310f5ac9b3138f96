"""Moves the state of seats to their new numbers, for a re-layout."""

from cinema.seats.sql.dialect import JSON_ITEM, JSON_ROWS
from cinema.seats.sql.fetch import fetch_all

# Every new number with the old one of the same seat, or null for a seat that is new.
RENUMBER = f"""
UPDATE seats_seat
SET taken = COALESCE(old.taken, FALSE), held_by = old.held_by, held_since = old.held_since,
    held_until = old.held_until, blocked = COALESCE(old.blocked, FALSE),
    block_reason = COALESCE(old.block_reason, '')
FROM (
SELECT CAST({JSON_ITEM.format(0)} AS integer) AS seat, before.taken, before.held_by, before.held_since,
       before.held_until, before.blocked, before.block_reason
FROM {JSON_ROWS.format("%(pairs)s")}
LEFT JOIN seats_seat before ON before.show_id = %(show)s
  AND before.number = CAST({JSON_ITEM.format(1)} AS integer)) old
WHERE show_id = %(show)s AND number = old.seat
RETURNING number"""  # noqa: S608


def renumber(*, show_id: int, pairs_json: bytes) -> None:
    """Moves the state of seats (taken, held, blocked) to their new numbers; `[[new, old or null], …]` as JSON.

    All rows must exist and be locked.
    """
    fetch_all(RENUMBER, {"show": show_id, "pairs": pairs_json.decode()})
