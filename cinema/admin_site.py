"""The admin site: its title, its throttled login form, and its limit on search words."""

from functools import wraps
from typing import Any

from django.contrib.admin import AdminSite
from django.contrib.admin.apps import AdminConfig
from django.http import HttpRequest, HttpResponse

MAX_SEARCH_WORDS = 20
# The query parameters of a change list's search and of an autocomplete field.
SEARCH_PARAMETERS = ("q", "term")


class CinemaAdminConfig(AdminConfig):
    """Makes `django.contrib.admin.site` a `CinemaAdminSite`."""

    default_site = "cinema.admin_site.CinemaAdminSite"


class CinemaAdminSite(AdminSite):
    site_title = site_header = "Cinema"

    def __init__(self, name: str = "admin") -> None:
        super().__init__(name)
        # Not at the top: the form imports models, and Django imports this module before it loads them.
        from cinema.auth.login_form import ThrottledLoginForm

        self.login_form = ThrottledLoginForm

    def admin_view(self, view: Any, cacheable: bool = False) -> Any:
        """Wraps every admin page, so that each search uses at most `MAX_SEARCH_WORDS` words.

        The admin turns each word into a condition, and SQLite fails on thousands of them.
        """

        @wraps(view)
        def with_limited_search(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            for name in SEARCH_PARAMETERS:
                words = request.GET.get(name, "").split(maxsplit=MAX_SEARCH_WORDS)
                if len(words) > MAX_SEARCH_WORDS:
                    query = request.GET.copy()
                    query[name] = " ".join(words[:MAX_SEARCH_WORDS])
                    request.GET = query  # type: ignore[assignment]
            return view(request, *args, **kwargs)

        return super().admin_view(with_limited_search, cacheable)
