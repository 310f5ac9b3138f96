"""How often one may sign up, and fail to log in.

Counts are kept in the "shared" cache: Redis, or a table of the database, so that they hold over
all workers and nodes.
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

from cinema.auth.usernames import normalize_username


class SharedThrottle(SimpleRateThrottle):
    """A DRF throttle that counts in the shared cache."""

    cache = cast(BaseCache, ConnectionProxy(caches, "shared"))
    num_requests: int
    duration: int


class SignupThrottle(SharedThrottle):
    """Sign-ups from one address."""

    scope = "signup"

    def get_cache_key(self, request: Request, view: Any) -> str:
        return self.cache_format % {"scope": self.scope, "ident": self.get_ident(request)}


class FailedLoginThrottle(SharedThrottle):
    """Failed log-ins for one name from one address; what succeeds is not counted.

    Django's `user_login_failed` does the counting, so that the API and the admin share it. Each failure takes
    a place of its own, as many as the rate allows, and gives it back by the clock. So two failures at once
    never count as one, as in a list that both read and both write back, and all that can pass beyond the rate
    is what was let in before the last place was taken: one attempt a thread.
    """

    scope = "login"

    def get_cache_key(self, request: Request, view: Any) -> str | None:
        name = request.data.get("username") if hasattr(request.data, "get") else None
        return self.key_for(request, str(name)) if name else None

    def key_for(self, request: HttpRequest | Request, username: str) -> str:
        who = f"{self.get_ident(cast(Request, request))} {normalize_username(username).casefold()}"
        return self.cache_format % {
            "scope": self.scope,
            "ident": hashlib.sha256(who.encode(errors="replace")).hexdigest(),
        }

    def throttle_success(self) -> bool:
        return True

    def wait(self) -> float:
        """Seconds until the first place is given back."""
        return max(0.0, self.duration - (self.now - min(self.history)))

    def allow_request(self, request: Request, view: Any) -> bool:
        """Whether a place is free; it is taken only when the attempt has failed."""
        if self.rate is None or (key := self.get_cache_key(request, view)) is None:
            return True
        self._look_up(key)
        return len(self.history) < self.num_requests

    def seconds_to_wait(self, request: HttpRequest, username: str) -> int:
        """0 while the name may be tried from here, else the seconds until it may."""
        if self.rate is None:
            return 0
        self._look_up(self.key_for(request, username))
        return 0 if len(self.history) < self.num_requests else math.ceil(self.wait())

    def count(self, request: HttpRequest, username: str) -> None:
        if self.rate is not None:
            for place in self._look_up(self.key_for(request, username)):
                # Says no where somebody else has just taken it.
                if self.cache.add(place, self.now, self.duration):
                    return

    def _look_up(self, key: str) -> list[str]:
        """Notes when the places were taken that are, and answers those that are free."""
        self.now = self.timer()
        places = [f"{key}_{number}" for number in range(self.num_requests)]
        taken = {
            place: moment
            for place, moment in self.cache.get_many(places).items()
            if moment > self.now - self.duration
        }
        self.history = list(taken.values())
        return [place for place in places if place not in taken]


def count_failed_login(
    sender: Any, credentials: dict[str, Any], request: HttpRequest | None = None, **kwargs: Any
) -> None:
    if request is not None and "username" in credentials:
        FailedLoginThrottle().count(request, str(credentials["username"]))


def make_shared_cache(sender: Any, using: str, **kwargs: Any) -> None:
    """Makes the shared cache's table with `migrate`, where there is none and Redis is not used."""
    call_command("createcachetable", database=using, verbosity=0)
