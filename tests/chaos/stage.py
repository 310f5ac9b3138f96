"""What a storm needs: buyers with tokens, and shows of their own, made by a child process on any database."""

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

buyers, count, seats = {buyers}, {shows}, {seats}
users = [get_user_model().objects.create(username=f"buyer {{n}}", password="!") for n in range(buyers)]
movie = Movie.objects.create(title="The Tempest", duration_minutes=120)
begins = timezone.now() + timedelta(days=30)
shows = [
    Show.objects.create(movie=movie, screen_name="Screen 1", date_time=begins + n * timedelta(hours=3),
                        total_seats=seats)
    for n in range(count)
]

def token(user):
    # From yesterday till tomorrow, so that no storm is too long for it, and no clock too wrong.
    token = AccessToken.for_user(user)
    token.set_iat(at_time=timezone.now() - timedelta(days=1))
    token.set_exp(lifetime=timedelta(days=1))
    return str(token)

print(json.dumps({{"tokens": [token(user) for user in users], "shows": [show.pk for show in shows]}}))
"""


@dataclass
class Stage:
    tokens: list[str]
    shows: list[int]


def environment(database_url: str, secret_key: str, **more: str) -> dict[str, str]:
    """What a server under a storm is run with: nobody counts how often its buyers knock."""
    return os.environ | {
        "DJANGO_SETTINGS_MODULE": "cinema.settings",
        "DATABASE_URL": database_url,
        "SECRET_KEY": secret_key,
        "HTTPS": "off",
        "DEBUG": "off",
        "REDIS_URL": "",
        "ORPHAN_RULE": "off",
        "THROTTLE_SIGNUP": "",
        "THROTTLE_LOGIN": "",
        "THROTTLE_BOOKING": "",
        **more,
    }


def manage(environment: dict[str, str], *arguments: str) -> str:
    """Runs manage.py; what it prints."""
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


def set_up(environment: dict[str, str], *, buyers: int, shows: int, seats: int) -> Stage:
    """On an empty database."""
    manage(environment, "migrate", "--verbosity", "0")
    made = SCRIPT.format(buyers=buyers, shows=shows, seats=seats)
    return Stage(**json.loads(manage(environment, "shell", "--no-imports", "-c", made)))
