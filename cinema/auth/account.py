"""API views of the own account: read it, change email address and password, delete it."""

from typing import Any, ClassVar

from django.contrib.auth import get_user_model
from django.db import transaction
from drf_spectacular.utils import OpenApiExample, extend_schema, extend_schema_serializer
from rest_framework import generics, serializers, status
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework_simplejwt.exceptions import InvalidToken

from cinema.api.problems import Problem
from cinema.auth.passwords import replace_password
from cinema.auth.serializers import NewPasswordField, check_strength
from cinema.auth.throttles import FailedLoginThrottle

User = get_user_model()


class IsSuperuser(Problem):
    code = "is_superuser"


class PasswordThrottle(FailedLoginThrottle):
    """Limits wrong passwords of the current user. They count together with failed logins."""

    def get_cache_key(self, request: Request, view: Any) -> str:
        return self.key_for(request, request.user.get_username())


class CurrentPasswordField(serializers.CharField):
    """The password of the current user. A wrong one is invalid, and counts as a failed login."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(write_only=True, trim_whitespace=False, style={"input_type": "password"}, **kwargs)

    def to_internal_value(self, data: Any) -> str:
        password = super().to_internal_value(data)
        request = self.context["request"]
        if not request.user.check_password(password):
            FailedLoginThrottle().count(request, request.user.get_username())
            raise ValidationError("This is not your password.")
        return password


@extend_schema_serializer(
    examples=[
        OpenApiExample("Alice", {"id": 1, "username": "alice", "email": "alice@example.com", "is_staff": False})
    ]
)
class OwnAccountSerializer(serializers.ModelSerializer):
    email = serializers.EmailField(
        allow_blank=True,
        max_length=254,
        help_text="Empty if there is none. Needed to reset a password.",
    )

    class Meta:
        model = User
        fields = ["id", "username", "email", "is_staff"]
        read_only_fields = ["id", "username", "is_staff"]

    def update(self, instance: Any, validated_data: dict[str, Any]) -> Any:
        if "email" in validated_data:
            instance.email = User.objects.normalize_email(validated_data["email"])
            with transaction.atomic():
                # Without the lock, the user could be deleted before the save, which would then fail.
                if not list(User.objects.filter(pk=instance.pk).select_for_update().values_list("pk")):
                    raise InvalidToken("Token belongs to no active account")
                instance.save(update_fields=["email"])
        return instance


@extend_schema_serializer(examples=[OpenApiExample("Alice", {"password": "plum-tart-42"})])
class DeleteAccountSerializer(serializers.Serializer):
    password = CurrentPasswordField()


@extend_schema_serializer(
    examples=[OpenApiExample("Alice", {"old_password": "plum-tart-42", "new_password": "pear-tart-43"})]
)
class ChangePasswordSerializer(serializers.Serializer):
    old_password = CurrentPasswordField()
    new_password = NewPasswordField()

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        check_strength("new_password", attrs["new_password"], self.context["request"].user)
        return attrs


class Me(generics.RetrieveUpdateDestroyAPIView):
    serializer_class = OwnAccountSerializer
    http_method_names = ["get", "patch", "delete", "head", "options"]
    body_methods: ClassVar = {"PATCH", "DELETE"}
    problems: ClassVar = {"DELETE": [IsSuperuser]}

    def get_object(self) -> Any:
        return self.request.user

    def get_throttles(self) -> list[Any]:
        """Limits only the method that checks a password."""
        return [PasswordThrottle()] if self.request.method == "DELETE" else []

    @extend_schema(tags=["Account"], summary="Get my account")
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().get(request, *args, **kwargs)

    @extend_schema(
        tags=["Account"],
        summary="Change my email address",
        description="Ignores all fields except `email`. Links to reset the password that were sent before end.",
    )
    def patch(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().patch(request, *args, **kwargs)

    @extend_schema(
        tags=["Account"],
        summary="Delete my account",
        description=(
            "Cancels your bookings of shows that have not started, ends your holds, and deletes the account, "
            "in one atomic step. Other bookings stay without a name. All tokens end. After an error nothing "
            "has changed."
        ),
        request=DeleteAccountSerializer,
        responses={204: None},
    )
    def delete(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        user: Any = request.user
        if user.is_superuser:
            raise IsSuperuser()
        serializer = DeleteAccountSerializer(data=request.data, context=self.get_serializer_context())
        serializer.is_valid(raise_exception=True)
        user.delete()
        return Response(status=status.HTTP_204_NO_CONTENT)


@extend_schema(
    tags=["Account"],
    summary="Change my password",
    description="Ends all your tokens, also the one of this request. Log in again with the new password.",
    responses={204: None},
)
class ChangePassword(generics.GenericAPIView):
    serializer_class = ChangePasswordSerializer
    throttle_classes = [PasswordThrottle]

    def post(self, request: Request) -> Response:
        serializer = self.get_serializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        if not replace_password(request.user, serializer.validated_data["new_password"]):
            raise InvalidToken("The password has just been changed")
        return Response(status=status.HTTP_204_NO_CONTENT)
