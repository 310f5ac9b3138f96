"""How the tables lie on several nodes, as SQL for PostgreSQL with the Citus extension.

Seats and bookings are distributed by show, and colocated: all rows of one show are on one node, in one shard,
and a sale is a statement of that node alone. Every other table is a reference table, whole on every node, so
that the sale finds its show and its buyer where its seat is.

The plan is worked out from the models and from what the database says of their tables, and holds only what
is missing. It is data: `distribute_by_show` prints it or runs it.
"""

from dataclasses import dataclass
from graphlib import TopologicalSorter

from django.conf import settings
from django.db import connection
from django.db.backends.utils import CursorWrapper
from django.db.migrations.recorder import MigrationRecorder

from cinema.seats.models import Booking, Seat

COLUMN = "show_id"
# The others are colocated with the first.
DISTRIBUTED = [Seat._meta.db_table, Booking._meta.db_table]

# One connection for each node, not one for each shard. Citus asks for it where a transaction makes tables with
# foreign keys, and where it changes many shards and then a reference table, as the deletion of a user does.
SEQUENTIAL = "citus.multi_shard_modify_mode TO 'sequential'"
SETTINGS = [f"SET LOCAL {SEQUENTIAL}", "SET LOCAL client_min_messages TO warning"]

EXTENSION = "SELECT 1 FROM pg_extension WHERE extname = 'citus'"
NAMES = "SELECT oid::regclass::text FROM pg_class WHERE relname = ANY(%s) AND pg_table_is_visible(oid)"
KINDS = """
SELECT table_name::text, citus_table_type, distribution_column, colocation_id FROM citus_tables"""
FOREIGN_KEYS = """
SELECT conrelid::regclass::text, confrelid::regclass::text, quote_ident(conname),
       regexp_replace(pg_get_constraintdef(oid), ' DEFERRABLE.*', ''), condeferrable
FROM pg_constraint WHERE contype = 'f' AND conparentid = 0 ORDER BY 1, 3"""
UNIQUE_INDEXES = """
SELECT indrelid::regclass::text, indexrelid::regclass::text, indisprimary,
       ARRAY(SELECT quote_ident(attname) FROM unnest(indkey) WITH ORDINALITY AS part(number, place)
             JOIN pg_attribute ON attrelid = indrelid AND attnum = number ORDER BY place)
FROM pg_index WHERE indisunique AND indrelid::regclass::text = ANY(%s) ORDER BY 1, 2"""
SETTING = """
SELECT 1 FROM pg_db_role_setting JOIN pg_database ON pg_database.oid = setdatabase
WHERE datname = current_database() AND setrole = 0
  AND 'citus.multi_shard_modify_mode=sequential' = ANY (setconfig)"""


class CannotDistribute(Exception):
    """The tables are not as they must be; says what is in the way."""


@dataclass(frozen=True)
class ForeignKey:
    table: str
    target: str
    name: str
    definition: str
    deferrable: bool

    def drop(self) -> str:
        return f"ALTER TABLE {self.table} DROP CONSTRAINT {self.name}"

    def add(self) -> str:
        return f"ALTER TABLE {self.table} ADD CONSTRAINT {self.name} {self.definition}"


@dataclass(frozen=True)
class Kind:
    """What Citus says of a table: "distributed" by a column, "reference", or "local"."""

    name: str = ""
    column: str = ""
    colocation: int | None = None


def has_citus(cursor: CursorWrapper) -> bool:
    cursor.execute(EXTENSION)
    return cursor.fetchone() is not None


def plan(cursor: CursorWrapper) -> list[str]:
    """The statements that are still to be run, in this order and in one transaction, after `SETTINGS`.

    Raises `CannotDistribute`.
    """
    tables, spread = _tables(cursor), DISTRIBUTED
    if not set(spread) <= set(tables):
        raise CannotDistribute("The tables are not there yet: manage.py migrate comes first.")
    kinds = _kinds(cursor, tables)
    for table in spread:
        if kinds[table].name == "distributed" and kinds[table].column != COLUMN:
            raise CannotDistribute(f"{table} is distributed by {kinds[table].column}, not by {COLUMN}.")
    keys = _foreign_keys(cursor)
    if pointing := [f"{key.name} of {key.table}" for key in keys if key.target in spread]:
        raise CannotDistribute(f"A foreign key points at what is to be distributed: {', '.join(pointing)}.")
    # A check that waits for the commit would fail as a commit that went wrong, not as the refusal that it is.
    # And no table with an identity becomes a distributed one while it points at a reference table.
    of_spread = [key for key in keys if key.table in spread]
    anew = [key for key in of_spread if key.deferrable or kinds[key.table].name != "distributed"]
    return [
        *(key.drop() for key in anew),
        *_adapted_keys(cursor, spread),
        *_made(tables, spread, keys, kinds),
        *(key.add() for key in anew),
        *_local_data_removed(tables, spread, keys, kinds),
        *_setting(cursor),
    ]


def _tables(cursor: CursorWrapper) -> list[str]:
    """All tables of the project that there are: those of the models, of migrations, of caches."""
    names = {*connection.introspection.django_table_names(), MigrationRecorder.Migration._meta.db_table}
    for cache in settings.CACHES.values():
        if cache["BACKEND"].endswith(".DatabaseCache"):
            names.add(cache["LOCATION"])
    cursor.execute(NAMES, [sorted(names)])
    return sorted(name for (name,) in cursor.fetchall())


def _kinds(cursor: CursorWrapper, tables: list[str]) -> dict[str, Kind]:
    """Of a table that Citus does not know, and where there is no Citus, nothing is said."""
    kinds = dict.fromkeys(tables, Kind())
    if has_citus(cursor):
        cursor.execute(KINDS)
        kinds.update({name: Kind(*rest) for name, *rest in cursor.fetchall()})
    return kinds


def _foreign_keys(cursor: CursorWrapper) -> list[ForeignKey]:
    cursor.execute(FOREIGN_KEYS)
    return [ForeignKey(*row) for row in cursor.fetchall()]


def _adapted_keys(cursor: CursorWrapper, spread: list[str]) -> list[str]:
    """Every unique key gets the show in front, for each node can see to its own rows only.

    What the primary key was keeps an index: bookings are cancelled by their id.
    """
    statements = []
    cursor.execute(UNIQUE_INDEXES, [spread])
    for table, index, primary, columns in cursor.fetchall():
        if COLUMN in columns:
            continue
        if not primary:
            raise CannotDistribute(f"{index}, a unique index of {table}, does not contain {COLUMN}.")
        key = ", ".join(columns)
        statements += [
            f"ALTER TABLE {table} DROP CONSTRAINT {index}",
            f"ALTER TABLE {table} ADD CONSTRAINT {index} PRIMARY KEY ({COLUMN}, {key})",
            f"CREATE INDEX {table}_by_{'_'.join(columns)} ON {table} ({key})",
        ]
    return statements


def _made(tables: list[str], spread: list[str], keys: list[ForeignKey], kinds: dict[str, Kind]) -> list[str]:
    made = [
        f"SELECT create_reference_table('{table}')"
        for table in _in_order(tables, keys)
        if table not in spread and kinds[table].name != "reference"
    ]
    first, *others = spread
    if kinds[first].name != "distributed":
        made.append(f"SELECT create_distributed_table('{first}', '{COLUMN}', colocate_with => 'none')")
    for table in others:
        if kinds[table].name != "distributed":
            made.append(f"SELECT create_distributed_table('{table}', '{COLUMN}', colocate_with => '{first}')")
        elif kinds[table].colocation != kinds[first].colocation:
            made.append(f"SELECT update_distributed_table_colocation('{table}', colocate_with => '{first}')")
    return made


def _in_order(tables: list[str], keys: list[ForeignKey]) -> list[str]:
    """Each table after those that its foreign keys point at: a reference table may point at no other kind."""
    targets = {
        table: sorted({key.target for key in keys if key.table == table and key.target in tables} - {table})
        for table in tables
    }
    return list(TopologicalSorter(targets).static_order())


def _local_data_removed(
    tables: list[str], spread: list[str], keys: list[ForeignKey], kinds: dict[str, Kind]
) -> list[str]:
    """The rows as they were before stay on disk, unseen, and in the way of keys to come."""
    return [
        f"SELECT truncate_local_data_after_distributing_table('{table}')"
        for table in reversed(_in_order(tables, keys))
        if kinds[table].name != ("distributed" if table in spread else "reference")
    ]


def _setting(cursor: CursorWrapper) -> list[str]:
    cursor.execute(SETTING)
    if cursor.fetchone():
        return []
    return [f"ALTER DATABASE {connection.ops.quote_name(connection.settings_dict['NAME'])} SET {SEQUENTIAL}"]
