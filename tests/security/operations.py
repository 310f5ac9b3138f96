"""The operations of openapi.yaml, so that tests of all operations include new ones automatically."""

from functools import cache
from typing import Any, NamedTuple

from tests.factories import UNUSED_ID
from tests.schema import schema_paths


class Operation(NamedTuple):
    method: str
    path: str

    def url(self, *, show: Any, booking: int = 1) -> str:
        ids = {"show_id": show.pk, "movie_id": show.movie_id, "price_list_id": show.price_list_id or UNUSED_ID}
        url = self.path.format(booking_id=booking, **ids)
        return f"{url}?shows={show.pk}" if self.path == "/events/" else url


# The fields of all operations together; an operation ignores fields that it does not know.
BODY = {"seat_number": 1, "seat_numbers": [1], "title": "X", "refresh": "x", "ticket": "x"}


@cache
def schema_operations() -> dict[Operation, Any]:
    """Returns all operations with their description in the schema."""
    return {
        Operation(method, path): description
        for path, methods in schema_paths().items()
        for method, description in methods.items()
    }


def protected_operations() -> list[Operation]:
    """Returns the operations that need a token according to the schema."""
    return [
        operation
        for operation, description in schema_operations().items()
        if {} not in description.get("security", [{}])
    ]


def public_reads() -> list[Operation]:
    return [
        operation
        for operation in schema_operations()
        if operation.method == "get" and operation not in protected_operations()
    ]


def send(client: Any, operation: Operation, show: Any, *, booking: int = 1, **headers: str) -> Any:
    """Sends a request of this operation with a suitable body."""
    url = operation.url(show=show, booking=booking)
    body = None if operation.method in {"get", "delete"} else BODY
    kwargs = {"format": "json"} if operation.method == "put" else {}
    return getattr(client, operation.method)(url, body, headers=headers, **kwargs)
