"""Fixtures of all tests: users (Alice and Bob buy, Sam is staff), API clients for each, shows, real servers."""

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest
from django.conf import settings as django_settings
from django.core.cache import caches
from rest_framework.test import APIClient
from rest_framework.throttling import SimpleRateThrottle
from rest_framework_simplejwt.tokens import AccessToken
from whitenoise.middleware import WhiteNoiseMiddleware

from tests import requirements
from tests.factories import ShowFactory, UserFactory, permit_to_manage_shows
from tests.live_server import Server, SharedServers

pytest_plugins = ["tests.selection", "tests.interruption"]


class Caller(APIClient):
    """An API client that sends JSON by default, and the access token of its user if it has one."""

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


@pytest.fixture(autouse=True, scope="session")
def _static_files_are_listed_once():
    """Every client builds the middleware again, and Whitenoise would stat all static files each time."""
    list_files, listed = WhiteNoiseMiddleware.add_files_from_finders, {}

    def list_files_once(middleware):
        if not listed:
            list_files(middleware)
            listed.update(middleware.files)
        middleware.files.update(listed)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(WhiteNoiseMiddleware, "add_files_from_finders", list_files_once)
        yield


@pytest.fixture(autouse=True)
def _caches_are_emptied():
    """Throttles count in caches, which outlive a test's transaction."""
    yield
    caches["default"].clear()


@pytest.fixture
def real_password_hasher(settings):
    """Hashes passwords as in production, which takes a tenth of a second each time."""
    settings.PASSWORD_HASHERS = django_settings.REAL_PASSWORD_HASHERS


@pytest.fixture
def throttle(monkeypatch):
    """Turns on a throttle: `throttle("login", "3/min")`."""

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
    """A client of Sam, who may write movies and shows."""
    return Caller(permit_to_manage_shows(sam))


@pytest.fixture
def show(db):
    """A show of tomorrow with 12 seats."""
    return ShowFactory()


@pytest.fixture(scope="session")
def server_with(django_db_setup) -> Iterator[Callable[..., Server]]:
    """Starts a real server on the test database, or returns the one that already runs with the same settings.

    `server_with(workers=1, ORPHAN_RULE="on")`. The server is shared by all tests until the session ends: a test
    that stops its server, or needs a fresh process, starts its own `Server`.
    """
    with ExitStack() as stack:
        yield SharedServers(stack).get


@pytest.fixture(scope="session")
def server(server_with):
    """The shared server with three worker processes and the settings of the tests."""
    return server_with()
