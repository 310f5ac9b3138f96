"""Describes token authentication in the OpenAPI schema, for Swagger's Authorize button."""

from drf_spectacular.contrib.rest_framework_simplejwt import SimpleJWTScheme


class TokenScheme(SimpleJWTScheme):
    target_class = "cinema.auth.authentication.TokenAuthentication"
    match_subclasses = True
