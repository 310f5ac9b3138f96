"""Pages have every row once, the last page is as cheap as the first, and counts of long lists are cached."""

import time

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from cinema.api import pagination
from cinema.shows.models import Movie
from tests.factories import MovieFactory

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("total", [0, 1, 4, 5, 8, 9, 23])
def test_pages_have_every_row_once_and_in_order(anyone, total):
    MovieFactory.create_batch(total)
    ids, path = [], "/movies/?page_size=4"
    while path:
        page = anyone.get(path).json()
        assert page["count"] == total
        assert len(page["results"]) == min(4, total - len(ids))
        ids += [movie["id"] for movie in page["results"]]
        path = page["next"]
    assert ids == list(Movie.objects.values_list("pk", flat=True))


def test_last_page_needs_no_offset(anyone):
    MovieFactory.create_batch(12)
    with CaptureQueriesContext(connection) as queries:
        anyone.get("/movies/?page_size=4&page=3")
    assert "OFFSET" not in queries[-1]["sql"]


@pytest.fixture
def long_list(monkeypatch):
    """20 movies, which is enough for a cached count here."""
    monkeypatch.setattr(pagination, "MIN_CACHED_COUNT", 20)
    MovieFactory.create_batch(20)
    yield
    pagination._counts.clear()


def test_count_of_a_long_list_is_cached_for_the_next_page(
    anyone, long_list, django_assert_num_queries, monkeypatch
):
    monkeypatch.setattr(pagination, "COUNT_CACHE_SECONDS", 60)
    with django_assert_num_queries(2):
        anyone.get("/movies/?page_size=4&page=1")
    with django_assert_num_queries(1):
        assert anyone.get("/movies/?page_size=4&page=5").json()["count"] == 20


def test_count_of_a_long_list_is_cached_for_the_first_page(anyone, long_list, monkeypatch):
    monkeypatch.setattr(pagination, "COUNT_CACHE_SECONDS", 60)
    for counted in (True, False):
        with CaptureQueriesContext(connection) as queries:
            assert anyone.get("/movies/?page_size=4").json()["count"] == 20
        assert ("COUNT(*)" in queries[0]["sql"]) == counted


def test_cached_count_expires_after_a_second(anyone, long_list):
    anyone.get("/movies/")
    MovieFactory()
    time.sleep(pagination.COUNT_CACHE_SECONDS)
    assert anyone.get("/movies/").json()["count"] == 21


def test_lists_with_different_filters_have_different_counts(anyone, long_list):
    movie = Movie.objects.order_by("pk")[0]
    movie.title = "The Third Man"
    movie.save()
    anyone.get("/movies/")
    assert anyone.get("/movies/?search=third").json()["count"] == 1


def test_number_of_cached_counts_is_limited(anyone, long_list, monkeypatch):
    """A client that searches for many terms must not fill the memory."""
    monkeypatch.setattr(pagination, "MAX_CACHED_COUNTS", 2)
    for letters in ("m", "mo", "mov", "movi"):
        anyone.get(f"/movies/?search={letters}")
        assert len(pagination._counts) <= 2


def test_count_of_a_short_list_is_not_cached(anyone):
    MovieFactory()
    assert anyone.get("/movies/").json()["count"] == 1
    MovieFactory()
    assert anyone.get("/movies/").json()["count"] == 2
