"""The admin shows the occupancy of shows, and counts the seats of a whole page with one query."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from tests.factories import BookingFactory, ShowFactory

LISTS = ["shows", "seat maps", "movie"]


@pytest.fixture
def pages(show):
    BookingFactory(show=show)
    return {
        "shows": reverse("admin:shows_show_changelist"),
        "show": reverse("admin:shows_show_change", args=[show.pk]),
        "seat maps": reverse("admin:seats_hall_changelist"),
        "movie": reverse("admin:shows_movie_change", args=[show.movie_id]),
    }


def queries_of(client, page):
    client.get(page)  # Django now has the content types in its cache.
    with CaptureQueriesContext(connection) as queries:
        client.get(page)
    return [query["sql"] for query in queries]


@pytest.mark.parametrize("page", [*LISTS, "show"])
def test_page_shows_the_occupancy_of_each_show(admin_client, pages, page):
    html = admin_client.get(pages[page]).content.decode()
    assert '<meter min="0" max="12" value="1"></meter> 1 of 12 (8 %)' in html


@pytest.mark.parametrize("page", [*LISTS, "show"])
def test_one_query_counts_the_seats_of_the_page(admin_client, pages, page, show):
    ShowFactory.create_batch(3, movie=show.movie)
    assert len([sql for sql in queries_of(admin_client, pages[page]) if "COUNT(*) FROM seats_seat" in sql]) == 1


def test_invalid_movie_form_shows_the_saved_occupancy(admin_client, pages, show):
    form = {
        "title": "",
        "duration_minutes": 100,
        "shows-TOTAL_FORMS": 1,
        "shows-INITIAL_FORMS": 1,
        "shows-0-id": show.pk,
        "shows-0-total_seats": 5,
    }
    html = admin_client.post(pages["movie"], form).content.decode()
    assert "Please correct the errors below." in html
    assert "1 of 12 (8 %)" in html


@pytest.mark.parametrize(
    ("page", "rows"), [("shows_movie_add", "shows"), ("shows_pricelist_add", "prices")], ids=["shows", "prices"]
)
def test_form_has_no_more_rows_than_were_sent(admin_client, page, rows):
    form = {f"{rows}-TOTAL_FORMS": "9" * 30, f"{rows}-INITIAL_FORMS": 0, "title": "", "name": ""}
    html = admin_client.post(reverse(f"admin:{page}"), form).content.decode()
    assert "Please correct the error" in html
    assert html.count(f'name="{rows}-') < 100


@pytest.mark.parametrize("page", LISTS)
def test_query_count_does_not_grow_with_the_shows(admin_client, pages, page, show):
    few = queries_of(admin_client, pages[page])
    for number in range(1, 11):
        other = ShowFactory(movie=show.movie)
        BookingFactory(show=other, seat_number=number)
    many = queries_of(admin_client, pages[page])
    assert admin_client.get(pages[page]).content.decode().count("1 of 12 (8 %)") == 11
    assert len(many) == len(few)


@pytest.mark.parametrize("page", ["shows", "seat maps"])
def test_query_count_does_not_grow_with_the_movies(admin_client, pages, page):
    few = queries_of(admin_client, pages[page])
    ShowFactory.create_batch(5)
    assert len(queries_of(admin_client, pages[page])) == len(few)
