"""Who is calling: simplejwt's authentication, with one code for every token that is no good."""

from typing import Any

from rest_framework.request import Request
from rest_framework_simplejwt.authentication import JWTAuthentication, JWTStatelessUserAuthentication
from rest_framework_simplejwt.exceptions import AuthenticationFailed, InvalidToken


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


class StatelessTokenAuthentication(TokenAuthentication, JWTStatelessUserAuthentication):
    """The user as the token says, without a query.

    For the sale, whose own UPDATE checks that the buyer exists and is active.
    """
