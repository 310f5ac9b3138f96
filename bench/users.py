"""Users with access tokens. Benchmarks need many, because bookings are throttled per user."""

from django.contrib.auth import get_user_model
from rest_framework_simplejwt.tokens import AccessToken

from bench import fixtures


def create_tokens(number: int) -> list[str]:
    """Adds users with the ids 1 to `number` to a database without users. Returns an access token for each."""
    fixtures.add_users(number)
    return [create_token(user_id) for user_id in range(1, number + 1)]


def create_token(user_id: int) -> str:
    return str(AccessToken.for_user(get_user_model()(pk=user_id, password="!")))  # noqa: S106 - matches nothing
