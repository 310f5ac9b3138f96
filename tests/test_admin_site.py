"""The admin site itself: its class, its title, its login form, and its limit on search words."""

import pytest
from django.contrib import admin
from django.urls import reverse

from cinema.admin_site import MAX_SEARCH_WORDS, CinemaAdminSite
from cinema.auth.login_form import ThrottledLoginForm
from tests.factories import MovieFactory

pytestmark = pytest.mark.django_db
THREE_THOUSAND_WORDS = "a " * 3000
SEARCHABLE_MODELS = sorted(
    model._meta.label_lower for model, page in admin.site._registry.items() if page.search_fields
)


def test_default_admin_site_is_cinemas():
    assert isinstance(admin.site._wrapped, CinemaAdminSite)
    assert admin.site.login_form is ThrottledLoginForm


def test_every_admin_page_is_titled_cinema(admin_client):
    assert b"<title>Select movie to change | Cinema</title>" in admin_client.get("/admin/shows/movie/").content


@pytest.mark.parametrize("label", SEARCHABLE_MODELS)
def test_change_list_survives_a_search_for_thousands_of_words(admin_client, label):
    path = reverse(f"admin:{label.replace('.', '_')}_changelist")
    assert admin_client.get(path, {"q": THREE_THOUSAND_WORDS}).status_code == 200


def test_autocomplete_survives_a_search_for_thousands_of_words(admin_client):
    MovieFactory(title=THREE_THOUSAND_WORDS[:60])
    field = {"app_label": "shows", "model_name": "show", "field_name": "movie"}
    response = admin_client.get("/admin/autocomplete/", {"term": THREE_THOUSAND_WORDS, **field})
    assert len(response.json()["results"]) == 1


@pytest.mark.parametrize("extra_words", [0, 1, 1000])
def test_search_uses_the_first_twenty_words(admin_client, extra_words):
    title = " ".join(f"w{number}" for number in range(MAX_SEARCH_WORDS))
    MovieFactory(title=title)
    path = reverse("admin:shows_movie_changelist")
    page = admin_client.get(path, {"q": title + " beyond" * extra_words})
    assert page.context["cl"].result_count == 1
    assert admin_client.get(path, {"q": "beyond"}).context["cl"].result_count == 0
