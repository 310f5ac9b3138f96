"""The running server against its own OpenAPI schema: whatever Schemathesis makes of it is answered as it says.

Plain `pytest` makes the same few requests of each call every time; `make fuzz CASES=1000` many, and other ones
every time. Where one fails, the output has the request as a curl command.
"""

import os
import subprocess
import sys
from datetime import timedelta
from importlib.util import find_spec
from pathlib import Path

import pytest
from rest_framework_simplejwt.tokens import AccessToken

from cinema.seats.models import Booking
from tests.assertions import assert_consistent
from tests.factories import BookingFactory, MovieFactory, ShowFactory, UserFactory
from tests.live_server import ROOT, Server
from tests.requirements import requires

HERE = Path(__file__).parent
CASES = os.environ.get("CASES", "")
BOOKINGS = 4

pytestmark = [
    pytest.mark.django_db(transaction=True, reset_sequences=True),
    pytest.mark.slow,
    requires(find_spec("schemathesis"), "Schemathesis is not installed (requirements-dev.txt)"),
]


@pytest.fixture
def people():
    """Alice and Sam, who can log in, and what the dictionaries of schemathesis.toml name by its id."""
    people = {"alice": UserFactory(username="alice"), "sam": UserFactory(username="sam", staff=True)}
    for person in people.values():
        person.set_password("plum-tart-42")
        person.save()
    movies = MovieFactory.create_batch(4)
    show = ShowFactory(movie=movies[0], total_seats=30)
    ShowFactory(movie=movies[0], begun=True)
    ShowFactory.create_batch(2, movie=movies[1])
    for number in range(BOOKINGS):
        BookingFactory(user=people[("alice", "sam")[number % 2]], show=show, seat_number=number + 1)
    return people


def token(user):
    """Good for as long as a night of `make fuzz`."""
    access = AccessToken.for_user(user)
    access.set_exp(lifetime=timedelta(days=1))
    return str(access)


@pytest.mark.parametrize("name", ["nobody", "alice", "sam"])
def test_whatever_is_asked_is_answered_as_the_schema_says(people, name, tmp_path):
    command = [
        *(sys.executable, "-m", "schemathesis.cli", "--config-file", str(HERE / "schemathesis.toml")),
        *("run", str(ROOT / "openapi.yaml"), "--no-color"),
        *("--max-examples", CASES or "10"),
        *(["--generation-database", "none"] if CASES else ["--generation-deterministic"]),
    ]
    if name in people:
        command += ["--header", f"Authorization: Bearer {token(people[name])}"]
    hooks = {"SCHEMATHESIS_HOOKS": "tests.fuzz.excuses", "PYTHONPATH": str(ROOT)}
    with Server(workers=2) as server:
        run = subprocess.run(
            [*command, "--url", server.url],
            cwd=tmp_path,
            env=os.environ | hooks,
            capture_output=True,
            text=True,
        )
    assert run.returncode == 0, run.stdout + run.stderr
    assert_consistent()
    # It is not only refused: seats are sold, beyond those that were.
    assert name != "alice" or Booking.objects.count() > BOOKINGS
