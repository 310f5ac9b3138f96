"""The authentication backend of the API and the admin."""

from typing import Any

from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.hashers import make_password
from django.http import HttpRequest

from cinema.auth.passwords import spellings
from cinema.auth.usernames import users_with_name


class UsernameBackend(ModelBackend):
    """Finds the user by any spelling of the name."""

    def authenticate(
        self,
        request: HttpRequest | None,
        username: str | None = None,
        password: str | None = None,
        **kwargs: Any,
    ) -> Any:
        if username is None or password is None:
            return None
        user = users_with_name(username).first()
        if user is None or not user.has_usable_password():
            # As many hashes as for a wrong password, so that the time does not tell which accounts exist.
            for spelling in spellings(password):
                make_password(spelling)
            return None
        return user if user.check_password(password) and self.user_can_authenticate(user) else None
