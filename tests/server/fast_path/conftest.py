"""Fixtures of the tests of the fast path."""

import pytest

from tests.factories import ShowFactory
from tests.server.fast_path.calls import SETTINGS, answer_each_call_once


@pytest.fixture
def show():
    return ShowFactory(total_seats=300)


@pytest.fixture
def server(server_with, show, alice):
    """A server with one process, which knows the headers of the calls."""
    server = server_with(workers=1, DJANGO_SETTINGS_MODULE=SETTINGS)
    answer_each_call_once(server, show, alice)
    return server
