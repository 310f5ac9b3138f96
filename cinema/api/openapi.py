"""Documents problems in the OpenAPI schema: one `Problem` component, limited to the codes of each response."""

from typing import Any

from drf_spectacular.openapi import AutoSchema
from drf_spectacular.plumbing import ResolvedComponent, build_object_type
from drf_spectacular.utils import Direction, OpenApiExample, OpenApiResponse, extend_schema_serializer
from rest_framework import serializers
from rest_framework.permissions import IsAdminUser

from cinema.api.problem_types import PROBLEM_TYPES
from cinema.api.problems import MEDIA_TYPE, TITLES, problem_body


@extend_schema_serializer(description="An error, as defined by RFC 9457.")
class ProblemSerializer(serializers.Serializer):
    type = serializers.CharField(help_text="Always `about:blank`. Read `code` instead.")
    title = serializers.CharField(help_text="The phrase of the HTTP status.")
    status = serializers.IntegerField(help_text="The HTTP status.")
    detail = serializers.CharField(help_text="What went wrong, for people.")
    code = serializers.CharField(
        help_text="What went wrong, for programs. Stable; each response lists its codes."
    )
    request_id = serializers.CharField(
        help_text="Finds the request in the log. Also sent as the header `X-Request-ID`."
    )
    errors: Any = serializers.DictField(
        child=serializers.ListField(child=serializers.CharField()),
        required=False,
        help_text="With `invalid`: the messages of each field.",
    )
    version = serializers.IntegerField(
        required=False,
        help_text="With `seat_taken`, `seat_held` and `seat_blocked`: the version of the seat map.",
    )
    alternatives = serializers.ListField(
        child=serializers.IntegerField(),
        required=False,
        help_text="With `seat_taken`, `seat_held` and `seat_blocked`: up to 5 available seats nearby.",
    )
    seats = serializers.ListField(
        child=serializers.IntegerField(),
        required=False,
        help_text=(
            "The unavailable seats. With `leaves_single_seat`: the seats that would be left alone. With "
            "`sold_together`: both halves of the sofa."
        ),
    )
    largest = serializers.IntegerField(
        required=False, help_text="With `no_adjacent_seats`: the size of the largest available block."
    )
    retry_after = serializers.IntegerField(
        required=False,
        help_text="Seconds until the hold expires (`seat_held`) or the sale begins (`not_on_sale`).",
    )
    booking = serializers.IntegerField(
        required=False, help_text="With `already_yours`: the id of your booking of this seat."
    )
    on_sale_from = serializers.DateTimeField(
        required=False, help_text="With `not_on_sale`: when the sale begins, in UTC."
    )
    most = serializers.IntegerField(
        required=False, help_text="With `too_many_seats`: the maximum number of seats of one user in a show."
    )
    show = serializers.IntegerField(required=False, help_text="With `wrong_show`: the id of the ticket's show.")
    admitted_at = serializers.DateTimeField(
        required=False, help_text="With `already_admitted`: when the ticket was scanned, in UTC."
    )
    kinds = serializers.ListField(
        child=serializers.CharField(),
        required=False,
        help_text="With `no_such_price`: the kinds that the seat has a price for, in the order of the list.",
    )
    clashes = serializers.ListField(
        child=serializers.IntegerField(),
        required=False,
        help_text="With `screen_busy`: the ids of the shows that overlap.",
    )


# Any call can answer these, because middleware, the server or the 500 handler sends them.
ANY_CALL = ["bad_request", "request_timeout", "length_required", "body_too_large", "server_error"]


# Properties and parameters that contain a 64-bit integer.
BIG_INTEGERS = {
    *("clashes", "id", "show", "movie", "booking", "price_list", "version", "since", "shows"),
    *("amount", "by_category", "price_from", "after", "position"),
}
KEYWORDS = {"schema", "items", "properties", "additionalProperties"}
KEYWORDS |= {"allOf", "oneOf", "content", "parameters"}


def add_integer_formats(result: dict[str, Any], generator: Any, **kwargs: Any) -> dict[str, Any]:
    """A postprocessing hook: gives every integer a format, because generated clients take none for 32 bits."""
    _add_formats(result, "")
    return result


def _add_formats(node: Any, name: str) -> None:
    """`name` is that of the property or parameter whose schema contains the node."""
    if isinstance(node, list):
        for item in node:
            _add_formats(item, name)
    elif isinstance(node, dict):
        if node.get("type") in ("integer", ["integer", "null"]):
            node.setdefault("format", "int64" if name in BIG_INTEGERS else "int32")
        for key, value in node.items():
            if key == "schema" and "name" in node:
                _add_formats(value, node["name"])
            else:
                _add_formats(value, name if key in KEYWORDS else key)


AUTHENTICATE = {"schema": {"type": "string"}, "description": "Starts with `Bearer`.", "required": True}
RETRY_AFTER = {"schema": {"type": "integer"}, "description": "Seconds to wait."}


class ProblemAutoSchema(AutoSchema):
    """Adds to every operation the problems that it can answer with, from `PROBLEM_TYPES`.

    A view lists its own problems by method: `problems = {"POST": [SeatTaken]}`. The others follow from the
    view's body, authentication, permissions, throttles and path. `default` is for problems of any call.
    """

    def get_extensions(self) -> dict[str, Any]:
        """Documents a stream's events, from the view's `event_serializer`. OpenAPI has no keyword for them."""
        event = getattr(self.view, "event_serializer", None)
        return {"x-event-data": self.resolve_serializer(event, "response").ref} if event else {}

    def _map_serializer_field(self, field: Any, direction: Direction, bypass_extensions: bool = False) -> Any:
        """Says how long a list of a body may be, which drf-spectacular leaves out."""
        schema = super()._map_serializer_field(field, direction, bypass_extensions)
        if direction == "request" and schema.get("type") == "array":
            if not getattr(field, "allow_empty", True):
                schema["minItems"] = 1
            if getattr(field, "max_length", None):
                schema["maxItems"] = field.max_length
        return schema

    def _get_request_body(self, direction: Direction = "request") -> Any:
        """Marks POST and PUT bodies as required, unless the view says `body_is_optional`."""
        if self.method not in self._body_methods():
            return None
        method = self.method
        # drf-spectacular documents no body of DELETE, and no required field of PATCH.
        if method == "DELETE" or (method == "PATCH" and getattr(self.view, "patch_is_whole", False)):
            self.method = "POST"
        body = super()._get_request_body(direction)
        self.method = method
        if body and method != "PATCH" and not getattr(self.view, "body_is_optional", False):
            body["required"] = True
        return body

    def _body_methods(self) -> set[str]:
        """The methods of the view that read a body."""
        return getattr(self.view, "body_methods", {"POST", "PUT", "PATCH"})

    def _get_response_bodies(self, direction: Direction = "response") -> dict[str, Any]:
        responses = super()._get_response_bodies(direction)
        codes = self._codes_of_view()
        for status in sorted({PROBLEM_TYPES[code].status for code in codes}):
            codes_of_status = [code for code in codes if PROBLEM_TYPES[code].status == status]
            responses[str(status)] = self._problem(str(status), codes_of_status, direction)
        for status_text, response in responses.items():
            response["description"] = response["description"] or TITLES[int(status_text)]
        responses["default"] = self._any_call(direction)
        return responses

    def _codes_of_view(self) -> list[str]:
        problems = getattr(self.view, "problems", {}).get(self.method, ())
        codes = [str(problem.default_code) for problem in problems]
        if self.method in self._body_methods() and self.get_request_serializer() is not None:
            codes += ["invalid", "parse_error", "body_too_large", "unsupported_media_type"]
        if self.view.get_authenticators():
            codes += ["not_authenticated", "token_not_valid"]
        if any(isinstance(permission, IsAdminUser) for permission in self.view.get_permissions()):
            codes.append("permission_denied")
        if "{" in self.path or self._is_list_view():
            codes.append("not_found")
        if self.view.get_throttles():
            codes.append("throttled")
        # OpenAPI applies `default` only to statuses that the operation does not list.
        statuses = {PROBLEM_TYPES[code].status for code in codes}
        codes += [code for code in ANY_CALL if PROBLEM_TYPES[code].status in statuses]
        return list(dict.fromkeys([*codes, "unavailable"]))

    def _any_call(self, direction: Direction) -> dict[str, Any]:
        response = self._problem("default", ANY_CALL, direction)
        component = ResolvedComponent("AnyCall", ResolvedComponent.RESPONSE, response, ProblemAutoSchema)
        self.registry.register_on_missing(component)
        return component.ref

    def _problem(self, status: str, codes: list[str], direction: Direction) -> dict[str, Any]:
        """The OpenAPI response of one status, or of `default`, with an example of each code."""
        title = "Any call can answer" if status == "default" else TITLES[int(status)]
        response = OpenApiResponse(
            ProblemSerializer,
            f"{title}: " + ", ".join(f"`{code}`" for code in codes),
            [_example(status, code) for code in codes],
        )
        body = self._get_response_for_code(response, status, [MEDIA_TYPE], direction)
        content = body["content"][MEDIA_TYPE]
        codes_only = build_object_type({"code": {"type": "string", "enum": codes}}, ["code"])
        content["schema"] = {"allOf": [content["schema"], codes_only]}
        if status == "401":
            body["headers"] = {"WWW-Authenticate": AUTHENTICATE}
        elif any("retry_after" in PROBLEM_TYPES[code].extra for code in codes) or status in {"429", "503"}:
            body["headers"] = {"Retry-After": RETRY_AFTER}
        return body


def _example(status: str, code: str) -> OpenApiExample:
    problem_type = PROBLEM_TYPES[code]
    members = {"request_id": "5f1c0e9ab27d4c38", **problem_type.extra}
    return OpenApiExample(
        code,
        value=problem_body(problem_type.status, code, problem_type.example_text, **members),
        media_type=MEDIA_TYPE,
        status_codes=[status],
        response_only=True,
    )
