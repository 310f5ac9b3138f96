"""Prepares an empty database for a load test: migrates it and creates buyers with tokens, and shows.

A `manage.py` subprocess does the work, so that it can use any database.
"""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

SCRIPT = """
import json
from datetime import timedelta
from django.contrib.auth import get_user_model
from django.utils import timezone
from rest_framework_simplejwt.tokens import AccessToken
from cinema.shows.models import Movie, Show

buyers, show_count, seats = {buyers}, {shows}, {seats}
users = [get_user_model().objects.create(username=f"buyer {{n}}", password="!") for n in range(buyers)]
movie = Movie.objects.create(title="The Tempest", duration_minutes=120)
first_time = timezone.now() + timedelta(days=30)
shows = [
    Show.objects.create(movie=movie, screen_name="Screen 1", date_time=first_time + n * timedelta(hours=3),
                        total_seats=seats)
    for n in range(show_count)
]

def token(user):
    # Valid from yesterday until tomorrow, so that a long test or a wrong clock does not invalidate it.
    token = AccessToken.for_user(user)
    token.set_iat(at_time=timezone.now() - timedelta(days=1))
    token.set_exp(lifetime=timedelta(days=1))
    return str(token)

print(json.dumps({{"tokens": [token(user) for user in users], "shows": [show.pk for show in shows]}}))
"""


@dataclass
class LoadData:
    tokens: list[str]
    shows: list[int]


def server_environment(database_url: str, secret_key: str, **more: str) -> dict[str, str]:
    """Returns the environment of a server under load, with all throttles off."""
    return os.environ | {
        "DJANGO_SETTINGS_MODULE": "cinema.settings",
        "DATABASE_URL": database_url,
        "SECRET_KEY": secret_key,
        "HTTPS": "off",
        "DEBUG": "off",
        "REDIS_URL": "",
        # With these, the fast path answers what it can.
        "FAST_PATH": "on",
        "ORPHAN_RULE": "off",
        "BOOKING_MAX_SEATS": "0",
        "THROTTLE_SIGNUP": "",
        "THROTTLE_LOGIN": "",
        "THROTTLE_BOOKING": "",
        **more,
    }


def run_manage(environment: dict[str, str], *arguments: str) -> str:
    """Runs `manage.py` and returns its output. Raises `RuntimeError` if it fails."""
    result = subprocess.run(
        [sys.executable, "-W", "ignore", "manage.py", *arguments],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
    )
    if result.returncode:
        raise RuntimeError(f"manage.py {arguments[0]}: {result.stdout}{result.stderr}")
    return result.stdout


def create_load_data(environment: dict[str, str], *, buyers: int, shows: int, seats: int) -> LoadData:
    """Migrates an empty database and creates the buyers and shows in it."""
    run_manage(environment, "migrate", "--verbosity", "0")
    script = SCRIPT.format(buyers=buyers, shows=shows, seats=seats)
    return LoadData(**json.loads(run_manage(environment, "shell", "--no-imports", "-c", script)))
