"""The service's paths, plus the baselines under `/bench/`."""

from django.urls import include, path

from bench import baselines
from cinema.urls import handler400, handler403, handler404, handler500, urlpatterns

__all__ = ["handler400", "handler403", "handler404", "handler500", "urlpatterns"]

baseline_urls = [
    path("constant/", baselines.constant),
    path("array/<id:show_id>/", baselines.ValuesArray.as_view()),
]

# First, because Django tries patterns in order and the constant view should be found as fast as possible.
urlpatterns = [path("bench/", include(baseline_urls)), *urlpatterns]
