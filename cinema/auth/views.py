"""API views to sign up, log in, refresh tokens and log out."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import generics, status
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework_simplejwt.exceptions import InvalidToken
from rest_framework_simplejwt.views import TokenViewBase

from cinema.api.problems import Problem
from cinema.auth.serializers import (
    AccountSerializer,
    LoginSerializer,
    LogoutSerializer,
    RefreshSerializer,
    SignupSerializer,
    TokenPairSerializer,
)
from cinema.auth.throttles import FailedLoginThrottle, SignupThrottle


class NoActiveAccount(Problem):
    """Documents simplejwt's answer to a wrong username or password; simplejwt raises its own exception."""

    code = "no_active_account"


@extend_schema(tags=["Account"], summary="Sign up", responses=AccountSerializer)
class Signup(generics.CreateAPIView):
    serializer_class = SignupSerializer
    authentication_classes: list[Any] = []
    permission_classes = [AllowAny]
    throttle_classes = [SignupThrottle]


@extend_schema(
    tags=["Account"], summary="Log in: get an access and a refresh token", responses=TokenPairSerializer
)
class Login(TokenViewBase):
    serializer_class = LoginSerializer
    throttle_classes = [FailedLoginThrottle]
    problems = {"POST": [NoActiveAccount]}


@extend_schema(
    tags=["Account"], summary="Exchange a refresh token for a new pair", responses=TokenPairSerializer
)
class Refresh(TokenViewBase):
    serializer_class = RefreshSerializer
    problems = {"POST": [InvalidToken]}


@extend_schema(tags=["Account"], summary="Log out: end a refresh token", responses={204: None})
class Logout(generics.GenericAPIView):
    serializer_class = LogoutSerializer

    def post(self, request: Request) -> Response:
        serializer = self.get_serializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        serializer.save()
        return Response(status=status.HTTP_204_NO_CONTENT)
