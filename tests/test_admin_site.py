"""Searching in the admin, on the pages of others too."""

import pytest
from django.contrib import admin
from django.urls import reverse

from tests.factories import MovieFactory

pytestmark = pytest.mark.django_db
MANY = "a " * 3000
SEARCHED = sorted(model._meta.label_lower for model, page in admin.site._registry.items() if page.search_fields)


@pytest.mark.parametrize("label", SEARCHED)
def test_a_list_looks_for_few_words(admin_client, label):
    path = reverse(f"admin:{label.replace('.', '_')}_changelist")
    assert admin_client.get(path, {"q": MANY}).status_code == 200


def test_so_does_a_field_that_looks_for_its_choices(admin_client):
    MovieFactory(title=MANY[:60])
    about = {"app_label": "shows", "model_name": "show", "field_name": "movie"}
    answer = admin_client.get("/admin/autocomplete/", {"term": MANY, **about})
    assert len(answer.json()["results"]) == 1


def test_the_first_words_are_those_looked_for(admin_client):
    MovieFactory(title=" ".join(f"w{number}" for number in range(20)))
    path = reverse("admin:shows_movie_changelist")
    for more, found in (("", 1), (" beyond", 1), (" beyond" * 1000, 1)):
        words = " ".join(f"w{number}" for number in range(20)) + more
        page = admin_client.get(path, {"q": words})
        assert page.context["cl"].result_count == found
    assert admin_client.get(path, {"q": "beyond"}).context["cl"].result_count == 0
