"""Schemathesis sends generated requests to the running server and checks its responses against openapi.yaml.

`pytest` sends a few requests per operation, the same ones every time. `make fuzz CASES=1000` sends more, with
random ones each time. The output of a failure contains the request as a curl command.
"""

import os
import subprocess
import sys
from datetime import timedelta
from importlib.util import find_spec
from pathlib import Path

import pytest
from django.contrib.auth.models import Permission
from rest_framework_simplejwt.tokens import AccessToken

from cinema.seats.models import Booking
from tests.assertions import assert_consistent
from tests.factories import BookingFactory, MovieFactory, ShowFactory, UserFactory, permit_to_manage_shows
from tests.live_server import ROOT, Server
from tests.requirements import requires

HERE = Path(__file__).parent
CASES = os.environ.get("CASES", "")
BOOKINGS = 4

pytestmark = [
    pytest.mark.django_db(transaction=True, reset_sequences=True),
    pytest.mark.slow,
    requires(find_spec("schemathesis"), "Schemathesis is not installed (requirements/dev.txt)"),
]


@pytest.fixture
def users():
    """Creates the data that the dictionaries of schemathesis.toml refer to by id; returns the users by name."""
    users = {"alice": UserFactory(username="alice"), "sam": UserFactory(username="sam", staff=True)}
    permit_to_manage_shows(users["sam"])
    codenames = ["view_booking", "sell_seats", "admit_booking", "change_seat", "change_booking"]
    users["sam"].user_permissions.add(*Permission.objects.filter(codename__in=codenames))
    for user in users.values():
        user.set_password("cherry-pie-42")
        user.save()
    movies = MovieFactory.create_batch(4)
    show = ShowFactory(movie=movies[0], total_seats=30)
    ShowFactory(movie=movies[0], begun=True)
    ShowFactory.create_batch(2, movie=movies[1])
    for number in range(BOOKINGS):
        BookingFactory(user=users[("alice", "sam")[number % 2]], show=show, seat_number=number + 1)
    return users


def long_lived_token(user):
    """Returns a token that is valid for a day, because `make fuzz` may run all night."""
    access = AccessToken.for_user(user)
    access.set_exp(lifetime=timedelta(days=1))
    return str(access)


@pytest.mark.parametrize("username", ["anonymous", "alice", "sam"])
def test_responses_match_the_schema(users, username, tmp_path):
    command = [
        *(sys.executable, "-m", "schemathesis.cli", "--config-file", str(HERE / "schemathesis.toml")),
        *("run", str(ROOT / "openapi.yaml"), "--no-color"),
        *("--max-examples", CASES or "10"),
        *(["--generation-database", "none"] if CASES else ["--generation-deterministic"]),
    ]
    if username in users:
        command += ["--header", f"Authorization: Bearer {long_lived_token(users[username])}"]
    hooks = {"SCHEMATHESIS_HOOKS": "tests.fuzz.expected_failures", "PYTHONPATH": str(ROOT)}
    with Server(workers=2, DJANGO_SETTINGS_MODULE="tests.fuzz.settings") as server:
        run = subprocess.run(
            [*command, "--url", server.url],
            cwd=tmp_path,
            env=os.environ | hooks,
            capture_output=True,
            text=True,
        )
    assert run.returncode == 0, run.stdout + run.stderr
    assert_consistent()
    # Some of Alice's requests must have succeeded. Otherwise the test would only check errors.
    assert username != "alice" or Booking.objects.count() > BOOKINGS
