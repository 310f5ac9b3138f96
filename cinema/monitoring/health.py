"""The health probes `/livez` and `/readyz`."""

from functools import cache
from typing import Any

from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from drf_spectacular.utils import extend_schema, inline_serializer
from rest_framework import serializers
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from cinema.api.problems import Unavailable


class Live(APIView):
    """Answers 200 if the database answers, else 503."""

    authentication_classes: list[Any] = []
    permission_classes = [AllowAny]

    @extend_schema(
        tags=["Health"],
        summary="Does the service, with its database, answer?",
        responses=inline_serializer("Health", {"status": serializers.ChoiceField(["ok"])}),
    )
    def get(self, request: Request) -> Response:
        self.check()
        return Response({"status": "ok"}, headers={"Cache-Control": "no-store"})

    def check(self) -> None:
        # A connection from before a restart of the database is broken, although the database is well.
        if connection.connection is not None and not connection.is_usable():
            connection.close()
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")


class Ready(Live):
    """Answers 503 also if migrations are missing, if the database is read-only, or if the process is stopping.

    A load balancer then sends no new requests to this process.
    """

    draining = False

    def check(self) -> None:
        if Ready.draining:
            raise Unavailable("The service is stopping.")
        super().check()
        require_migrations()
        require_writes()


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
