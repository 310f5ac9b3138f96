"""How full shows are, at a glance in the admin, at one price however many they are."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from tests.factories import BookingFactory, ShowFactory


@pytest.fixture
def pages(show):
    BookingFactory(show=show)
    return {
        "shows": reverse("admin:shows_show_changelist"),
        "seat maps": reverse("admin:seats_hall_changelist"),
        "movie": reverse("admin:shows_movie_change", args=[show.movie_id]),
    }


@pytest.mark.parametrize("page", ["shows", "seat maps", "movie"])
def test_it_says_how_full_each_show_is(admin_client, pages, page):
    html = admin_client.get(pages[page]).content.decode()
    assert '<meter min="0" max="12" value="1"></meter> 1 of 12 (8 %)' in html


@pytest.mark.parametrize("page", ["shows", "seat maps", "movie"])
def test_it_costs_the_same_however_many_shows(admin_client, pages, page, show):
    with CaptureQueriesContext(connection) as few:
        admin_client.get(pages[page])
    for number in range(1, 11):
        other = ShowFactory(movie=show.movie)
        BookingFactory(show=other, seat_number=number)
    with CaptureQueriesContext(connection) as many:
        html = admin_client.get(pages[page]).content.decode()
    assert html.count("1 of 12 (8 %)") == 11
    assert len(many) == len(few)


def test_lists_of_shows_of_many_movies_cost_the_same(admin_client, pages):
    for page in (pages["shows"], pages["seat maps"]):
        with CaptureQueriesContext(connection) as few:
            admin_client.get(page)
        ShowFactory.create_batch(5)
        with CaptureQueriesContext(connection) as many:
            admin_client.get(page)
        assert len(many) == len(few)
