"""Tells Swagger how our tokens are sent; it is what its Authorize button asks for."""

from drf_spectacular.contrib.rest_framework_simplejwt import SimpleJWTScheme


class TokenScheme(SimpleJWTScheme):
    target_class = "cinema.auth.authentication.TokenAuthentication"
    match_subclasses = True
