"""All URL patterns: the API, its documentation, probes, metrics, the admin and the page."""

from django.contrib import admin
from django.urls import include, path, register_converter

from cinema.api import docs
from cinema.api.converters import Id
from cinema.monitoring import health
from cinema.monitoring.metrics import metrics
from cinema.web.views import Door, Embed, Page, brand_style, favicon, logo

register_converter(Id, "id")

urlpatterns = [
    # Django tries the patterns in order, so the busiest come first.
    path("", include("cinema.seats.urls")),
    path("", include("cinema.shows.urls")),
    path("", include("cinema.auth.urls")),
    path("", include("cinema.notices.urls")),
    path("livez", health.Live.as_view(), name="livez"),
    path("readyz", health.Ready.as_view(), name="readyz"),
    path("metrics", metrics, name="metrics"),
    path("schema/", docs.Schema.as_view(), name="schema"),
    path("swagger/", docs.Swagger.as_view(), name="swagger"),
    path("redoc/redoc.js", docs.RedocScript.as_view(), name="redoc-script"),
    path("redoc/", docs.Redoc.as_view(), name="redoc"),
    path("admin/", admin.site.urls),
    path("favicon.ico", favicon, name="favicon"),
    path("brand.css", brand_style, name="brand-style"),
    path("logo", logo, name="logo"),
    path("door/", Door.as_view(), name="door"),
    path("embed/", Embed.as_view(), name="embed"),
    path("", Page.as_view(), name="page"),
]

handler400 = "cinema.api.problems.bad_request"
handler403 = "cinema.api.problems.permission_denied"
handler404 = "cinema.api.problems.not_found"
handler500 = "cinema.api.problems.server_error"
