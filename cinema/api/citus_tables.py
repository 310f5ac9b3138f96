"""Asks PostgreSQL how its Citus extension stores a table."""

from django.db import connection


def citus_kind(name: str) -> str:
    """Returns "distributed" or "reference" for such a table, and "" for tables of PostgreSQL itself."""
    if connection.vendor != "postgresql":
        return ""
    with connection.cursor() as cursor:
        # `citus_tables` is a view of the extension. Without the extension the answer is null.
        cursor.execute("SELECT to_regclass('citus_tables')")
        if cursor.fetchone() == (None,):
            return ""
        cursor.execute("SELECT citus_table_type FROM citus_tables WHERE table_name::text = %s", [name])
        return (cursor.fetchone() or ("",))[0]


def is_distributed_table(name: str) -> bool:
    """Tells whether Citus distributes the table over several nodes. Without Citus it is false."""
    return citus_kind(name) == "distributed"
