"""Says what usernames may contain, and which usernames are the same.

`Alice`, ` alice` and `ＡＬＩＣＥ` name the same user, because `fold_username` makes the same text of them.
Signup, login and its throttle, the admin, commands and the database all compare folded names.
"""

import re
from itertools import chain
from typing import Any
from unicodedata import category

from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError

from cinema.api.folding import fold

User = get_user_model()

# Characters. A username has at most 150, and a character has at most four code points before normalization.
MAX_INPUT_LENGTH = 1000
MAX_LENGTH = 150
# Folding makes at most two characters of one that is normalized. Names from fixtures may not be normalized.
MAX_FOLDED_LENGTH = 2 * MAX_LENGTH

# Combining marks are in the planes 0, 1 and 14 of Unicode. Thai, Hindi and many other scripts need them.
_MARKS = "".join(
    character
    for character in map(chr, chain(range(0x20000), range(0xE0000, 0xE0200)))
    if category(character).startswith("M")
)
ALLOWED = re.compile(rf"^[\w.@+\-{_MARKS}]+\Z")
ALLOWED_MESSAGE = "Use only letters of any script with their marks, digits, and the signs @ . + - _."


def allow_marks() -> None:
    """Makes Django's validator of usernames, which forms and commands use too, accept combining marks."""
    validator: Any = User.username_validator
    validator.regex = ALLOWED
    validator.message = ALLOWED_MESSAGE


def check_characters(name: str) -> None:
    """Raises `ValidationError` for characters that no username may have.

    It is a function, because the schema would show the pattern of a validator, with its thousands of marks.
    """
    User.username_validator(name)


def normalize_username(name: str) -> str:
    """Returns the name as it is stored: without surrounding whitespace, and in Unicode's NFKC form.

    Input of more than `MAX_INPUT_LENGTH` characters is truncated, because normalizing megabytes takes seconds.
    The rest is still too long for a username.
    """
    return User.normalize_username(name.strip()[:MAX_INPUT_LENGTH])


def fold_username(name: str) -> str:
    """Returns the text that is equal for all spellings of the name.

    It strips the folded text too, because folding makes letters with a space of signs such as `\u00a8`.
    """
    return fold(normalize_username(name)).strip()


def users_with_name(name: str) -> Any:
    """Returns a queryset of the user with this name in any spelling. It has at most one row."""
    return User.objects.filter(folded__name=fold_username(name))


def check_username(name: str, user_id: int | None) -> None:
    """Raises `ValidationError` if the user can't have this name: it is taken, too long, or can't be seen."""
    check_length(name)
    if users_with_name(name).exclude(pk=user_id).exists():
        raise ValidationError("A user with that username already exists.", code="unique")


def check_length(name: str) -> None:
    """Raises `ValidationError` for a name that PostgreSQL would not store, but SQLite would."""
    folded_length = len(fold_username(name))
    if len(name) > MAX_LENGTH or folded_length > MAX_FOLDED_LENGTH:
        raise ValidationError(f"A username has at most {MAX_LENGTH} characters.", code="max_length")
    if not folded_length:
        raise ValidationError("A username needs a visible character.", code="invalid")
