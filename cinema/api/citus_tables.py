"""Asks PostgreSQL whether its Citus extension distributes a table."""

from django.db import connection


def is_distributed_table(name: str) -> bool:
    """Tells whether Citus distributes the table over several nodes. Without Citus it is false."""
    if connection.vendor != "postgresql":
        return False
    with connection.cursor() as cursor:
        # `citus_tables` is a view of the extension. Without the extension the answer is null.
        cursor.execute("SELECT to_regclass('citus_tables')")
        if cursor.fetchone() == (None,):
            return False
        cursor.execute(
            "SELECT 1 FROM citus_tables WHERE table_name::text = %s AND citus_table_type = 'distributed'",
            [name],
        )
        return cursor.fetchone() is not None
