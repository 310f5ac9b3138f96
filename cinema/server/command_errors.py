"""Words the errors of management commands for operators."""

from django.core.management import CommandError
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor


def explain(error: CommandError | DatabaseError) -> str:
    """One line. The usual mistakes with a database are a missing `migrate` and a wrong `DATABASE_URL`."""
    message = " ".join(str(error).split())
    if isinstance(error, CommandError):
        return message
    try:
        executor = MigrationExecutor(connection)
        if executor.migration_plan(executor.loader.graph.leaf_nodes()):
            return "The database is not migrated. Run `manage.py migrate` first."
    except DatabaseError:
        pass  # It does not answer at all.
    return f"The database answered: {message}"
