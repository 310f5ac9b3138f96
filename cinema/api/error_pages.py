"""Shows a problem as a small HTML page to people who open an address in a browser."""

from typing import Any

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


def error_page(problem: dict[str, Any], path: str) -> str:
    """Renders the page of a problem. In the admin it links to the admin, elsewhere to the start page."""
    return render_to_string("problem.html", {"problem": problem, "is_admin": path.startswith("/admin/")})
