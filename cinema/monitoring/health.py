"""The health probes `/livez` and `/readyz`."""

from functools import cache
from typing import Any

from django.db import ProgrammingError, connection
from django.db.migrations.executor import MigrationExecutor
from drf_spectacular.utils import extend_schema, inline_serializer
from rest_framework import serializers
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from cinema.api.problems import Unavailable

HEALTH = inline_serializer("Health", {"status": serializers.ChoiceField(["ok"])})


class Live(APIView):
    """Answers 200 while the process answers.

    It does not query the database. Otherwise an orchestrator would restart every node while the database is
    down.
    """

    authentication_classes: list[Any] = []
    permission_classes = [AllowAny]

    @extend_schema(
        tags=["Health"],
        summary="Does the process answer?",
        responses=HEALTH,
    )
    def get(self, request: Request) -> Response:
        return Response({"status": "ok"}, headers={"Cache-Control": "no-store"})


class Ready(Live):
    """Answers 503 if the process should get no requests.

    So it does if the database does not answer, lacks migrations or is read-only, or if the process is stopping.
    """

    draining = False

    @extend_schema(
        tags=["Health"],
        summary="Can the process serve requests?",
        responses=HEALTH,
    )
    def get(self, request: Request) -> Response:
        if Ready.draining:
            raise Unavailable("The service is stopping.")
        require_database()
        require_migrations()
        require_writes()
        return super().get(request)


def require_database() -> None:
    """Raises a database error if the database does not answer, or `Unavailable` if it hides its tables.

    It hides them if the role's `search_path` does not name their schema, or if the role may not read them.
    """
    # A connection from before a restart of the database is broken, although the database is well.
    if connection.connection is not None and not connection.is_usable():
        connection.close()
    with connection.cursor() as cursor:
        try:
            cursor.execute("SELECT 1 FROM django_migrations LIMIT 1")
        except ProgrammingError:
            raise Unavailable("The tables are missing, or the database role can't see or read them.") from None


def require_writes() -> None:
    """Raises `Unavailable` if the database is read-only, as a standby is before it is promoted."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SHOW transaction_read_only")
            if cursor.fetchone() == ("on",):
                raise Unavailable("The database is read-only.")


@cache
def require_migrations() -> None:
    """Raises `Unavailable` if migrations are missing. Once all are applied, it never queries again."""
    executor = MigrationExecutor(connection)
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        raise Unavailable("The database lacks migrations. Run manage.py migrate.")
