"""Reads settings from environment variables. An empty variable counts as unset, except in `rate`.

Every function raises `ImproperlyConfigured`, with the variable's name, for an invalid value.
"""

import os
import zoneinfo
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from dotenv import load_dotenv
from environs import Env, EnvValidationError, validate

BASE_DIR = Path(__file__).resolve().parent.parent
MAIL_SERVER_TIMEOUT = 10  # seconds

env = Env()


def use_development_defaults() -> None:
    """Sets the variables of the `.env` file beside `manage.py`, a SQLite database, and mails to the console,
    unless they are set.

    Only `manage.py` and `make run` call it. `.env` turns HTTPS off, so any other server must not read it.
    """
    load_dotenv(BASE_DIR / ".env")
    if not os.environ.get("DATABASE_URL"):
        os.environ["DATABASE_URL"] = f"sqlite:///{BASE_DIR / 'db.sqlite3'}"
    if not os.environ.get("EMAIL_URL"):
        os.environ["EMAIL_URL"] = "console:"


def _read(parse: Callable[..., Any], name: str, default: Any, validator: Any = None) -> Any:
    if not env.str(name, ""):
        return default
    try:
        return parse(name, validate=validator)
    except EnvValidationError as error:
        raise ImproperlyConfigured(f"{name}: {' '.join(error.error_messages)}") from None


def boolean(name: str, *, default: bool) -> bool:
    return _read(env.bool, name, default)


def integer(name: str, *, default: int, minimum: int = 1, maximum: int = 999_999_999) -> int:
    return _read(env.int, name, default, validate.Range(minimum, maximum))


def choice(name: str, choices: Sequence[str], *, default: str) -> str:
    return _read(env.str, name, default, validate.OneOf(choices))


def rate(name: str, *, default: str) -> str | None:
    """Reads a DRF throttle rate. An empty variable turns the throttle off."""
    pattern = r"[1-9][0-9]*/(s|sec|m|min|h|hour|d|day)\Z"
    validator = validate.Regexp(pattern, error="Must look like 10/min, or be empty.")
    return _read(env.str, name, None if env.str(name, default) == "" else default, validator)


def text(name: str, *, default: str, pattern: str = r".{1,200}\Z", example: str = "a text") -> str:
    validator = validate.Regexp(pattern, error=f"Must look like {example}.")
    return _read(env.str, name, default, validator)


def time_zone(name: str, *, default: str) -> str:
    """Reads the name of a time zone from the IANA database, such as `Europe/Berlin`."""
    zone = env.str(name, "") or default
    try:
        zoneinfo.ZoneInfo(zone)
    except (OSError, ValueError, zoneinfo.ZoneInfoNotFoundError):
        raise ImproperlyConfigured(f"{name}: There is no time zone {zone!r}.") from None
    return zone


def email_settings(name: str) -> dict[str, Any]:
    """Reads the URL of a mail server, and returns Django's settings. Without one, mails go to the console."""
    console = {"EMAIL_BACKEND": "django.core.mail.backends.console.EmailBackend", "EMAIL_TIMEOUT": None}
    settings = _read(lambda name, validate: env.dj_email_url(name), name, console)
    if "EMAIL_BACKEND" not in settings:
        raise ImproperlyConfigured(f"{name}: Must be like submission://user:password@mail.example:587.")
    return settings | {"EMAIL_TIMEOUT": settings["EMAIL_TIMEOUT"] or MAIL_SERVER_TIMEOUT}
