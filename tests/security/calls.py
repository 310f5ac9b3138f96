"""Every operation of the schema, so that no new one is forgotten by a test of all."""

from functools import cache
from typing import Any, NamedTuple

import yaml

from tests.live_server import ROOT


class Call(NamedTuple):
    method: str
    path: str

    def at(self, *, show: Any, booking: int = 1) -> str:
        return self.path.format(show_id=show.pk, movie_id=show.movie_id, booking_id=booking)


# What the calls of the schema take, all together: fields that a call doesn't know it ignores.
BODY = {"seat_number": 1, "seat_numbers": [1], "title": "X", "refresh": "x"}


@cache
def operations() -> dict[Call, Any]:
    paths = yaml.safe_load((ROOT / "openapi.yaml").read_text())["paths"]
    return {
        Call(method, path): operation
        for path, methods in paths.items()
        for method, operation in methods.items()
    }


def closed() -> list[Call]:
    """Those that need a token, by the schema."""
    return [call for call, about in operations().items() if {} not in about.get("security", [{}])]


def public_reads() -> list[Call]:
    return [call for call in operations() if call.method == "get" and call not in closed()]


def send(caller: Any, call: Call, show: Any, *, booking: int = 1, **headers: str) -> Any:
    """The call by a `Caller`, with a body that fits."""
    path = call.at(show=show, booking=booking)
    body = None if call.method in {"get", "delete"} else BODY
    kind = {"format": "json"} if call.method == "put" else {}
    return getattr(caller, call.method)(path, body, headers=headers, **kind)
