"""Users with their tokens. There are many, as in life: a sale counts the attempts of each."""

from django.contrib.auth import get_user_model
from rest_framework_simplejwt.tokens import AccessToken

from bench import filling


def tokens(number: int) -> list[str]:
    """Adds users to a database that has none; answers an access token of each, by their ids from 1."""
    filling.add_users(number)
    return [token(user_id) for user_id in range(1, number + 1)]


def token(user_id: int) -> str:
    return str(AccessToken.for_user(get_user_model()(pk=user_id, password="!")))  # noqa: S106 - matches nothing
