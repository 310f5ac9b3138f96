"""How settings are read from the environment or the `.env` file: once, and loudly where they make no sense."""

import re
from pathlib import Path

import environ
from django.core.exceptions import ImproperlyConfigured

BASE_DIR = Path(__file__).resolve().parent.parent

env = environ.Env()
env.read_env(BASE_DIR / ".env")


def boolean(name: str, *, default: bool) -> bool:
    """An on/off variable; a misspelt value is an error, never silently "off"."""
    value = env.str(name, "").strip().lower()
    if value in {"on", "true", "yes", "1"}:
        return True
    if value in {"off", "false", "no", "0"}:
        return False
    if value:
        raise ImproperlyConfigured(f"{name} must be on or off, not {value!r}.")
    return default


def integer(name: str, *, default: int, least: int = 1) -> int:
    value = env.str(name, "").strip() or str(default)
    if not re.fullmatch(r"[0-9]{1,9}", value, re.ASCII) or int(value) < least:
        raise ImproperlyConfigured(f"{name} must be a whole number from {least}, not {value!r}.")
    return int(value)


def choice(name: str, among: tuple[str, ...], *, default: str) -> str:
    value = env.str(name, "").strip() or default
    if value not in among:
        raise ImproperlyConfigured(f"{name} must be one of {', '.join(among)}, not {value!r}.")
    return value


def rate(name: str, *, default: str) -> str | None:
    """A DRF throttle rate such as `10/min`; empty turns the throttle off."""
    value = env.str(name, default).strip()
    if value and not re.fullmatch(r"[1-9][0-9]*/(s|sec|m|min|h|hour|d|day)", value):
        raise ImproperlyConfigured(f"{name} must look like 10/min or be empty, not {value!r}.")
    return value or None


def require_safe_production(https: bool, *, debug: bool, hosts: list[str]) -> None:
    """What is only for a machine of one's own, where `HTTPS` is off."""
    if https and debug:
        raise ImproperlyConfigured("DEBUG shows everybody what is inside: that needs HTTPS=off, at home.")
    if https and "*" in hosts:
        raise ImproperlyConfigured(
            "ALLOWED_HOSTS must name the hosts: with * each caller chooses the host of links."
        )
