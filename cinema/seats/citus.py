"""Optional: distributes seats and bookings over the nodes of a PostgreSQL with the Citus extension.

Both tables are distributed by show and colocated, so that one shard holds all seats and bookings of a show.
Most of the others become reference tables, which every node stores in full. So a sale finds its show and its
buyer on the node of its seat. The tables that a login writes stay on the coordinator alone.

`plan` compares the models with the catalogs of PostgreSQL and Citus, and returns the SQL statements that are
missing. The command `distribute_by_show` prints or runs them. No other module imports this one.
"""

from dataclasses import dataclass
from graphlib import TopologicalSorter

from django.apps import apps
from django.conf import settings
from django.db import connection
from django.db.backends.utils import CursorWrapper
from django.db.migrations.recorder import MigrationRecorder

from cinema.seats.models import Booking, Seat

COLUMN = "show_id"
# The second table is colocated with the first.
DISTRIBUTED = [Seat._meta.db_table, Booking._meta.db_table]

# The apps whose tables stay on the coordinator, like the shared cache. A write to a reference table needs all
# nodes, and users must be able to log in while one is down. No statement of a sale reads these tables.
LOCAL_APPS = ["admin", "otp_totp", "sessions", "token_blacklist"]

# Makes Citus use one connection for each node instead of one for each shard. Citus requires it in
# transactions that create tables with foreign keys. It also requires it in those that change several shards and
# then a reference table, such as deleting a user.
SEQUENTIAL = "citus.multi_shard_modify_mode TO 'sequential'"
SETTINGS = [
    f"SET LOCAL {SEQUENTIAL}",
    # Otherwise Citus first turns the tables that foreign keys connect to a reference table into its own local
    # tables. That restarts their identity sequences, and new rows would get ids that already exist.
    "SET LOCAL citus.enable_local_reference_table_foreign_keys TO off",
    "SET LOCAL client_min_messages TO warning",
]

EXTENSION = "SELECT 1 FROM pg_extension WHERE extname = 'citus'"
# A coordinator that is no node of its cluster has no copies of reference tables. Then Citus runs `setval` on a
# worker, which has no sequences, so that `loaddata` and `make run` fail.
COORDINATOR = "SELECT 1 FROM pg_dist_node WHERE groupid = 0"
# Citus distributes no table that has a trigger.
NOTICE_TRIGGERS = """
SELECT tgname, tgrelid::regclass::text, tgenabled <> 'D' FROM pg_trigger
WHERE NOT tgisinternal AND tgrelid::regclass::text = ANY(%s) ORDER BY 1"""
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
    """The tables can't be distributed; the message says why."""


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
    """How Citus stores a table: "distributed" by a column, "reference", or "local" (empty: unknown to
    Citus)."""

    name: str = ""
    column: str = ""
    colocation: int | None = None


def has_citus(cursor: CursorWrapper) -> bool:
    cursor.execute(EXTENSION)
    return cursor.fetchone() is not None


def plan(cursor: CursorWrapper) -> list[str]:
    """The missing statements, to be run in this order and in one transaction, after `SETTINGS`.

    Raises `CannotDistribute`.
    """
    tables, distributed = _tables(cursor), DISTRIBUTED
    if not set(distributed) <= set(tables):
        raise CannotDistribute("The tables do not exist yet. Run manage.py migrate first.")
    kinds = _kinds(cursor, tables)
    for table in distributed:
        if kinds[table].name == "distributed" and kinds[table].column != COLUMN:
            raise CannotDistribute(f"{table} is distributed by {kinds[table].column}, not by {COLUMN}.")
    keys = _foreign_keys(cursor)
    local = _local(tables)
    if pointing := [f"{key.name} of {key.table}" for key in keys if key.target in distributed]:
        raise CannotDistribute(f"Foreign keys point at tables to be distributed: {', '.join(pointing)}.")
    # A deferred check would fail in COMMIT, which Django reports as a database error instead of a refusal. And
    # Citus can't distribute a table with an identity column while it has a foreign key to a reference table.
    if has_citus(cursor):
        _check_coordinator(cursor)
    own_keys = [key for key in keys if key.table in distributed]
    recreated = [key for key in own_keys if key.deferrable or kinds[key.table].name != "distributed"]
    # A key of a local table would make it a local table of Citus, whose identity sequence begins again. Django
    # deletes or changes the rows of a deleted user itself.
    leaving = [
        key for key in keys if key.table in local and not kinds[key.table].name and key.target not in local
    ]
    # An earlier version made reference tables of the local ones. Citus can't undo that for an identity column.
    copied = [table for table in tables if table not in local]
    return [
        *_triggers_dropped(cursor, tables),
        *(key.drop() for key in [*leaving, *recreated]),
        *_extended_keys(cursor, distributed),
        *_created(copied, distributed, keys, kinds),
        *(key.add() for key in recreated),
        *_local_data_removed(copied, distributed, keys, kinds),
        *_setting(cursor),
    ]


def _check_coordinator(cursor: CursorWrapper) -> None:
    cursor.execute(COORDINATOR)
    if cursor.fetchone() is None:
        raise CannotDistribute(
            "The coordinator is no node of its cluster yet. Run SELECT citus_set_coordinator_host('HOST') on "
            "it, with the name by which the workers reach it."
        )


def _triggers_dropped(cursor: CursorWrapper, tables: list[str]) -> list[str]:
    """Drops the triggers of notices. Raises `CannotDistribute` if one is turned on."""
    cursor.execute(NOTICE_TRIGGERS, [tables])
    triggers = cursor.fetchall()
    if any(is_enabled for _, _, is_enabled in triggers):
        raise CannotDistribute(
            "Notices need triggers, which distributed tables can't have. Delete all subscriptions in the admin "
            "first: see docs/notices.md."
        )
    return [f"DROP TRIGGER {name} ON {table}" for name, table, _ in triggers]


def _tables(cursor: CursorWrapper) -> list[str]:
    """All existing tables of the project: of models, migrations and caches."""
    names = {
        *connection.introspection.django_table_names(),
        MigrationRecorder.Migration._meta.db_table,
        *_tables_of_caches(),
    }
    cursor.execute(NAMES, [sorted(names)])
    return sorted(name for (name,) in cursor.fetchall())


def _tables_of_caches() -> list[str]:
    caches = settings.CACHES.values()
    return [cache["LOCATION"] for cache in caches if cache["BACKEND"].endswith(".DatabaseCache")]


def _local(tables: list[str]) -> set[str]:
    """The existing tables that stay on the coordinator."""
    models = [model for label in LOCAL_APPS for model in apps.get_app_config(label).get_models()]
    return {*_tables_of_caches(), *(model._meta.db_table for model in models)} & {*tables}


def _kinds(cursor: CursorWrapper, tables: list[str]) -> dict[str, Kind]:
    """The kind of each table; an empty one for tables that Citus does not know, and without Citus."""
    kinds = dict.fromkeys(tables, Kind())
    if has_citus(cursor):
        cursor.execute(KINDS)
        kinds.update({name: Kind(*rest) for name, *rest in cursor.fetchall()})
    return kinds


def _foreign_keys(cursor: CursorWrapper) -> list[ForeignKey]:
    cursor.execute(FOREIGN_KEYS)
    return [ForeignKey(*row) for row in cursor.fetchall()]


def _extended_keys(cursor: CursorWrapper, distributed: list[str]) -> list[str]:
    """Puts the show in front of every primary key, because each node can only check its own rows.

    The old key keeps an index, because bookings are looked up by id.
    """
    statements = []
    cursor.execute(UNIQUE_INDEXES, [distributed])
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


def _created(
    tables: list[str], distributed: list[str], keys: list[ForeignKey], kinds: dict[str, Kind]
) -> list[str]:
    created = [
        f"SELECT create_reference_table('{table}')"
        for table in _in_order(tables, keys)
        if table not in distributed and kinds[table].name != "reference"
    ]
    first, *others = distributed
    if kinds[first].name != "distributed":
        created.append(f"SELECT create_distributed_table('{first}', '{COLUMN}', colocate_with => 'none')")
    for table in others:
        if kinds[table].name != "distributed":
            created.append(
                f"SELECT create_distributed_table('{table}', '{COLUMN}', colocate_with => '{first}')"
            )
        elif kinds[table].colocation != kinds[first].colocation:
            created.append(f"SELECT update_distributed_table_colocation('{table}', colocate_with => '{first}')")
    return created


def _in_order(tables: list[str], keys: list[ForeignKey]) -> list[str]:
    """Sorts tables after the targets of their foreign keys, because a reference table may only point at one."""
    targets = {
        table: sorted({key.target for key in keys if key.table == table and key.target in tables} - {table})
        for table in tables
    }
    return list(TopologicalSorter(targets).static_order())


def _local_data_removed(
    tables: list[str], distributed: list[str], keys: list[ForeignKey], kinds: dict[str, Kind]
) -> list[str]:
    """Removes the rows of the former local tables. They stay on disk unseen, but later keys would check
    them."""
    return [
        f"SELECT truncate_local_data_after_distributing_table('{table}')"
        for table in reversed(_in_order(tables, keys))
        if kinds[table].name != ("distributed" if table in distributed else "reference")
    ]


def _setting(cursor: CursorWrapper) -> list[str]:
    cursor.execute(SETTING)
    if cursor.fetchone():
        return []
    return [f"ALTER DATABASE {connection.ops.quote_name(connection.settings_dict['NAME'])} SET {SEQUENTIAL}"]
