"""How errors stand in the OpenAPI schema: one component, narrowed to the codes of each answer."""

from typing import Any

from drf_spectacular.openapi import AutoSchema
from drf_spectacular.plumbing import ResolvedComponent, build_object_type
from drf_spectacular.utils import Direction, OpenApiExample, OpenApiResponse, extend_schema_serializer
from rest_framework import exceptions, serializers
from rest_framework.permissions import IsAdminUser
from rest_framework_simplejwt.exceptions import InvalidToken

from cinema.api.problems import MEDIA_TYPE, TITLES, BodyTooLarge, Unavailable, problem


@extend_schema_serializer(description="An error, as RFC 9457 has it.")
class ProblemSerializer(serializers.Serializer):
    type = serializers.CharField(help_text="Always `about:blank`: `code` says which problem it is.")
    title = serializers.CharField(help_text="The HTTP status in words.")
    status = serializers.IntegerField(help_text="The HTTP status again.")
    detail = serializers.CharField(help_text="What went wrong, for a human.")
    code = serializers.CharField(help_text="What went wrong, for a program. Stable; each answer lists its own.")
    request_id = serializers.CharField(help_text="Leads to the log; also in the header `X-Request-ID`.")
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


class BadRequest(exceptions.APIException):
    status_code = 400
    default_code = "bad_request"
    default_detail = "The request could not be understood."


class RequestTimeout(exceptions.APIException):
    status_code = 408
    default_code = "request_timeout"
    default_detail = "The body took longer than 30 seconds."


class LengthRequired(exceptions.APIException):
    status_code = 411
    default_code = "length_required"
    default_detail = "Send the body with its Content-Length."


class UriTooLong(exceptions.APIException):
    status_code = 414
    default_code = "uri_too_long"
    default_detail = "The address is too long."


class HeadersTooLarge(exceptions.APIException):
    status_code = 431
    default_code = "headers_too_large"
    default_detail = "There are too many headers, or one is too long."


class ServerError(exceptions.APIException):
    status_code = 500
    default_code = "server_error"
    default_detail = "Something went wrong on our side. It has been logged."


# What is answered outside the views, whatever was called. These are never raised; they are for the schema.
ANY_CALL = [
    *(BadRequest, RequestTimeout, LengthRequired, BodyTooLarge),
    *(UriTooLong, HeadersTooLarge, ServerError),
]


def refusal_of(status: int) -> type[exceptions.APIException]:
    """What stands for a status by which the server refuses what is no HTTP.

    Its 501 is for a body that is sent in a way it does not know.
    """
    by_status = {refusal.status_code: refusal for refusal in ANY_CALL} | {501: LengthRequired}
    return by_status.get(status, BadRequest)


AUTHENTICATE = {"schema": {"type": "string"}, "description": "Begins with `Bearer`.", "required": True}
RETRY_AFTER = {"schema": {"type": "integer"}, "description": "Seconds to wait."}


class ProblemAutoSchema(AutoSchema):
    """Adds to every operation the errors it can answer with.

    Its own stand in the view's `problems`, by method; the rest follow from what it takes:
    a body, a token, an id in the path, a throttle. What any call may answer is its `default`.
    """

    def get_extensions(self) -> dict[str, Any]:
        """Names what each event of a stream says, a view's `event_serializer`: OpenAPI has no word for that."""
        event = getattr(self.view, "event_serializer", None)
        return {"x-event-data": self.resolve_serializer(event, "response").ref} if event else {}

    def _get_request_body(self, direction: Direction = "request") -> Any:
        """As it is found out, but that it also has to be there where none of its fields does by itself."""
        body = super()._get_request_body(direction)
        if body and self.method in {"POST", "PUT"}:
            body["required"] = True
        return body

    def _get_response_bodies(self, direction: Direction = "response") -> dict[str, Any]:
        responses = super()._get_response_bodies(direction)
        by_status: dict[int, list[type[exceptions.APIException]]] = {}
        for refusal in self._problems_of_view():
            by_status.setdefault(refusal.status_code, []).append(refusal)
        for status in sorted(by_status):
            responses[str(status)] = self._problem(str(status), by_status[status], direction)
        for code, body in responses.items():
            body["description"] = body["description"] or TITLES[int(code)]
        responses["default"] = self._any_call(direction)
        return responses

    def _problems_of_view(self) -> list[type[exceptions.APIException]]:
        found = list(getattr(self.view, "problems", {}).get(self.method, ()))
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
        # `default` does not stand for a status that has an answer of its own.
        statuses = {refusal.status_code for refusal in found}
        found += [refusal for refusal in ANY_CALL if refusal.status_code in statuses]
        # A code is named once, by the first that has it.
        by_code: dict[str, type[exceptions.APIException]] = {}
        for refusal in [*found, Unavailable]:
            by_code.setdefault(str(refusal.default_code), refusal)
        return list(by_code.values())

    def _any_call(self, direction: Direction) -> dict[str, Any]:
        answer = self._problem("default", ANY_CALL, direction)
        component = ResolvedComponent("AnyCall", ResolvedComponent.RESPONSE, answer, ProblemAutoSchema)
        self.registry.register_on_missing(component)
        return component.ref

    def _problem(
        self, status: str, refusals: list[type[exceptions.APIException]], direction: Direction
    ) -> dict[str, Any]:
        examples = [self._example(status, refusal) for refusal in refusals]
        codes = [example.name for example in examples]
        title = "What any call may answer" if status == "default" else TITLES[int(status)]
        answer = OpenApiResponse(
            ProblemSerializer, f"{title}: " + ", ".join(f"`{code}`" for code in codes), examples
        )
        body = self._get_response_for_code(answer, status, [MEDIA_TYPE], direction)
        content = body["content"][MEDIA_TYPE]
        narrow = build_object_type({"code": {"type": "string", "enum": codes}}, ["code"])
        content["schema"] = {"allOf": [content["schema"], narrow]}
        if status == "401":
            body["headers"] = {"WWW-Authenticate": AUTHENTICATE}
        elif any("retry_after" in example.value for example in examples) or status in {"429", "503"}:
            body["headers"] = {"Retry-After": RETRY_AFTER}
        return body

    def _example(self, status: str, refusal: type[exceptions.APIException]) -> OpenApiExample:
        code = str(refusal.default_code)
        detail = str(refusal.default_detail).format(media_type="text/csv")
        extra = dict(getattr(refusal, "example", {}))
        if refusal is exceptions.ValidationError:
            detail, extra = "field: What is wrong with it.", {"errors": {"field": ["What is wrong with it."]}}
        return OpenApiExample(
            code,
            value=problem(refusal.status_code, code, detail, request_id="5f1c0e9ab27d4c38", **extra),
            media_type=MEDIA_TYPE,
            status_codes=[status],
            response_only=True,
        )
