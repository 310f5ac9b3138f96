"""Shows a problem as a small HTML page to people who open an address in a browser."""

from http import HTTPStatus
from typing import Any

from django.conf import settings
from django.contrib import admin
from django.http import HttpRequest
from django.template.loader import render_to_string

JSON_TYPES = ("application/problem+json", "application/json")
# Characters. Parsing the parameters of a longer header would take too long.
MAX_ACCEPT_LENGTH = 1000


def prefers_html(accept: str) -> bool:
    """Tells whether an `Accept` header prefers HTML to JSON, as browsers do when they open an address.

    Scripts and command line tools accept everything equally, and get JSON. So does a header that is invalid.
    """
    # Most requests of the API name no text type, so the header need not be parsed.
    if "text/" not in accept or len(accept) > MAX_ACCEPT_LENGTH:
        return False
    request = HttpRequest()
    request.META["HTTP_ACCEPT"] = accept
    try:
        html = request.accepted_type("text/html")
        json = [media_type for media_type in map(request.accepted_type, JSON_TYPES) if media_type]
    except (ValueError, LookupError):  # A parameter in an unknown charset, or cut off (RFC 2231).
        return False
    return html is not None and all(html.quality > media_type.quality for media_type in json)


def error_page(problem: dict[str, Any], request: HttpRequest) -> str:
    """Renders the page of a problem: in the look of the admin, or with a link to the start page."""
    if request.path.startswith("/admin/"):
        return _admin_error_page(problem, request)
    languages = request.META.get("HTTP_ACCEPT_LANGUAGE", "")
    return render_to_string("problem.html", {"problem": problem, "languages": languages})


def _admin_error_page(problem: dict[str, Any], request: HttpRequest) -> str:
    """The admin is in English only. Its header and menu are for staff who are logged in.

    They query the database, so an error of the server leaves them out.
    """
    context = {"problem": problem, "title": problem["title"], "site_header": settings.CINEMA_NAME}
    user = getattr(request, "user", None) if problem["status"] < HTTPStatus.INTERNAL_SERVER_ERROR else None
    if user is None or not admin.site.has_permission(request):
        return render_to_string("admin_problem.html", context)
    return render_to_string("admin_problem.html", admin.site.each_context(request) | context, request)
