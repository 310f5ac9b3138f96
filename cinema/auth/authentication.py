"""Who is calling: simplejwt's authentication, with one code for every token that is no good."""

import re
from functools import lru_cache
from time import time
from typing import Any

from rest_framework.request import Request
from rest_framework_simplejwt.authentication import JWTAuthentication, JWTStatelessUserAuthentication
from rest_framework_simplejwt.exceptions import AuthenticationFailed, InvalidToken
from rest_framework_simplejwt.settings import api_settings

# As simplejwt writes it.
USER_ID = re.compile(r"[1-9][0-9]{0,17}", re.ASCII)


def user_id_from_token(token: Any) -> int:
    """The id of the user whose token it is. Raises `InvalidToken` where it has none, or in another spelling."""
    claim = token.get(api_settings.USER_ID_CLAIM)
    if isinstance(claim, str) and USER_ID.fullmatch(claim):
        return int(claim)
    raise InvalidToken("Token names no user")


class TokenAuthentication(JWTAuthentication):
    """The user of an access token, looked up: must exist, be active, and not have changed passwords.

    Raises `InvalidToken` (401 `token_not_valid`) for whatever is wrong with the token or its user.
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
        token = _verified(raw_token)
        if token["exp"] <= time():
            # Says so, as of any that was never good.
            token = super().get_validated_token(raw_token)
        user_id_from_token(token)
        return token


@lru_cache(maxsize=4096)
def _verified(raw_token: bytes) -> Any:
    """A good token, read once: who calls, calls again with it, and its signature stays as good as it is.

    What is not good raises `InvalidToken`, and is not kept. That it expires, the caller has to see.
    """
    return JWTAuthentication().get_validated_token(raw_token)


class StatelessTokenAuthentication(TokenAuthentication, JWTStatelessUserAuthentication):
    """The user as the token says, without a query.

    For the sale, whose own UPDATE checks that the buyer exists and is active.
    """


def caller(request: Request) -> dict[str, Any]:
    """Who calls, as the arguments of a booking service, which check both in their own statement.

    `password_hash` is the token's hash of the password that it was issued for. A token without one is refused.
    """
    token: Any = request.auth
    return {
        "user_id": int(str(request.user.pk)),
        "password_hash": str(token.get(api_settings.REVOKE_TOKEN_CLAIM) or ""),
    }
