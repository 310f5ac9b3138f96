"""Signal receivers of the accounts app."""

from typing import Any


def clear_token(sender: Any, instance: Any, **kwargs: Any) -> None:
    """Empties the refresh token in a row of simplejwt's `OutstandingToken` before it is saved.

    Its id is enough to reject a blacklisted token. A stored token is valid for a week, so anybody who reads a
    backup or that page of the admin could log in with it.
    """
    instance.token = ""
