"""When two spellings are one name: `Alice`, ` alice` and `ＡＬＩＣＥ` are the same person."""

from typing import Any

from django.contrib.auth import get_user_model
from django.db.models import Value
from django.db.models.functions import Upper
from django.db.models.lookups import Exact

User = get_user_model()


def canonical(name: str) -> str:
    """The name as it is kept: without space around it, and in Unicode's NFKC form."""
    return User.normalize_username(name.strip())


def users_called(name: str) -> Any:
    """The users, one at most, with this name in any letter case, by the index that keeps it so."""
    return User.objects.filter(Exact(Upper("username"), Upper(Value(name))))
