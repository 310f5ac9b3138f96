"""Probes for whoever keeps the service running."""

from typing import Any

from django.db import connection
from drf_spectacular.utils import extend_schema, inline_serializer
from rest_framework import serializers
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView


class Probe(APIView):
    """200 when the service and its database answer, else 503."""

    authentication_classes: list[Any] = []
    permission_classes = [AllowAny]

    @extend_schema(
        tags=["Health"],
        summary="Does the service, with its database, answer?",
        responses=inline_serializer("Health", {"status": serializers.ChoiceField(["ok"])}),
    )
    def get(self, request: Request) -> Response:
        # A connection kept since before a restart of the database is no fault of the database's.
        if connection.connection is not None and not connection.is_usable():
            connection.close()
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        return Response({"status": "ok"}, headers={"Cache-Control": "no-store"})
