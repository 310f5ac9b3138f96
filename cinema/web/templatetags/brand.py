"""Template tags for the brand of the cinema, also for pages of other apps."""

from django import template
from django.conf import settings

from cinema.web.brand import brand_css, read_logo, version

register = template.Library()


@register.simple_tag
def brand_style_version() -> str:
    """The version of `/brand.css`; empty if the cinema has no colors of its own."""
    colors = settings.CINEMA_COLOR, settings.CINEMA_BAR_COLOR
    return version(brand_css(*colors)) if any(colors) else ""


@register.simple_tag
def logo_version() -> str:
    """The version of `/logo`; empty if the cinema has none."""
    return version(read_logo(settings.CINEMA_LOGO)[0]) if settings.CINEMA_LOGO else ""
