"""Every statement that changes who has a seat. This is where a seat is sold, held, released and cancelled.

Each statement is conditional, and the rows that it returns decide: all that were wanted, or nothing happened.
All conditions stand in the WHERE of the UPDATE that changes the seat, or of its subquery that locks the seat.
When two transactions want one seat, the database lets the second wait, re-checks the condition on the changed
row, and finds the seat taken.

Conditions on other tables are EXISTS, never a join. Django would turn a join into
`WHERE id IN (SELECT … WHERE NOT taken)`, which PostgreSQL does not re-check after the wait. Both would get the
seat.

Statements that change several seats lock them first, in the order of their numbers, so that two of them cannot
deadlock. PostgreSQL does that inside the statement. SQLite has one writer at a time, and needs no row locks.

The statements are plain SQL because the ORM would spend more on building them, for every sale again, than the
rest of the request costs (docs/performance.md).
"""

from cinema.seats.booking.statements.admissions import admit
from cinema.seats.booking.statements.answers import with_show
from cinema.seats.booking.statements.blocks import BLOCK, UNBLOCK, block, unblock
from cinema.seats.booking.statements.cancels import (
    CALLED_OFF,
    CANCEL_AND_FREE,
    CANCEL_BY_OWNER,
    FREE,
    call_off,
    cancel,
    end,
)
from cinema.seats.booking.statements.conditions import USER_IS_ACTIVE, USER_IS_STAFF
from cinema.seats.booking.statements.holds import (
    HOLD,
    RELEASE,
    Hold,
    hold,
    lock_seats_of_show,
    lock_user,
    release,
)
from cinema.seats.booking.statements.lookups import show_and_other_half
from cinema.seats.booking.statements.moves import amount, change_seats, pair_of
from cinema.seats.booking.statements.renumbering import renumber
from cinema.seats.booking.statements.sales import (
    BOOK,
    BOOK_CALL,
    BOOK_HELD,
    BOOK_HELD_CALL,
    TAKE,
    TAKE_HELD,
    book,
    book_held,
)
from cinema.seats.booking.statements.several import HOLD_CALL, Sale, sell_several
from cinema.seats.booking.statements.till_sales import SELL, SELL_CALL, SHOW_HAS_NOT_ENDED, TAKE_ALL, sell

__all__ = [
    "BLOCK",
    "BOOK",
    "BOOK_CALL",
    "BOOK_HELD",
    "BOOK_HELD_CALL",
    "CALLED_OFF",
    "CANCEL_AND_FREE",
    "CANCEL_BY_OWNER",
    "FREE",
    "HOLD",
    "HOLD_CALL",
    "RELEASE",
    "SELL",
    "SELL_CALL",
    "SHOW_HAS_NOT_ENDED",
    "TAKE",
    "TAKE_ALL",
    "TAKE_HELD",
    "UNBLOCK",
    "USER_IS_ACTIVE",
    "USER_IS_STAFF",
    "Hold",
    "Sale",
    "admit",
    "amount",
    "block",
    "book",
    "book_held",
    "call_off",
    "cancel",
    "change_seats",
    "end",
    "hold",
    "lock_seats_of_show",
    "lock_user",
    "pair_of",
    "release",
    "renumber",
    "sell",
    "sell_several",
    "show_and_other_half",
    "unblock",
    "with_show",
]
