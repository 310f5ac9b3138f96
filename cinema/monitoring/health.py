"""Probes for whoever keeps the service running."""

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
    """200 when the service and its database answer, else 503."""

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
        # A connection kept since before a restart of the database is no fault of the database's.
        if connection.connection is not None and not connection.is_usable():
            connection.close()
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")


class Ready(Live):
    """Besides: 503 until the database is migrated as this code wants it, while it can only be read, and once
    the process is told to stop, so that nothing new is sent to it."""

    draining = False

    def check(self) -> None:
        if Ready.draining:
            raise Unavailable("The service is stopping.")
        super().check()
        require_migrations()
        require_writes()


def require_writes() -> None:
    """Raises `Unavailable` where the database can only be read: it is a standby that nobody promoted, say."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SHOW transaction_read_only")
            if cursor.fetchone() == ("on",):
                raise Unavailable("The database can only be read.")


@cache
def require_migrations() -> None:
    """Looks until they are applied, and then never again. Raises `Unavailable`."""
    executor = MigrationExecutor(connection)
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        raise Unavailable("The database is not migrated yet.")
