"""API views that reset a forgotten password by a link in a mail."""

import hashlib
from typing import Any

from drf_spectacular.utils import OpenApiExample, extend_schema, extend_schema_serializer
from rest_framework import generics, serializers, status
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response

from cinema.api.folding import fold
from cinema.auth.passwords import replace_password
from cinema.auth.reset_mail import send_reset_mails, user_of_token
from cinema.auth.serializers import NewPasswordField, check_strength
from cinema.auth.throttles import FailedLoginThrottle

MAX_EMAIL_LENGTH = 254
FORGOTTEN = "If an active account has this email address, a link to choose a new password is on its way."


class ForgottenThrottle(FailedLoginThrottle):
    """Limits the requests for one email address, at the rate of failed logins.

    They count from all IP addresses together, because each request may send a mail to the same person.
    """

    def get_cache_key(self, request: Request, view: Any) -> str | None:
        email = request.data.get("email") if hasattr(request.data, "get") else None
        ident = hashlib.sha256(fold(str(email)[:MAX_EMAIL_LENGTH]).encode(errors="replace")).hexdigest()
        return self.cache_format % {"scope": "forgotten", "ident": ident}

    def allow_request(self, request: Request, view: Any) -> bool:
        """Claims a slot, or returns False if there is none."""
        if self.rate is None or (key := self.get_cache_key(request, view)) is None:
            return True
        return any(self.cache.add(slot, self.now, self.duration) for slot in self._load_slots(key))

    def wait(self) -> float:
        # Without a claimed slot if other requests have just claimed all of them.
        return super().wait() if self.history else float(self.duration)


@extend_schema_serializer(examples=[OpenApiExample("Alice", {"email": "alice@example.com"})])
class ForgottenSerializer(serializers.Serializer):
    email = serializers.EmailField(max_length=MAX_EMAIL_LENGTH)


@extend_schema_serializer(examples=[OpenApiExample("Always", {"detail": FORGOTTEN})])
class ForgottenAnswerSerializer(serializers.Serializer):
    detail = serializers.CharField()


@extend_schema_serializer(
    examples=[
        OpenApiExample(
            "Alice",
            {"token": "1-d3q7r1-5c0f6e2b9a7d41e8b3c6f0a2d9e4b718", "new_password": "pear-tart-43"},
        )
    ]
)
class ResetSerializer(serializers.Serializer):
    token = serializers.CharField(max_length=200, help_text="From the link in the mail, after `#/password/`.")
    new_password = NewPasswordField()

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        user = user_of_token(attrs["token"])
        if user is None:
            raise self.invalid_token()
        check_strength("new_password", attrs["new_password"], user)
        return attrs | {"user": user}

    def save(self, **kwargs: Any) -> None:
        if not replace_password(self.validated_data["user"], self.validated_data["new_password"]):
            raise self.invalid_token()

    @staticmethod
    def invalid_token() -> serializers.ValidationError:
        message = "This link has expired or was already used. Ask for a new one."
        return serializers.ValidationError({"token": [message]})


@extend_schema(
    tags=["Account"],
    summary="Ask for a mail that resets a forgotten password",
    description=(
        "Sends a mail to each active account with this email address. The answer is the same for every address."
    ),
    responses={202: ForgottenAnswerSerializer},
)
class Forgotten(generics.GenericAPIView):
    serializer_class = ForgottenSerializer
    authentication_classes: list[Any] = []
    permission_classes = [AllowAny]
    throttle_classes = [ForgottenThrottle]

    def post(self, request: Request) -> Response:
        serializer = self.get_serializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        # `ALLOWED_HOSTS` lists the hosts that a request, and so the link in the mail, can name.
        send_reset_mails(serializer.validated_data["email"], request.build_absolute_uri("/"))
        return Response({"detail": FORGOTTEN}, status=status.HTTP_202_ACCEPTED)


@extend_schema(
    tags=["Account"],
    summary="Choose a new password with the token of a mail",
    description=(
        "A token works once and within an hour. It also ends when the user logs in or changes the email "
        "address. The new password ends all other tokens of the user."
    ),
    responses={204: None},
)
class Reset(generics.GenericAPIView):
    serializer_class = ResetSerializer
    authentication_classes: list[Any] = []
    permission_classes = [AllowAny]

    def post(self, request: Request) -> Response:
        serializer = self.get_serializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        serializer.save()
        return Response(status=status.HTTP_204_NO_CONTENT)
