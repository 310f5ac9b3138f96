#!/usr/bin/env python
"""Runs Django's management commands for this project."""

import os
import sys


def explain_database_error(error: Exception) -> str:
    """One line for operators: the usual mistakes are a missing `migrate` and a wrong `DATABASE_URL`."""
    from django.db import DatabaseError, connection
    from django.db.migrations.executor import MigrationExecutor

    try:
        executor = MigrationExecutor(connection)
        if executor.migration_plan(executor.loader.graph.leaf_nodes()):
            return "The database is not migrated. Run `manage.py migrate` first."
    except DatabaseError:
        pass  # It does not answer at all.
    return f"The database answered: {' '.join(str(error).split())}"


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "cinema.settings")
    try:
        from django.core.exceptions import ImproperlyConfigured
        from django.core.management import execute_from_command_line
        from django.db import DatabaseError

        from cinema.env import use_development_defaults
    except ImportError as error:
        raise SystemExit("Django is not installed here: run `make install` first.") from error
    use_development_defaults()
    if sys.argv[1:2] in (["migrate"], ["dumpdata"]):
        # A database file and a dump contain password hashes.
        os.umask(0o077)
    try:
        execute_from_command_line(sys.argv)
    except ImproperlyConfigured as error:
        sys.exit(str(error))
    except DatabaseError as error:
        if "--traceback" in sys.argv:
            raise
        sys.exit(explain_database_error(error))


if __name__ == "__main__":
    main()
