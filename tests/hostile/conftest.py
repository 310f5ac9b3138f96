"""A corpus of hostile requests: each is refused in words, nothing changes by it, and the server goes on."""

from collections.abc import Iterable, Iterator

import pytest
from django.contrib.auth import get_user_model
from rest_framework_simplejwt.token_blacklist.models import OutstandingToken
from rest_framework_simplejwt.tokens import AccessToken

from cinema.seats.models import Booking, Seat
from cinema.shows.models import Movie, Show
from tests.factories import ShowFactory
from tests.hostile.wire import rejection, verdict
from tests.monitoring.test_logging import LoggedServer


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


@pytest.fixture
def rejects(hall, alice, sam, tmp_path) -> Iterator:
    """`rejects(requests)` sends each of `(name, bytes)`, and expects 4xx or 501 and a closed connection.

    At the end the database is unchanged, and the server's only process answers and has logged no exception.
    """
    before = everything()
    with LoggedServer(tmp_path / "log", workers=1) as server:

        def check(requests: Iterable[tuple[str, bytes]]) -> None:
            results = {name: rejection(server.port, data) for name, data in requests}
            assert results
            assert {name: result for name, result in results.items() if result != "rejected"} == {}

        yield check
        assert server.call("GET", "/readyz").status == 200
    assert everything() == before
    assert [line for line in server.lines() if "exception" in line] == []
