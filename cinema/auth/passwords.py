"""Passwords are hashed in Unicode's NFKC form, because keyboards write the same letter in different ways."""

from typing import Any
from unicodedata import category, normalize

from django.contrib.auth import get_user_model
from django.contrib.auth.hashers import Argon2PasswordHasher, make_password
from django.core.exceptions import ValidationError

from cinema.api.folding import IGNORABLE

BRAILLE_BLANK = "\u2800"  # Unicode counts it as a symbol.
# Characters. Normalizing megabytes takes seconds, so a longer password is hashed as it was typed.
MAX_NORMALIZED_LENGTH = 1000


def normalize_password(password: str) -> str:
    return password if len(password) > MAX_NORMALIZED_LENGTH else normalize("NFKC", password)


def spellings(password: str) -> list[str]:
    """Returns the spellings that a hash may come from: the normalized one and the typed one.

    Before passwords were normalized, they were hashed as they were typed. Most passwords have one spelling.
    """
    return list(dict.fromkeys([normalize_password(password), password]))


class NormalizingPasswordHasher(Argon2PasswordHasher):
    """Argon2 of the normalized password. Accepts hashes of a password that was not normalized, too."""

    def encode(self, password: str, salt: str) -> str:
        return super().encode(normalize_password(password), salt)

    def verify(self, password: str, encoded: str) -> bool:
        verify = super().verify
        return any(verify(spelling, encoded) for spelling in spellings(password))


class VisiblePasswordValidator:
    """Rejects a password of spaces and other characters that can't be seen."""

    def validate(self, password: str, user: Any = None) -> None:
        visible = IGNORABLE.sub("", password).replace(BRAILLE_BLANK, "")
        if all(category(character)[0] in "ZC" for character in visible):
            raise ValidationError("This password has no visible character.", code="password_not_visible")

    def get_help_text(self) -> str:
        return "Your password must contain a visible character."


def replace_password(user: Any, password: str) -> bool:
    """Stores a new password of an active user. Returns False if it has changed since the user was read.

    One conditional UPDATE, so that only one of two concurrent requests with the same old password succeeds.
    """
    users = get_user_model().objects.filter(pk=user.pk, password=user.password, is_active=True)
    return bool(users.update(password=make_password(password)))
