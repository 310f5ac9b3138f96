"""The service's paths, and under one prefix those of the yardsticks."""

from django.urls import include, path

from bench import yardsticks
from cinema.urls import handler400, handler403, handler404, handler500, urlpatterns

__all__ = ["handler400", "handler403", "handler404", "handler500", "urlpatterns"]

measures = [
    path("constant/", yardsticks.constant),
    path("array/<id:show_id>/", yardsticks.ArrayByValues.as_view()),
]

# In front, so that the constant view is as quick to find as can be.
urlpatterns = [path("bench/", include(measures)), *urlpatterns]
