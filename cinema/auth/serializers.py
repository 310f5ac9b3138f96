"""Serializers of accounts and tokens."""

from typing import Any, cast

from django.contrib.auth import get_user_model
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError as DjangoValidationError
from django.db import IntegrityError, transaction
from drf_spectacular.utils import OpenApiExample, extend_schema_serializer
from rest_framework import serializers
from rest_framework_simplejwt.exceptions import InvalidToken, TokenError
from rest_framework_simplejwt.serializers import TokenObtainPairSerializer
from rest_framework_simplejwt.settings import api_settings
from rest_framework_simplejwt.tokens import RefreshToken
from rest_framework_simplejwt.utils import get_md5_hash_password

from cinema.auth.authentication import user_id_from_token
from cinema.auth.last_login import store_last_login
from cinema.auth.passwords import normalize_password
from cinema.auth.usernames import check_characters, normalize_username

User = get_user_model()


class UsernameField(serializers.CharField):
    """A username, normalized before its length is checked, because normalization can change the length."""

    def to_internal_value(self, data: Any) -> str:
        return normalize_username(super().to_internal_value(data))


class NewPasswordField(serializers.CharField):
    """A new password, normalized before its length and strength are checked."""

    def __init__(self) -> None:
        super().__init__(
            write_only=True,
            max_length=128,
            trim_whitespace=False,
            style={"input_type": "password"},
            help_text="At least 8 characters. Normalized (NFKC), so any keyboard can write it.",
        )

    def to_internal_value(self, data: Any) -> str:
        return normalize_password(super().to_internal_value(data))


def check_strength(field: str, password: str, user: Any) -> None:
    """Raises `ValidationError` for this field if the password is too weak for this user."""
    try:
        validate_password(password, user)
    except DjangoValidationError as error:
        raise serializers.ValidationError({field: error.messages}) from error


@extend_schema_serializer(
    examples=[OpenApiExample("Alice", {"id": 1, "username": "alice", "email": "alice@example.com"})]
)
class AccountSerializer(serializers.Serializer):
    id = serializers.IntegerField(read_only=True)
    username = serializers.CharField(read_only=True)
    email = serializers.CharField(read_only=True, help_text="Empty if none was given.")


@extend_schema_serializer(
    examples=[
        OpenApiExample("Alice", {"username": "alice", "password": "plum-tart-42", "email": "alice@example.com"})
    ]
)
class SignupSerializer(serializers.ModelSerializer):
    """Creates an account. Rejects a weak password, and a username that is taken in any spelling."""

    username = UsernameField(
        max_length=150,
        validators=[check_characters],
        help_text=(
            "At most 150 letters of any script with their marks, digits and `@ . + - _`. Unique: letter case, "
            "composition and width make no difference."
        ),
    )
    password = NewPasswordField()
    email = serializers.EmailField(required=False, allow_blank=True, default="", max_length=254)

    class Meta:
        model = User
        fields = ["username", "email", "password"]

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        check_strength("password", attrs["password"], User(username=attrs["username"], email=attrs["email"]))
        return attrs

    def create(self, validated_data: dict[str, Any]) -> Any:
        password = validated_data.pop("password")
        user = User(**validated_data | {"email": User.objects.normalize_email(validated_data["email"])})
        # Hashing is slow on purpose. Inside the transaction it would make all other writers of SQLite wait.
        user.set_password(password)
        try:
            with transaction.atomic():
                user.save()
            return user
        except DjangoValidationError as error:
            raise serializers.ValidationError({"username": error.messages}) from error
        except IntegrityError as error:
            # The database decides which of two concurrent signups gets the name.
            errors = {"username": ["A user with that username already exists."]}
            raise serializers.ValidationError(errors) from error

    def to_representation(self, instance: Any) -> dict[str, Any]:
        return AccountSerializer(instance).data


@extend_schema_serializer(
    examples=[OpenApiExample("Alice", {"username": "alice", "password": "plum-tart-42"})],
    description="Letter case, composition and width of the username make no difference.",
)
class LoginSerializer(TokenObtainPairSerializer):
    """Reads username and password in the same way as signup does. `UsernameBackend` finds the user."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["username"] = UsernameField(write_only=True)
        self.fields["password"] = serializers.CharField(write_only=True, trim_whitespace=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, str]:
        tokens = super().validate(attrs)
        store_last_login(None, self.user)
        return tokens


@extend_schema_serializer(
    examples=[OpenApiExample("Tokens", {"access": "eyJhbGciOi…", "refresh": "eyJhbGciOi…"})]
)
class TokenPairSerializer(serializers.Serializer):
    access = serializers.CharField(help_text="Send it as `Authorization: Bearer …`. Valid for 15 minutes.")
    refresh = serializers.CharField(help_text="Exchange it once at `/login/refresh`. Valid for 7 days.")


@extend_schema_serializer(examples=[OpenApiExample("A token", {"refresh": "eyJhbGciOi…"})])
class RefreshTokenSerializer(serializers.Serializer):
    refresh = serializers.CharField()


@extend_schema_serializer(description="Your own refresh token.")
class LogoutSerializer(RefreshTokenSerializer):
    """Blacklists a refresh token of the current user. Raises `InvalidToken` for any other token."""

    def validate_refresh(self, value: str) -> RefreshToken:
        try:
            token = RefreshToken(cast(Any, value))
        except TokenError as error:
            raise InvalidToken(str(error)) from error
        if user_id_from_token(token) != self.context["request"].user.pk:
            raise InvalidToken("Token belongs to another user")
        return token

    def save(self, **kwargs: Any) -> None:
        self.validated_data["refresh"].blacklist()


@extend_schema_serializer(description="Valid once. The response contains a new one.")
class RefreshSerializer(RefreshTokenSerializer):
    """Exchanges a refresh token for a new pair, once.

    simplejwt checks the blacklist before it adds the token to it, so two concurrent requests could both get a
    pair. Here only the request that inserts the token into the blacklist gets one. Raises `InvalidToken` for a
    used token, for a deleted or inactive user, and after a change of password.
    """

    def validate(self, attrs: dict[str, Any]) -> dict[str, str]:
        old = RefreshToken(attrs["refresh"])
        user = User.objects.filter(pk=user_id_from_token(old), is_active=True).first()
        if user is None or old.get(api_settings.REVOKE_TOKEN_CLAIM) != get_md5_hash_password(user.password):
            raise InvalidToken("Token belongs to no active account")
        with transaction.atomic():
            _, is_new = cast(tuple[Any, bool], old.blacklist())
            if not is_new:
                raise InvalidToken("Token is blacklisted")
            new = RefreshToken.for_user(user)
        return {"access": str(new.access_token), "refresh": str(new)}
