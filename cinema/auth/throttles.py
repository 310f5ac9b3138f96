"""Throttles for signups and failed logins.

They count in the "shared" cache, which is Redis or a database table, so all workers and nodes share the counts.
"""

import hashlib
import math
from typing import Any, cast

from django.core.cache import BaseCache, caches
from django.core.management import call_command
from django.http import HttpRequest
from django.utils.connection import ConnectionProxy
from rest_framework.request import Request
from rest_framework.throttling import SimpleRateThrottle

from cinema.auth.usernames import fold_username


class SharedThrottle(SimpleRateThrottle):
    """A DRF throttle that counts in the shared cache."""

    cache = cast(BaseCache, ConnectionProxy(caches, "shared"))
    num_requests: int
    duration: int


class SignupThrottle(SharedThrottle):
    """Limits signups from one IP address."""

    scope = "signup"

    def get_cache_key(self, request: Request, view: Any) -> str:
        return self.cache_format % {"scope": self.scope, "ident": self.get_ident(request)}


class FailedLoginThrottle(SharedThrottle):
    """Limits failed logins for one username from one IP address. Successful logins do not count.

    A receiver of Django's `user_login_failed` counts, so the API and the admin share the limit. The rate has a
    slot for each failure that it allows. Each failed login claims a slot with an atomic `cache.add()`, and the
    slot expires by itself. So concurrent failures are counted exactly, unlike in DRF's throttles, which read a
    list and write it back. Only attempts that began before the last slot was claimed can exceed the rate: one
    per thread.

    django-axes 8.3 was tried. Its database handler counts exactly, too (20 of 20 concurrent failures), but each
    failure restarts its window: it locked a user after 3 failures in 80 seconds at a rate of 3 per minute. Its
    cache handler lost up to 18 of 20 concurrent failures.
    """

    scope = "login"

    def get_cache_key(self, request: Request, view: Any) -> str | None:
        username = request.data.get("username") if hasattr(request.data, "get") else None
        return self.key_for(request, str(username)) if username else None

    def key_for(self, request: HttpRequest | Request, username: str) -> str:
        client = f"{self.get_ident(cast(Request, request))} {fold_username(username)}"
        return self.cache_format % {
            "scope": self.scope,
            "ident": hashlib.sha256(client.encode(errors="replace")).hexdigest(),
        }

    def throttle_success(self) -> bool:
        return True

    def wait(self) -> float:
        """Returns the seconds until the first slot expires."""
        return max(0.0, self.duration - (self.now - min(self.history)))

    def allow_request(self, request: Request, view: Any) -> bool:
        """Tells whether a slot is free. Only a failed attempt claims it."""
        if self.rate is None or (key := self.get_cache_key(request, view)) is None:
            return True
        self._load_slots(key)
        return len(self.history) < self.num_requests

    def seconds_to_wait(self, request: HttpRequest, username: str) -> int:
        """Returns 0 if a login for this username may be tried now, else the seconds until then."""
        if self.rate is None:
            return 0
        self._load_slots(self.key_for(request, username))
        return 0 if len(self.history) < self.num_requests else math.ceil(self.wait())

    def count(self, request: HttpRequest, username: str) -> None:
        if self.rate is not None:
            for slot in self._load_slots(self.key_for(request, username)):
                # Returns False if another failure has just claimed the slot.
                if self.cache.add(slot, self.now, self.duration):
                    return

    def _load_slots(self, key: str) -> list[str]:
        """Sets `history` to the times of the claimed slots, and returns the cache keys of the free ones."""
        self.now = self.timer()
        slots = [f"{key}_{number}" for number in range(self.num_requests)]
        claimed = {
            slot: claimed_at
            for slot, claimed_at in self.cache.get_many(slots).items()
            if claimed_at > self.now - self.duration
        }
        self.history = list(claimed.values())
        return [slot for slot in slots if slot not in claimed]


def count_failed_login(
    sender: Any, credentials: dict[str, Any], request: HttpRequest | None = None, **kwargs: Any
) -> None:
    if request is not None and "username" in credentials:
        FailedLoginThrottle().count(request, str(credentials["username"]))


def make_shared_cache(sender: Any, using: str, **kwargs: Any) -> None:
    """Creates the table of the shared cache after `migrate`, if it is missing and Redis is not used."""
    call_command("createcachetable", database=using, verbosity=0)
