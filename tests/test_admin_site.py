"""The admin site itself: its class, its title, its login form, and its limit on search words."""

import re

import pytest
from django.contrib import admin
from django.urls import reverse

from cinema.admin_site import MAX_SEARCH_WORDS, CinemaAdminSite
from cinema.auth.login_form import ThrottledLoginForm
from tests.factories import BookingFactory, MovieFactory

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


MONTHS = (
    "Jan|Feb|Mar|Apr|Aug|Sept|Oct|Nov|Dec|January|February|March|April|May|June|July|August"
    "|September|October|November|December"
)


@pytest.fixture
def dated_pages(show, admin_client):
    """Every kind of page that shows a date: lists, forms, drill-downs, histories, confirmations."""
    booking = BookingFactory(show=show)
    page = reverse("admin:shows_show_change", args=[show.pk])
    form = {"movie": show.movie_id, "screen_name": "Annex", "total_seats": 12, "date_time_0": "2031-03-07"}
    admin_client.post(page, form | {"date_time_1": "18:05", "keep_bookings": "on"})
    bookings = reverse("admin:seats_booking_changelist")
    action = {"_selected_action": booking.pk}
    return [
        admin_client.get("/admin/"),
        *(admin_client.get(f"/admin/{name}/") for name in ("seats/hall", "seats/booking", "auth/user")),
        admin_client.get("/admin/shows/show/?date_time__year=2031"),
        admin_client.get("/admin/shows/show/?date_time__year=2031&date_time__month=3"),
        admin_client.get(page),
        admin_client.get(reverse("admin:shows_show_history", args=[show.pk])),
        admin_client.get(reverse("admin:shows_movie_change", args=[show.movie_id])),
        admin_client.get(reverse("admin:seats_hall_change", args=[show.pk])),
        admin_client.get(reverse("admin:seats_booking_change", args=[booking.pk])),
        admin_client.get(reverse("admin:auth_user_change", args=[booking.user_id])),
        admin_client.get(reverse("admin:shows_show_delete", args=[show.pk])),
        *(admin_client.post(bookings, action | {"action": name}) for name in ("cancel", "delete_selected")),
    ]


def test_all_dates_of_the_admin_are_written_in_one_style(dated_pages):
    for page in dated_pages:
        assert page.status_code == 200
        text = re.sub("<[^>]*>", " ", page.content.decode())
        assert re.findall(rf".*[ap]\.m\..*|.*\b(?:{MONTHS})\b.*", text) == []
    assert "2031-03-07 18:05" in dated_pages[1].content.decode()
