"""Every path: the three apps, docs, probes, admin, the page."""

from django.contrib import admin
from django.urls import include, path, register_converter

from cinema.admin_site import few_words
from cinema.api import docs
from cinema.api.converters import Id
from cinema.monitoring import health
from cinema.monitoring.metrics import metrics
from cinema.web.views import Page

register_converter(Id, "id")

admin.site.site_header = admin.site.site_title = "Cinema"
admin.site.admin_view = few_words(admin.site.admin_view)  # type: ignore[method-assign]

urlpatterns = [
    # What is asked for most comes first: the patterns are tried in turn.
    path("", include("cinema.seats.urls")),
    path("", include("cinema.shows.urls")),
    path("", include("cinema.auth.urls")),
    path("livez", health.Live.as_view(), name="livez"),
    path("readyz", health.Ready.as_view(), name="readyz"),
    path("metrics", metrics, name="metrics"),
    path("schema/", docs.Schema.as_view(), name="schema"),
    path("swagger/", docs.Swagger.as_view(), name="swagger"),
    path("redoc/redoc.js", docs.RedocScript.as_view(), name="redoc-script"),
    path("redoc/", docs.Redoc.as_view(), name="redoc"),
    path("admin/", admin.site.urls),
    path("", Page.as_view(), name="page"),
]

handler400 = "cinema.api.problems.bad_request"
handler403 = "cinema.api.problems.permission_denied"
handler404 = "cinema.api.problems.not_found"
handler500 = "cinema.api.problems.server_error"
