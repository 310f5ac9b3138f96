"""The admin site: its title, its login form with throttle and second factor, and its limit on search words."""

from functools import wraps
from typing import Any

from django.conf import settings
from django.contrib.admin import AdminSite
from django.contrib.admin.apps import AdminConfig
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse

MAX_SEARCH_WORDS = 20
# The query parameters of a change list's search and of an autocomplete field.
SEARCH_PARAMETERS = ("q", "term")
# Pages of django-otp would show the secrets of all users. Deleting a row of the token blacklist would make a
# revoked token valid again.
WITHOUT_PAGES = ("django_otp.", "rest_framework_simplejwt.token_blacklist.")


class CinemaAdminConfig(AdminConfig):
    """Makes `django.contrib.admin.site` a `CinemaAdminSite`."""

    default_site = "cinema.admin_site.CinemaAdminSite"


class CinemaAdminSite(AdminSite):
    def __init__(self, name: str = "admin") -> None:
        super().__init__(name)
        self.site_title = self.site_header = settings.CINEMA_NAME
        # Not at the top: the form imports models, and Django imports this module before it loads them.
        from cinema.auth.login_form import ThrottledLoginForm
        from cinema.auth.second_factor import SecondFactorLoginForm

        if settings.ADMIN_SECOND_FACTOR:
            self.login_form = SecondFactorLoginForm
            self.login_template = "cinema_auth/second_factor_login.html"
        else:
            self.login_form = ThrottledLoginForm

    def has_permission(self, request: HttpRequest) -> bool:
        """With a second factor, requires a session that began with a code. Older sessions have none."""
        if settings.ADMIN_SECOND_FACTOR and not request.user.is_verified():  # type: ignore[union-attr]
            return False
        return super().has_permission(request)

    def register(self, model_or_iterable: Any, admin_class: Any = None, **options: Any) -> None:
        """Registers no models of `WITHOUT_PAGES`."""
        if getattr(model_or_iterable, "__module__", "").startswith(WITHOUT_PAGES):
            return
        super().register(model_or_iterable, admin_class, **options)

    def index(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> TemplateResponse:
        """Puts today's shows above the list of pages, for staff who may view bookings."""
        from cinema.seats.admin.board import today
        from cinema.seats.models import Booking

        bookings = self.get_model_admin(Booking)
        shown = today(request, bookings) if bookings.has_view_permission(request) else {}
        return super().index(request, {**shown, **(extra_context or {})})

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
