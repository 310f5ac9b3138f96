"""Fixtures for hostile requests, which must get an error, change nothing, and leave the server working."""

from collections.abc import Iterable, Iterator

import pytest
from django.contrib.auth import get_user_model
from rest_framework_simplejwt.token_blacklist.models import OutstandingToken
from rest_framework_simplejwt.tokens import AccessToken

from cinema.seats.models import Booking, Seat
from cinema.shows.models import Movie, Show
from tests.factories import permit_to_manage_shows
from tests.hostile.raw_http import outcome, rejection
from tests.monitoring.test_logging import LoggedServer


@pytest.fixture
def alice_authorization(alice):
    """The header that authenticates a request as Alice, a buyer."""
    return f"Authorization: Bearer {AccessToken.for_user(alice)}"


@pytest.fixture
def sam_authorization(sam):
    """The header that authenticates a request as Sam, who may write movies and shows."""
    return f"Authorization: Bearer {AccessToken.for_user(permit_to_manage_shows(sam))}"


def all_rows() -> list[list[dict]]:
    models = (get_user_model(), OutstandingToken, Movie, Show, Seat, Booking)
    return [list(model.objects.order_by("pk").values()) for model in models]


@pytest.fixture
def expect_all(server, show, alice, sam) -> Iterator:
    """`expect_all("400 invalid", requests)` sends each (name, bytes) and checks that all have this outcome.

    After the test, the database must be unchanged, and all worker processes must still respond.
    """
    before = all_rows()

    def check(expected: str, requests: Iterable[tuple[str, bytes]]) -> None:
        outcomes = [(name, outcome(server.port, request)) for name, request in requests]
        assert outcomes
        assert [(name, actual) for name, actual in outcomes if actual != expected] == []

    yield check
    assert all_rows() == before
    for _ in range(2 * server.workers):
        assert server.call("GET", "/readyz").status == 200


@pytest.fixture(scope="session")
def logged_server(django_db_setup, tmp_path_factory) -> Iterator[LoggedServer]:
    with LoggedServer(tmp_path_factory.mktemp("hostile") / "log", workers=1) as server:
        yield server


@pytest.fixture
def expect_rejections(logged_server, show, alice, sam) -> Iterator:
    """`expect_rejections(requests)` sends each (name, bytes), and expects 4xx or 501 and a closed connection.

    After the test, the database must be unchanged. The server's only process must still respond, and must not
    have logged an exception.
    """
    before, logged_before = all_rows(), len(logged_server.lines())

    def check(requests: Iterable[tuple[str, bytes]]) -> None:
        results = [(name, rejection(logged_server.port, request)) for name, request in requests]
        assert results
        assert [(name, result) for name, result in results if result != "rejected"] == []

    yield check
    assert logged_server.call("GET", "/readyz").status == 200
    assert all_rows() == before
    assert [line for line in logged_server.lines()[logged_before:] if "exception" in line] == []
