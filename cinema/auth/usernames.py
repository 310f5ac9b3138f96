"""When two spellings are one name: `Alice`, ` alice` and `ＡＬＩＣＥ` are the same person."""

from typing import Any

from django.contrib.auth import get_user_model
from django.db.models import Value
from django.db.models.functions import Upper
from django.db.models.lookups import Exact

User = get_user_model()

# No name comes near it, in whatever form: 150 characters, four signs each at most.
LONGEST = 1000


def normalize_username(name: str) -> str:
    """The name as it is kept: without space around it, and in Unicode's NFKC form.

    Of one that is too long by far only the beginning, which is too long as well: to bring megabytes into that
    form takes seconds.
    """
    return User.normalize_username(name.strip()[:LONGEST])


def users_with_name(name: str) -> Any:
    """The users, one at most, with this name in any letter case, by the index that keeps it so."""
    return User.objects.filter(Exact(Upper("username"), Upper(Value(name))))
