"""Distributes seats and bookings by show over the nodes of a Citus database."""

from typing import Any

from django.core.management import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError, connection, transaction

from cinema.seats.citus import SETTINGS, CannotDistribute, has_citus, plan


class Command(BaseCommand):
    help = (
        "Distributes seats and bookings by show over the nodes of a PostgreSQL database with the Citus "
        "extension, and makes all other tables reference tables. Runs in one transaction. Skips what is done "
        "already, so run it again after a migration that adds a table. See docs/scaling.md."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--dry-run",
            action="store_true",
            help="Print the SQL and change nothing. Does not need Citus.",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if connection.vendor != "postgresql":
            raise CommandError(
                "Only PostgreSQL with the Citus extension distributes tables. This database is SQLite."
            )
        try:
            with transaction.atomic(), connection.cursor() as cursor:
                if options["dry_run"]:
                    self._print(plan(cursor))
                elif not has_citus(cursor):
                    raise CommandError(
                        "This database has no Citus extension. Run CREATE EXTENSION citus on every node first."
                    )
                else:
                    self._run(cursor)
        except CannotDistribute as error:
            raise CommandError(str(error)) from error
        except DatabaseError as error:
            raise CommandError(f"Nothing was changed. The database answered: {error}") from error

    def _print(self, statements: list[str]) -> None:
        if not statements:
            self.stdout.write("-- Nothing is left to do.")
            return
        for statement in ["BEGIN", *SETTINGS, *statements, "COMMIT"]:
            self.stdout.write(f"{statement};")

    def _run(self, cursor: Any) -> None:
        statements = plan(cursor)
        if not statements:
            self.stdout.write("Seats and bookings are distributed by show already: nothing was left to do.")
            return
        for statement in [*SETTINGS, *statements]:
            cursor.execute(statement)
        self.stdout.write(
            f"Seats and bookings are distributed by show ({len(statements)} statements). Restart the servers, "
            "because open connections do not have the new settings of the database."
        )
