"""How errors stand in the OpenAPI schema: one component, and every code of every operation."""

from typing import Any

from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import Direction, OpenApiExample, OpenApiResponse
from rest_framework import exceptions, serializers
from rest_framework.permissions import IsAdminUser
from rest_framework_simplejwt.exceptions import InvalidToken

from cinema.problems import MEDIA_TYPE, TITLES, BodyTooLarge, Unavailable, problem


class ProblemSerializer(serializers.Serializer):
    """An error, as RFC 9457 has it."""

    type = serializers.CharField(help_text="Always `about:blank`: `code` says which problem it is.")
    title = serializers.CharField(help_text="The HTTP status in words.")
    status = serializers.IntegerField(help_text="The HTTP status again.")
    detail = serializers.CharField(help_text="What went wrong, for a human.")
    code = serializers.CharField(help_text="What went wrong, for a program. Stable.")
    errors: Any = serializers.DictField(
        child=serializers.ListField(child=serializers.CharField()),
        required=False,
        help_text="With `invalid`: what is wrong with each field.",
    )
    version = serializers.IntegerField(
        required=False, help_text="With `seat_taken` and its like: the version of the seat map."
    )
    alternatives = serializers.ListField(
        child=serializers.IntegerField(),
        required=False,
        help_text="With `seat_taken` and its like: the numbers of up to 5 free seats nearest to it.",
    )
    seats = serializers.ListField(
        child=serializers.IntegerField(),
        required=False,
        help_text="The numbers of the seats it is about: those that could not be had, or would be lonely.",
    )
    largest = serializers.IntegerField(
        required=False, help_text="With `no_adjacent_seats`: the size of the largest block that there is."
    )
    retry_after = serializers.IntegerField(
        required=False, help_text="With `seat_held`: seconds until the hold lapses at the latest."
    )
    booking = serializers.IntegerField(
        required=False, help_text="With `already_yours`: the id of your booking of this seat."
    )


class ProblemAutoSchema(AutoSchema):
    """Adds to every operation the errors it can answer with.

    Its own stand in the view's `refusals`, by method; the rest follow from what it takes:
    a body, a token, an id in the path, a throttle.
    """

    def get_description(self) -> str:  # type: ignore[override]  # as drf-spectacular has it
        """What a view says of itself is for developers; what callers read is given on purpose."""
        return ""

    def _get_response_bodies(self, direction: Direction = "response") -> dict[str, Any]:
        responses = super()._get_response_bodies(direction)
        by_status: dict[int, list[type[exceptions.APIException]]] = {}
        for refusal in self._refusals():
            by_status.setdefault(refusal.status_code, []).append(refusal)
        for status in sorted(by_status):
            responses[str(status)] = self._problem(status, by_status[status], direction)
        for code, body in responses.items():
            body["description"] = body["description"] or TITLES[int(code)]
        return responses

    def _refusals(self) -> list[type[exceptions.APIException]]:
        found = list(getattr(self.view, "refusals", {}).get(self.method, ()))
        if self.method in {"POST", "PUT", "PATCH"} and self.get_request_serializer() is not None:
            found += [exceptions.ValidationError, exceptions.ParseError]
            found += [BodyTooLarge, exceptions.UnsupportedMediaType]
        if self.view.get_authenticators():
            found += [exceptions.NotAuthenticated, InvalidToken]
        if any(isinstance(permission, IsAdminUser) for permission in self.view.get_permissions()):
            found.append(exceptions.PermissionDenied)
        if "{" in self.path or self._is_list_view():
            found.append(exceptions.NotFound)
        if self.view.get_throttles():
            found.append(exceptions.Throttled)
        # A code is named once, by the first that has it.
        by_code: dict[str, type[exceptions.APIException]] = {}
        for refusal in [*found, Unavailable]:
            by_code.setdefault(str(refusal.default_code), refusal)
        return list(by_code.values())

    def _problem(
        self, status: int, refusals: list[type[exceptions.APIException]], direction: Direction
    ) -> dict[str, Any]:
        examples = []
        for refusal in refusals:
            code = str(refusal.default_code)
            detail = str(refusal.default_detail).format(media_type="text/csv")
            extra = dict(getattr(refusal, "example", {}))
            if refusal is exceptions.ValidationError:
                detail, extra = (
                    "field: What is wrong with it.",
                    {"errors": {"field": ["What is wrong with it."]}},
                )
            examples.append(
                OpenApiExample(
                    code,
                    value=problem(status, code, detail, **extra),
                    media_type=MEDIA_TYPE,
                    status_codes=[str(status)],
                    response_only=True,
                )
            )
        codes = ", ".join(f"`{example.name}`" for example in examples)
        answer = OpenApiResponse(ProblemSerializer, f"{TITLES[status]}: {codes}", examples)
        body = self._get_response_for_code(answer, str(status), [MEDIA_TYPE], direction)
        if status in {429, 503}:
            seconds = {"schema": {"type": "integer"}, "description": "Seconds to wait."}
            body["headers"] = {"Retry-After": seconds}
        return body
