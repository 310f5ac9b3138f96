"""A corpus of hostile requests: each is refused in words, nothing changes by it, and the server goes on."""

from collections.abc import Iterable, Iterator

import pytest
from django.contrib.auth import get_user_model
from rest_framework_simplejwt.token_blacklist.models import OutstandingToken
from rest_framework_simplejwt.tokens import AccessToken

from cinema.seats.models import Booking, Seat
from cinema.shows.models import Movie, Show
from tests.factories import ShowFactory
from tests.hostile.wire import verdict


@pytest.fixture
def hall(db):
    """The one show there is."""
    return ShowFactory()


@pytest.fixture
def as_buyer(alice):
    """The header that makes a request Alice's."""
    return f"Authorization: Bearer {AccessToken.for_user(alice)}"


@pytest.fixture
def as_manager(sam):
    return f"Authorization: Bearer {AccessToken.for_user(sam)}"


def everything() -> list[list[dict]]:
    tables = (get_user_model(), OutstandingToken, Movie, Show, Seat, Booking)
    return [list(table.objects.order_by("pk").values()) for table in tables]


@pytest.fixture
def refuses(server, hall, alice, sam) -> Iterator:
    """`refuses(expected, requests)` sends each of `(name, bytes)`, and wants all of them answered as expected.

    At the end nothing is changed in the database, and each of the server's processes answers.
    """
    before = everything()

    def check(expected: str, requests: Iterable[tuple[str, bytes]]) -> None:
        verdicts = {name: verdict(server.port, sent) for name, sent in requests}
        assert verdicts
        assert {name: found for name, found in verdicts.items() if found != expected} == {}

    yield check
    assert everything() == before
    for _ in range(2 * server.workers):
        assert server.call("GET", "/readyz").status == 200
