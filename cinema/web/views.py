"""The page at `/`, the door of staff, the page about the map, and their icon. Their JavaScript uses the API."""

from functools import cache
from pathlib import Path
from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.cache import patch_vary_headers
from django.utils.decorators import method_decorator
from django.views.decorators.cache import cache_control
from django.views.decorators.http import condition, require_safe
from django.views.generic import TemplateView

from cinema.web.brand import brand_css, read_logo, version
from cinema.web.first_style import first_style, style_source
from cinema.web.modules import modules_at_once, modules_later
from cinema.web.words import LANGUAGES, language_of, words_in


class LocalizedView(TemplateView):
    """A page in the language that the browser prefers, among those that the pages have."""

    http_method_names = ["get", "head"]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        language = language_of(self.request.headers.get("Accept-Language", ""))
        return super().get_context_data(language=language, words=words_in(language), **kwargs)

    def render_to_response(self, context: dict[str, Any], **kwargs: Any) -> Any:
        response = super().render_to_response(context, **kwargs)
        patch_vary_headers(response, ["Accept-Language"])
        return response


@method_decorator(cache_control(public=True, max_age=60), name="dispatch")
class Page(LocalizedView):
    template_name = "web/index.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(
            name=settings.CINEMA_NAME,
            max_seats=settings.HOLD_MAX_SEATS,
            time_zone=settings.TIME_ZONE,
            currency=settings.CURRENCY,
            poster_origins=" ".join(settings.POSTER_ORIGINS),
            password_reset=settings.PASSWORD_RESET,
            modules_at_once=modules_at_once("app.js"),
            modules_later=modules_later("app.js"),
            style=_first_style(),
            **kwargs,
        )

    def render_to_response(self, context: dict[str, Any], **kwargs: Any) -> Any:
        policy = f"{settings.CONTENT_SECURITY_POLICY}; style-src 'self' {style_source(_first_style())}"
        return super().render_to_response(context, headers={"Content-Security-Policy": policy}, **kwargs)


@method_decorator(cache_control(public=True, max_age=60), name="dispatch")
class Door(LocalizedView):
    """The page on which staff scan tickets. It may use the camera; no other page may."""

    template_name = "web/door.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(name=settings.CINEMA_NAME, time_zone=settings.TIME_ZONE, **kwargs)

    def render_to_response(self, context: dict[str, Any], **kwargs: Any) -> Any:
        headers = {"Permissions-Policy": "camera=(self), microphone=(), geolocation=()"}
        return super().render_to_response(context, headers=headers, **kwargs)


@method_decorator(cache_control(public=True, max_age=60), name="dispatch")
class Embed(TemplateView):
    """The documentation of the embedded seat map for developers, in English, with a live example."""

    http_method_names = ["get", "head"]
    template_name = "web/embed.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(
            name=settings.CINEMA_NAME, time_zone=settings.TIME_ZONE, languages=LANGUAGES, **kwargs
        )


@require_safe
@cache_control(public=True, max_age=24 * 3600)
def favicon(request: HttpRequest) -> HttpResponse:
    """Sends the icon of pages that name none, such as the admin. Browsers request it at this fixed path."""
    return HttpResponse(_favicon(), content_type="image/x-icon")


@cache
def _favicon() -> bytes:
    return (Path(__file__).parent / "static" / "web" / "favicon.ico").read_bytes()


def _first_style() -> str:
    return first_style(settings.CINEMA_COLOR, settings.CINEMA_BAR_COLOR)


def _brand_style() -> str:
    return brand_css(settings.CINEMA_COLOR, settings.CINEMA_BAR_COLOR)


@require_safe
@cache_control(public=True, max_age=24 * 3600)
@condition(etag_func=lambda request: f'"{version(_brand_style())}"')
def brand_style(request: HttpRequest) -> HttpResponse:
    """Sends the style sheet with the cinema's colors. The policy of the pages forbids inline styles."""
    return HttpResponse(_brand_style(), content_type="text/css; charset=utf-8")


def _logo_etag(request: HttpRequest) -> str | None:
    return f'"{version(read_logo(settings.CINEMA_LOGO)[0])}"' if settings.CINEMA_LOGO else None


@require_safe
@cache_control(public=True, max_age=24 * 3600)
@condition(etag_func=_logo_etag)
def logo(request: HttpRequest) -> HttpResponse:
    """Sends the cinema's logo. A script in an SVG file can't run, because of the policy of every response."""
    if not settings.CINEMA_LOGO:
        raise Http404
    content, media_type = read_logo(settings.CINEMA_LOGO)
    return HttpResponse(content, content_type=media_type)
