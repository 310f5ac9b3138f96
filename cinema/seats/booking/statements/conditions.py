"""Conditions and changes that several statements share. `status.py` has "available to this user"."""

from django.contrib.auth import get_user_model

from cinema.seats.models import VERSION_STEP
from cinema.seats.sql.dialect import LOCK_ROWS, NOW, ONE_OF, SEATS_OF_SHOW

# --- The shared conditions -----------------------------------------------------------------------

# AVAILABLE_TO_USER and HELD_BY_USER stand in `status.py`.


def show_meets(condition: str) -> str:
    return f"EXISTS (SELECT 1 FROM shows_show WHERE id = %(show)s AND {condition})"  # noqa: S608


SHOW_IS_UPCOMING = show_meets(f"date_time > {NOW}")
# A changed password ends a token, because the token carries a hash of the password that it was issued for.
# Calls without a token, such as tests, have no hash; then only `is_active` counts.
USER_IS_ACTIVE = f"""EXISTS (SELECT 1 FROM {get_user_model()._meta.db_table} WHERE id = %(user)s AND is_active
    AND (CAST(%(password_hash)s AS text) IS NULL OR UPPER(MD5(password)) = %(password_hash)s))"""  # noqa: S608
# Staff may sell before everybody else.
USER_IS_STAFF = f"EXISTS (SELECT 1 FROM {get_user_model()._meta.db_table} WHERE id = %(user)s AND is_staff)"  # noqa: S608
ON_SALE = f"""date_time > {NOW}
    AND status = 'scheduled' AND (on_sale_from IS NULL OR on_sale_from <= {NOW} OR {USER_IS_STAFF})"""
SHOW_IS_ON_SALE = show_meets(ON_SALE)

# A booking that is live and whose ticket was not scanned.
NOT_ADMITTED = "status = 'booked' AND admitted_at IS NULL"


# --- The shared changes --------------------------------------------------------------------------

CHANGED = f"changes = changes + {VERSION_STEP}"
NOT_HELD = "held_by = NULL, held_since = NULL, held_until = NULL"
TAKEN = f"taken = TRUE, {NOT_HELD}, {CHANGED}"
ONE_OF_SEATS = ONE_OF.format("%(seats)s")
# A sofa is two seats that are held, sold and cancelled together.
NOT_HALF_OF_PAIR = "pair IS NULL"
OTHER_HALF_IS_WANTED = f"(pair IS NULL OR pair {ONE_OF_SEATS})"


def locked_seats(condition: str) -> str:
    """The numbers of a show's seats that meet a condition, locked in their order, to be joined in an UPDATE."""
    return f"""
(SELECT number AS seat FROM seats_seat WHERE {SEATS_OF_SHOW} AND {condition}
 ORDER BY number {LOCK_ROWS}) locked"""  # noqa: S608
