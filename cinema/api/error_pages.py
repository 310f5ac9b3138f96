"""Shows a problem as a small HTML page to people who open an address in a browser."""

from typing import Any

from django.http import HttpRequest
from django.template.loader import render_to_string

JSON_TYPES = ("application/problem+json", "application/json")


def prefers_html(accept: str) -> bool:
    """Tells whether an `Accept` header prefers HTML to JSON, as browsers do when they open an address.

    Scripts and command line tools accept everything equally, and get JSON.
    """
    if "text/" not in accept:
        return False  # Most requests of the API: no need to parse the header.
    request = HttpRequest()
    request.META["HTTP_ACCEPT"] = accept
    html = request.accepted_type("text/html")
    json = filter(None, map(request.accepted_type, JSON_TYPES))
    return html is not None and all(html.quality > media_type.quality for media_type in json)


def error_page(problem: dict[str, Any], path: str) -> str:
    """Renders the page of a problem. In the admin it links to the admin, elsewhere to the start page."""
    return render_to_string("problem.html", {"problem": problem, "is_admin": path.startswith("/admin/")})
