"""The one owner of a seat's status: "available to this user" as SQL, as Q and as Python, side by side.

A seat is taken, blocked, held (by a hold that has not expired) or available. A seat is available to a user if
it is available or if that user holds it. `tests/seats/test_status.py` compares the three forms over all
combinations.
"""

from django.db.models import Q
from django.db.models.functions import Now

from cinema.seats.sql.dialect import NOW

STATUSES = {"a": "available", "h": "held", "t": "taken", "b": "blocked"}

# --- as SQL; the user is the parameter `%(user)s` ---------------------------------------

HELD = f"held_until > {NOW}"
HELD_BY_USER = f"held_by = %(user)s AND held_until > {NOW}"
AVAILABLE = f"NOT taken AND NOT blocked AND (held_until IS NULL OR held_until <= {NOW})"
AVAILABLE_TO_USER = (
    f"NOT taken AND NOT blocked AND (held_until IS NULL OR held_until <= {NOW} OR held_by = %(user)s)"
)
# For the till, on purpose.
AVAILABLE_OR_BLOCKED_TO_USER = (
    f"NOT taken AND (held_until IS NULL OR held_until <= {NOW} OR held_by = %(user)s)"
)
# One letter, a key of STATUSES: the same for everybody, so that it does not tell who holds a seat.
STATUS_LETTER = f"CASE WHEN taken THEN 't' WHEN blocked THEN 'b' WHEN {HELD} THEN 'h' ELSE 'a' END"

# --- as Q --------------------------------------------------------------------------------

HOLD_IS_LIVE = Q(held_until__gt=Now())
NO_LIVE_HOLD = Q(held_until=None) | Q(held_until__lte=Now())


def held_by(user_id: int) -> Q:
    return HOLD_IS_LIVE & Q(held_by=user_id)


def available() -> Q:
    return NO_LIVE_HOLD & Q(taken=False, blocked=False)


def available_to(user_id: int) -> Q:
    return (NO_LIVE_HOLD | Q(held_by=user_id)) & Q(taken=False, blocked=False)


# --- as Python ---------------------------------------------------------------------------


def status_letter(*, taken: bool, blocked: bool, held: bool) -> str:
    """A key of STATUSES; `held` means that a hold is live by the database's clock."""
    return "t" if taken else "b" if blocked else "h" if held else "a"


def is_available_to(user_id: int | None, letter: str, held_by: int | None) -> bool:
    """Tells whether a user may have the seat. `user_id` is None for anybody."""
    return letter == "a" or (letter == "h" and user_id is not None and held_by == user_id)
