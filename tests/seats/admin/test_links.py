"""Shows in the admin link to their seat maps, and seat maps to their shows."""

import re

import pytest
from django.urls import reverse

from tests.seats.staff import log_in


@pytest.fixture
def seat_map(show):
    return f'href="{reverse("admin:seats_hall_change", args=[show.pk])}"'


@pytest.fixture
def pages(show):
    """The pages that link to the seat map of the show."""
    return [
        reverse("admin:shows_show_changelist"),
        reverse("admin:shows_show_change", args=[show.pk]),
        reverse("admin:shows_movie_change", args=[show.movie_id]),
    ]


def test_show_and_seat_map_link_to_each_other(admin_client, show, seat_map, pages):
    for page in pages:
        assert seat_map in admin_client.get(page).content.decode()
    hall = admin_client.get(reverse("admin:seats_hall_change", args=[show.pk])).content.decode()
    assert f'href="{reverse("admin:shows_show_change", args=[show.pk])}"' in hall


def test_unsaved_show_has_no_occupancy_and_no_link(admin_client, db):
    for page in ("admin:shows_show_add", "admin:shows_movie_add"):
        html = admin_client.get(reverse(page)).content.decode()
        assert len(re.findall('<(?:p|div class="readonly")>–<', html)) == 2


def test_links_require_the_permission_to_view_the_target(client, sam, show, seat_map, pages):
    log_in(client, sam, "view_show", "view_movie")
    for page in pages:
        response = client.get(page)
        assert response.status_code == 200
        assert seat_map not in response.content.decode()
    log_in(client, sam, "view_hall")
    hall = client.get(reverse("admin:seats_hall_change", args=[show.pk])).content.decode()
    assert reverse("admin:shows_show_change", args=[show.pk]) not in hall
