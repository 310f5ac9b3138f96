"""The cast: Alice books, Bob is near, Sam is staff; and ways to call the API as each of them."""

import json

import pytest
from django.core.cache import caches
from rest_framework.test import APIClient
from rest_framework.throttling import SimpleRateThrottle
from rest_framework_simplejwt.tokens import AccessToken

from tests import requirements
from tests.factories import ShowFactory, UserFactory
from tests.live_server import Server


class Caller(APIClient):
    """A client that speaks JSON by default, and sends a user's access token if it has one."""

    def __init__(self, user=None, **kwargs):
        super().__init__(**kwargs)
        if user is not None:
            self.credentials(HTTP_AUTHORIZATION=f"Bearer {AccessToken.for_user(user)}")

    def post(self, path, data=None, format=None, content_type=None, **kwargs):
        if format is None and content_type is None and data is not None:
            data, content_type = json.dumps(data), "application/json"
        return super().post(path, data, format=format, content_type=content_type, **kwargs)

    def patch(self, path, data=None, **kwargs):
        return super().patch(path, json.dumps(data), content_type="application/json", **kwargs)


def pytest_terminal_summary(terminalreporter):
    requirements.summary(terminalreporter)


@pytest.fixture(autouse=True)
def _no_counts_left(request):
    """Throttles count in caches, which outlive a test's transaction."""
    yield
    caches["default"].clear()


@pytest.fixture
def throttle(monkeypatch):
    """Turns a throttle on: `throttle("login", "3/min")`."""

    def turn_on(scope, rate):
        monkeypatch.setitem(SimpleRateThrottle.THROTTLE_RATES, scope, rate)

    return turn_on


@pytest.fixture
def alice(db):
    return UserFactory(username="alice")


@pytest.fixture
def bob(db):
    return UserFactory(username="bob")


@pytest.fixture
def sam(db):
    return UserFactory(username="sam", staff=True)


@pytest.fixture
def anyone():
    return Caller()


@pytest.fixture
def as_alice(alice):
    return Caller(alice)


@pytest.fixture
def as_bob(bob):
    return Caller(bob)


@pytest.fixture
def as_staff(sam):
    return Caller(sam)


@pytest.fixture
def show(db):
    """Tomorrow, twelve seats."""
    return ShowFactory()


@pytest.fixture(scope="session")
def server(django_db_setup):
    """The real server, three worker processes of it, on the tests' database."""
    with Server() as running:
        yield running
