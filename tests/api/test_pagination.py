"""Lists in pages: all rows, each once, and the last page as cheap as the first."""

import time

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from cinema.api import pagination
from cinema.shows.models import Movie
from tests.factories import MovieFactory

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("total", [0, 1, 4, 5, 8, 9, 23])
def test_the_pages_have_every_row_once_and_in_order(anyone, total):
    MovieFactory.create_batch(total)
    found, path = [], "/movies/?page_size=4"
    while path:
        page = anyone.get(path).json()
        assert page["count"] == total
        assert len(page["results"]) == min(4, total - len(found))
        found += [movie["id"] for movie in page["results"]]
        path = page["next"]
    assert found == list(Movie.objects.values_list("pk", flat=True))


def test_the_last_page_skips_no_more_rows_than_the_first(anyone):
    MovieFactory.create_batch(12)
    with CaptureQueriesContext(connection) as queries:
        anyone.get("/movies/?page_size=4&page=3")
    assert "OFFSET" not in queries[-1]["sql"]


@pytest.fixture
def long_list(monkeypatch):
    monkeypatch.setattr(pagination, "LONG", 20)
    MovieFactory.create_batch(20)
    yield
    pagination._kept.clear()


def test_a_long_list_is_not_counted_anew_for_each_page(anyone, long_list, django_assert_num_queries):
    with django_assert_num_queries(2):
        anyone.get("/movies/?page_size=4")
    with django_assert_num_queries(1):
        assert anyone.get("/movies/?page_size=4&page=5").json()["count"] == 20


def test_its_count_is_at_most_a_second_old(anyone, long_list):
    anyone.get("/movies/")
    MovieFactory()
    time.sleep(pagination.KEPT_FOR)
    assert anyone.get("/movies/").json()["count"] == 21


def test_lists_that_differ_are_counted_apart(anyone, long_list):
    Movie.objects.filter(pk=Movie.objects.order_by("pk")[0].pk).update(title="The Third Man")
    anyone.get("/movies/")
    assert anyone.get("/movies/?search=third").json()["count"] == 1


def test_the_counts_of_no_more_lists_are_kept_than_are_allowed(anyone, long_list, monkeypatch):
    """Who searches for this and that must not fill the memory."""
    monkeypatch.setattr(pagination, "MAX_CACHED_COUNTS", 2)
    for letters in ("m", "mo", "mov", "movi"):
        anyone.get(f"/movies/?search={letters}")
        assert len(pagination._kept) <= 2


def test_a_short_list_is_counted_each_time(anyone):
    MovieFactory()
    assert anyone.get("/movies/").json()["count"] == 1
    MovieFactory()
    assert anyone.get("/movies/").json()["count"] == 2
