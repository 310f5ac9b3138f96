"""Accounts and tokens, in and out."""

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
from cinema.auth.usernames import normalize_username, users_with_name

User = get_user_model()


class UsernameField(serializers.CharField):
    """A name as Django keeps it: what looks the same is the same, and its length counts after that."""

    def to_internal_value(self, data: Any) -> str:
        return normalize_username(super().to_internal_value(data))


@extend_schema_serializer(
    examples=[OpenApiExample("Alice", {"id": 1, "username": "alice", "email": "alice@example.com"})]
)
class AccountSerializer(serializers.Serializer):
    id = serializers.IntegerField(read_only=True)
    username = serializers.CharField(read_only=True)
    email = serializers.CharField(read_only=True, help_text="Empty where none was given.")


@extend_schema_serializer(
    examples=[
        OpenApiExample("Alice", {"username": "alice", "password": "plum-tart-42", "email": "alice@example.com"})
    ]
)
class SignupSerializer(serializers.ModelSerializer):
    """A new account. Raises a validation error for a taken name (in any letter case) or a weak password."""

    username = UsernameField(
        max_length=150,
        validators=[User.username_validator],
        help_text="At most 150 letters, digits and `@ . + - _`; unique in any letter case.",
    )
    password = serializers.CharField(
        write_only=True, max_length=128, trim_whitespace=False, style={"input_type": "password"}
    )
    email = serializers.EmailField(required=False, allow_blank=True, default="", max_length=254)

    class Meta:
        model = User
        fields = ["username", "email", "password"]

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        someone = User(username=attrs["username"], email=attrs["email"])
        try:
            validate_password(attrs["password"], someone)
        except DjangoValidationError as error:
            raise serializers.ValidationError({"password": error.messages}) from error
        return attrs

    def create(self, validated_data: dict[str, Any]) -> Any:
        password = validated_data.pop("password")
        user = User(**validated_data | {"email": User.objects.normalize_email(validated_data["email"])})
        # Hashing takes long on purpose, and on SQLite a transaction keeps all other writers waiting.
        user.set_password(password)
        # The name is not looked up first: two sign-ups at once would both see it free. The database decides.
        try:
            with transaction.atomic():
                user.save()
            return user
        except IntegrityError as error:
            taken = {"username": ["A user with that username already exists."]}
            raise serializers.ValidationError(taken) from error

    def to_representation(self, instance: Any) -> dict[str, Any]:
        return AccountSerializer(instance).data


@extend_schema_serializer(
    examples=[OpenApiExample("Alice", {"username": "alice", "password": "plum-tart-42"})],
    description="The name may be written in any letter case.",
)
class LoginSerializer(TokenObtainPairSerializer):
    """simplejwt's, with name and password read as they were at sign-up, the name in any letter case."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["username"] = UsernameField(write_only=True)
        self.fields["password"] = serializers.CharField(write_only=True, trim_whitespace=False)

    def validate(self, attrs: dict[str, Any]) -> dict[Any, Any]:
        name = attrs["username"]
        kept = users_with_name(name).values_list("username", flat=True).first()
        return super().validate(attrs | {"username": kept or name})


@extend_schema_serializer(
    examples=[OpenApiExample("Tokens", {"access": "eyJhbGciOi…", "refresh": "eyJhbGciOi…"})]
)
class TokenPairSerializer(serializers.Serializer):
    access = serializers.CharField(help_text="Send it as `Authorization: Bearer …`; good for 15 minutes.")
    refresh = serializers.CharField(help_text="Exchange it once at `/login/refresh`; good for 7 days.")


@extend_schema_serializer(examples=[OpenApiExample("A token", {"refresh": "eyJhbGciOi…"})])
class RefreshTokenSerializer(serializers.Serializer):
    refresh = serializers.CharField()


@extend_schema_serializer(description="A refresh token of your own.")
class LogoutSerializer(RefreshTokenSerializer):
    """Ends a refresh token of the caller's. Raises `InvalidToken` for any other."""

    def validate_refresh(self, value: str) -> RefreshToken:
        try:
            token = RefreshToken(cast(Any, value))
        except TokenError as error:
            raise InvalidToken(str(error)) from error
        if user_id_from_token(token) != self.context["request"].user.pk:
            raise InvalidToken("Token is of another user")
        return token

    def save(self, **kwargs: Any) -> None:
        self.validated_data["refresh"].blacklist()


@extend_schema_serializer(description="Good once: the answer brings the next.")
class RefreshSerializer(RefreshTokenSerializer):
    """Exchanges a refresh token for a new pair, once.

    simplejwt looks whether a token is blacklisted and then blacklists it, so that two callers at
    once both get a pair; here the one who enters it in the blacklist is the one who gets it.
    Raises `InvalidToken` for a token that is used, or whose user is gone, inactive, or has
    changed passwords.
    """

    def validate(self, attrs: dict[str, Any]) -> dict[str, str]:
        old = RefreshToken(attrs["refresh"])
        user = User.objects.filter(pk=user_id_from_token(old), is_active=True).first()
        if user is None or old.get(api_settings.REVOKE_TOKEN_CLAIM) != get_md5_hash_password(user.password):
            raise InvalidToken("Token is of no active account")
        with transaction.atomic():
            _, is_new = cast(tuple[Any, bool], old.blacklist())
            if not is_new:
                raise InvalidToken("Token is blacklisted")
            new = RefreshToken.for_user(user)
        return {"access": str(new.access_token), "refresh": str(new)}
