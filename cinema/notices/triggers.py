"""Triggers that store a notice in the same transaction as the change of a booking or a show.

They see every change, by any code or program. Without an active subscription they are turned off, and cost a
sale nothing.

PostgreSQL turns a trigger off instead of dropping it. Dropping it would wait for a backup that reads the table,
and all sales would wait for the drop. Turning it on or off waits only for transactions that write.
"""

from django.db import connection, transaction

ON_POSTGRESQL = connection.vendor == "postgresql"

# Times in the JSON have the same format as in the API.
JSON_TIME = {
    "sqlite": "STRFTIME('%Y-%m-%dT%H:%M:%SZ', {})",
    "postgresql": """TO_CHAR({} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')""",
}[connection.vendor]
JSON_OBJECT = {"sqlite": "JSON_OBJECT", "postgresql": "JSONB_BUILD_OBJECT"}[connection.vendor]
NOW = {"sqlite": "STRFTIME('%Y-%m-%d %H:%M:%f', 'NOW')", "postgresql": "STATEMENT_TIMESTAMP()"}[
    connection.vendor
]

SHOW = f"""'show', show.id, 'movie', movie.id, 'title', movie.title, 'screen_name', show.screen_name,
  'date_time', {JSON_TIME.format("show.date_time")}, 'cancel_reason', show.cancel_reason"""
LABEL = "COALESCE(NULLIF(NEW.sold_label, ''), seat.label, CAST(NEW.seat_number AS text))"
BOOKING = f"""'booking', NEW.id, 'order', NEW."order", 'user', NEW.user_id,
  'seat_number', NEW.seat_number, 'seat_label', {LABEL},
  'kind', NEW.kind, 'amount', NEW.amount, 'currency', NEW.currency,
  'cancelled_because', NEW.cancelled_because, {SHOW}"""
OF_BOOKING = """shows_show show JOIN shows_movie movie ON movie.id = show.movie_id
  LEFT JOIN seats_seat seat ON seat.show_id = show.id AND seat.number = NEW.seat_number
WHERE show.id = NEW.show_id"""
OF_SHOW = "shows_show show JOIN shows_movie movie ON movie.id = show.movie_id WHERE show.id = NEW.id"
CALL = """COALESCE(NEW."order", CAST(NEW.id AS text))"""


def _write(event: str, call: str, data: str, source: str) -> str:
    # `loaddata` makes all subscriptions inactive in its transaction, so that loaded bookings are no news.
    return f"""
INSERT INTO notices_notice (event, call, data, created_at)
SELECT '{event}', {call}, {JSON_OBJECT}({data}), {NOW} FROM {source}
  AND EXISTS (SELECT 1 FROM notices_subscription WHERE is_active);"""  # noqa: S608


CONFIRMED = _write("booking.confirmed", CALL, BOOKING, OF_BOOKING)
CANCELLED = _write(
    *("booking.cancelled", f"{CALL} || COALESCE(CAST(NEW.cancelled_at AS text), '')", BOOKING, OF_BOOKING)
)
# A re-layout changes the numbers of sold seats, but not their labels. For the user that is no move.
MOVED = _write(
    "booking.moved",
    CALL,
    f"{BOOKING}, 'old_seat_label', OLD.sold_label",
    f"{OF_BOOKING} AND OLD.sold_label <> {LABEL}",
)
SHOW_CANCELLED = _write("show.cancelled", "CAST(NEW.id AS text)", SHOW, OF_SHOW)
SHOW_CHANGED = _write(
    "show.changed",
    "CAST(NEW.id AS text)",
    f"{SHOW}, 'old_screen_name', OLD.screen_name, 'old_date_time', {JSON_TIME.format('OLD.date_time')}",
    OF_SHOW,
)

# Name, table, change, condition, and the statement that stores the notice.
TRIGGERS = [
    ("notice_of_sale", "seats_booking", "INSERT", "NEW.status = 'booked'", CONFIRMED),
    (
        *("notice_of_renewed_sale", "seats_booking", "UPDATE OF status"),
        *("NEW.status = 'booked' AND OLD.status <> 'booked'", CONFIRMED),
    ),
    (
        *("notice_of_cancel", "seats_booking", "UPDATE OF status"),
        *("NEW.status = 'cancelled' AND OLD.status = 'booked'", CANCELLED),
    ),
    (
        *("notice_of_move", "seats_booking", "UPDATE OF seat_number"),
        *("NEW.status = 'booked' AND OLD.status = 'booked' AND NEW.seat_number <> OLD.seat_number", MOVED),
    ),
    (
        *("notice_of_call_off", "shows_show", "UPDATE OF status"),
        *("NEW.status = 'cancelled' AND OLD.status <> 'cancelled'", SHOW_CANCELLED),
    ),
    (
        *("notice_of_change", "shows_show", "UPDATE OF date_time, screen_name"),
        *("NEW.date_time <> OLD.date_time OR NEW.screen_name <> OLD.screen_name", SHOW_CHANGED),
    ),
]


# The show comes first, as in all other transactions that write both tables: another order could deadlock. The
# lock also lets only one transaction replace the functions at a time.
LOCK = "LOCK TABLE shows_show, seats_booking IN SHARE ROW EXCLUSIVE MODE"


def turn_on() -> None:
    """Turns on the triggers. Does nothing if all are on, because the lock would wait for sales."""
    if not ON_POSTGRESQL or len(_enabled()) < len(TRIGGERS):
        install()


def install() -> None:
    """Installs the triggers of this version, and turns them on."""
    statements = [LOCK] if ON_POSTGRESQL else []
    for name, table, change, condition, body in TRIGGERS:
        when = f"AFTER {change} ON {table} FOR EACH ROW WHEN ({condition})"
        if ON_POSTGRESQL:
            statements += [
                f"CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {body} "
                "RETURN NULL; END $$",
                f"CREATE OR REPLACE TRIGGER {name} {when} EXECUTE FUNCTION {name}()",
            ]
        else:
            statements += [f"DROP TRIGGER IF EXISTS {name}", f"CREATE TRIGGER {name} {when} BEGIN {body} END"]
    _run(*statements)


def turn_off() -> None:
    if not ON_POSTGRESQL:
        _run(*(f"DROP TRIGGER IF EXISTS {name}" for name, *_ in TRIGGERS))
    elif enabled := _enabled():
        tables = {name: table for name, table, *_ in TRIGGERS}
        _run(LOCK, *(f"ALTER TABLE {tables[name]} DISABLE TRIGGER {name}" for name in enabled))


def _enabled() -> list[str]:
    """Returns the names of the triggers that PostgreSQL has turned on."""
    names = [name for name, *_ in TRIGGERS]
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT tgname FROM pg_trigger WHERE tgname = ANY(%s) AND tgenabled <> 'D' ORDER BY tgname", [names]
        )
        return [name for (name,) in cursor.fetchall()]


@transaction.atomic
def _run(*statements: str) -> None:
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)
