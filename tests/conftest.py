"""Fixtures of all tests: users (Alice and Bob buy, Sam is staff), API clients for each, shows, real servers."""

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from urllib.parse import urlencode

import pytest
from django.conf import settings as django_settings
from django.core.cache import caches
from django.test import TransactionTestCase
from django.test.client import BOUNDARY, MULTIPART_CONTENT, encode_multipart
from django.utils import timezone
from rest_framework.test import APIClient
from rest_framework.throttling import SimpleRateThrottle
from rest_framework_simplejwt.tokens import AccessToken
from whitenoise.middleware import WhiteNoiseMiddleware

from cinema.api import pagination
from cinema.seats.seat_map import kept_maps
from cinema.seats.sql.distributed import is_distributed
from cinema.shows import availability
from tests import requirements
from tests.factories import ShowFactory, UserFactory, permit_to_manage_shows
from tests.flush import delete_rows
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


def _urlencoded(fields):
    return {"data": urlencode(fields, doseq=True), "content_type": "application/x-www-form-urlencoded"}


def _multipart(fields):
    return {"data": encode_multipart(BOUNDARY, fields), "content_type": MULTIPART_CONTENT}


# Functions that encode fields as a form, and return the arguments of `Caller.post` or `generic`.
FORMS = [_urlencoded, _multipart]


def pytest_terminal_summary(terminalreporter):
    requirements.summary(terminalreporter)


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup, django_db_blocker):
    """Asks what the first sale of each process asks, so that tests can count the statements of any sale."""
    with django_db_blocker.unblock():
        is_distributed()


@pytest.fixture(autouse=True, scope="session")
def _flush_is_fast():
    """`flush.py` replaces what Django does after a test that commits."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TransactionTestCase, "_fixture_teardown", delete_rows)
        yield


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
    """Throttles, lists and seat maps use caches of the process, which outlive a test's transaction."""
    yield
    caches["default"].clear()
    availability._counts.clear()
    pagination._counts.clear()
    kept_maps._maps.clear()


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
def noon(settings):
    """Sets a time zone in which it is between 12:00 and 13:00 now, so that the hours around are of today."""
    settings.TIME_ZONE = f"Etc/GMT{timezone.now().hour - 12:+d}"


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
        shared = SharedServers(stack)
        yield shared.get
        # All at once, because each takes a second or more.
        for server in shared.servers.values():
            server.begin_stop()


@pytest.fixture(scope="session")
def server(server_with):
    """The shared server with three worker processes and the settings of the tests."""
    return server_with()
