from django.urls import path

from cinema.notices.views import Changes

urlpatterns = [path("changes/", Changes.as_view(), name="changes")]
