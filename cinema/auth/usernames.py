"""Usernames are case-insensitive and normalized: `Alice`, ` alice` and `ＡＬＩＣＥ` name the same user."""

from typing import Any

from django.contrib.auth import get_user_model
from django.db.models import Value
from django.db.models.functions import Upper
from django.db.models.lookups import Exact

User = get_user_model()

# Characters. A username has at most 150, and a character has at most four code points before normalization.
MAX_INPUT_LENGTH = 1000


def normalize_username(name: str) -> str:
    """Returns the name as it is stored: without surrounding whitespace, and in Unicode's NFKC form.

    Input of more than `MAX_INPUT_LENGTH` characters is truncated, because normalizing megabytes takes seconds.
    What remains is still too long for a username.
    """
    return User.normalize_username(name.strip()[:MAX_INPUT_LENGTH])


def users_with_name(name: str) -> Any:
    """Returns a queryset of the user with this name in any letter case. It has at most one row.

    It uses the unique index on UPPER(username).
    """
    return User.objects.filter(Exact(Upper("username"), Upper(Value(name))))
