"""API view of the notices, for systems that poll instead of receiving webhooks."""

from typing import Any

from drf_spectacular.utils import OpenApiExample, extend_schema, extend_schema_serializer
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from cinema.api.permissions import StaffPermission
from cinema.notices.models import Notice, Subscription
from cinema.notices.outbox import dispatch

MAX_CHANGES = 200


class ChangesQuerySerializer(serializers.Serializer):
    after = serializers.IntegerField(
        min_value=0, max_value=2**63 - 1, default=0, help_text="The `after` of the last answer."
    )


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "A booking",
            {
                "position": 41,
                "type": "booking.confirmed",
                "timestamp": "2031-03-30T18:00:00Z",
                "data": {"booking": 31, "show": 7, "seat_label": "A12", "order": "7K3M-Q9XT"},
            },
        )
    ],
    many=False,
)
class ChangeSerializer(serializers.Serializer):
    position = serializers.IntegerField()
    type = serializers.CharField(source="event")
    timestamp = serializers.DateTimeField(source="created_at")
    data = serializers.DictField(  # type: ignore[assignment]
        help_text="docs/notices.md lists the members."
    )


class ChangesSerializer(serializers.Serializer):
    is_recording = serializers.BooleanField(
        help_text="False without an active subscription. Then nothing is added."
    )
    after = serializers.IntegerField(help_text="Where the next call continues.")
    results = ChangeSerializer(many=True)


class Changes(APIView):
    permission_classes = [StaffPermission]
    required_permission = "notices.view_notice"
    http_method_names = ["get", "head", "options"]
    problems: dict[str, Any] = {"GET": [ValidationError]}

    @extend_schema(
        tags=["Reports"],
        summary="List what was booked, cancelled and moved since the last call (staff)",
        description=(
            f"Sorted by `position`, at most {MAX_CHANGES} in one answer. Send the answer's `after` with the "
            "next call. No change is missed, and none comes twice. Changes are kept for 30 days. Needs the "
            "permission `notices.view_notice`."
        ),
        parameters=[ChangesQuerySerializer],
        responses=ChangesSerializer,
    )
    def get(self, request: Request) -> Response:
        query = ChangesQuerySerializer(data=request.query_params)
        query.is_valid(raise_exception=True)
        after = query.validated_data["after"]
        dispatch()
        notices = list(Notice.objects.filter(position__gt=after).order_by("position")[:MAX_CHANGES])
        return Response(
            ChangesSerializer(
                {
                    "is_recording": Subscription.objects.filter(is_active=True).exists(),
                    "after": notices[-1].position if notices else after,
                    "results": notices,
                }
            ).data
        )
