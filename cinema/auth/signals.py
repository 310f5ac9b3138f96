"""No refresh token is kept: only its id, which is enough to refuse it.

simplejwt would write each into its table, good for a week: whoever read a backup, or that page of the admin,
could be anybody.
"""

from typing import Any


def clear_token(sender: Any, instance: Any, **kwargs: Any) -> None:
    """Before a row of simplejwt's `OutstandingToken` is saved, by whatever door."""
    instance.token = ""
