"""Authentication by JSON web tokens. Every invalid token gets the code `token_not_valid`."""

import re
from functools import lru_cache
from time import time
from typing import Any

from rest_framework.request import Request
from rest_framework_simplejwt.authentication import JWTAuthentication, JWTStatelessUserAuthentication
from rest_framework_simplejwt.exceptions import AuthenticationFailed, InvalidToken
from rest_framework_simplejwt.settings import api_settings

# The form in which simplejwt writes the claim.
USER_ID = re.compile(r"[1-9][0-9]{0,17}", re.ASCII)


def user_id_from_token(token: Any) -> int:
    """Returns the id of the token's user. Raises `InvalidToken` if it is missing or not canonical."""
    claim = token.get(api_settings.USER_ID_CLAIM)
    if isinstance(claim, str) and USER_ID.fullmatch(claim):
        return int(claim)
    raise InvalidToken("Token contains no valid user id")


class TokenAuthentication(JWTAuthentication):
    """Authenticates the user of an access token, who must exist and be active.

    Raises `InvalidToken` (401 `token_not_valid`) if the token is invalid, if its user is deleted or inactive,
    or if the password has changed since it was issued.
    """

    def authenticate(self, request: Request) -> Any:
        try:
            return super().authenticate(request)
        except InvalidToken:
            raise
        except AuthenticationFailed as error:
            detail: Any = error.detail
            raise InvalidToken(str(detail["detail"])) from error

    def get_validated_token(self, raw_token: bytes) -> Any:
        token = _verify(raw_token)
        if token["exp"] <= time():
            # It has expired since it was cached. Verifying it again raises the right error.
            token = super().get_validated_token(raw_token)
        user_id_from_token(token)
        return token


@lru_cache(maxsize=4096)
def _verify(raw_token: bytes) -> Any:
    """Verifies a token and caches it, because a client sends the same token many times.

    Raises `InvalidToken` for an invalid token, which is not cached. The caller must check that a cached token
    has not expired.
    """
    return JWTAuthentication().get_validated_token(raw_token)


class StatelessTokenAuthentication(TokenAuthentication, JWTStatelessUserAuthentication):
    """Takes the user's id from the token, without a query.

    Use it only for views whose own SQL statement checks the user, as booking does with `caller`.
    """


def caller(request: Request) -> dict[str, Any]:
    """Returns the current user's id and password hash, as arguments for a function of `booking.services`.

    The SQL statements there check both. `password_hash` is the token's hash of the password for which it was
    issued. It is empty if the token has none, and then no statement accepts it.
    """
    return {"user_id": int(str(request.user.pk)), "password_hash": password_hash(request.auth)}


def bearer(raw_token: bytes) -> tuple[int, str] | None:
    """The id and the password hash, like `caller`, of a valid access token; None for any other."""
    try:
        token = StatelessTokenAuthentication().get_validated_token(raw_token)
        return user_id_from_token(token), password_hash(token)
    except InvalidToken:
        return None


def password_hash(token: Any) -> str:
    return str(token.get(api_settings.REVOKE_TOKEN_CLAIM) or "")
