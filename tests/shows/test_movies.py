import pytest

from cinema.shows.models import Movie
from tests.assertions import assert_consistent, assert_invalid, assert_problem
from tests.factories import BookingFactory, MovieFactory, ShowFactory

pytestmark = pytest.mark.django_db
MOVIE = {"title": "The Third Man", "duration_minutes": 104}


def test_list_is_a_page_sorted_by_title_and_id(anyone):
    for title in ("B", "A", "B"):
        MovieFactory(title=title)
    body = anyone.get("/movies/").json()

    assert set(body) == {"count", "next", "previous", "results"}
    assert body["count"] == 3
    assert [movie["title"] for movie in body["results"]] == ["A", "B", "B"]
    assert set(body["results"][0]) == {
        *("id", "title", "duration_minutes", "description", "age_rating", "language", "poster_url")
    }
    assert body["results"][1]["id"] < body["results"][2]["id"]


def test_page_has_50_rows_by_default_and_at_most_200(anyone):
    Movie.objects.bulk_create(Movie(title=f"{number:03}", duration_minutes=1) for number in range(205))

    assert len(anyone.get("/movies/").json()["results"]) == 50
    assert len(anyone.get("/movies/?page_size=1000").json()["results"]) == 200
    page = anyone.get("/movies/?page_size=2&page=2").json()
    assert [movie["title"] for movie in page["results"]] == ["002", "003"]
    assert page["next"].endswith("/movies/?page=3&page_size=2")
    assert page["previous"].endswith("/movies/?page_size=2")


@pytest.mark.parametrize("page", ["99", "9" * 18])
def test_page_beyond_the_last_is_not_found(anyone, page):
    assert_problem(anyone.get(f"/movies/?page={page}"), 404, "not_found")


@pytest.mark.parametrize("name", ["page", "page_size"])
@pytest.mark.parametrize("value", ["0", "-1", "x", "", "1.0", "٣", "9" * 40, "last"])
def test_page_or_page_size_that_is_no_positive_number_is_invalid(anyone, name, value):
    assert_invalid(anyone.get(f"/movies/?{name}={value}"), name)


def test_search_finds_words_of_the_title(anyone):
    for title in ("The Third Man", "Metropolis"):
        MovieFactory(title=title)
    body = anyone.get("/movies/?search=third").json()
    assert [movie["title"] for movie in body["results"]] == ["The Third Man"]
    assert anyone.get("/movies/?search=%25").json()["count"] == 0


def test_search_for_a_nul_character_is_invalid(anyone):
    assert_problem(anyone.get("/movies/?search=%00"), 400, "invalid")


def test_search_for_more_than_20_words_is_invalid(anyone):
    assert anyone.get("/movies/?search=" + "a," * 20).status_code == 200
    assert_invalid(anyone.get("/movies/?search=" + "a," * 2000), "search")


def test_list_of_any_length_costs_one_query(anyone, django_assert_num_queries):
    MovieFactory.create_batch(20)
    with django_assert_num_queries(1):
        anyone.get("/movies/")


def test_staff_add_change_and_delete_movies(as_staff):
    added = as_staff.post("/movies/", MOVIE)
    assert added.status_code == 201
    path = f"/movies/{added.json()['id']}/"
    assert as_staff.get(path).json() == added.json()
    assert as_staff.patch(path, {"title": "Vienna"}).json()["title"] == "Vienna"
    assert as_staff.delete(path).status_code == 204
    assert_problem(as_staff.get(path), 404, "not_found")


@pytest.mark.parametrize(
    ("method", "path"), [("post", "/movies/"), ("patch", "/movies/1/"), ("delete", "/movies/1/")]
)
def test_only_staff_write_movies(as_alice, anyone, method, path):
    refusal = getattr(as_alice, method)(path, MOVIE)
    assert_problem(refusal, 403, "permission_denied")
    assert refusal.json()["detail"].endswith("Ask a superuser for it.")
    assert_problem(getattr(anyone, method)(path, MOVIE), 401, "not_authenticated")


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"title": ""}, "title"),
        ({"title": "x" * 201}, "title"),
        ({"title": "a\x00"}, "title"),
        ({"duration_minutes": 0}, "duration_minutes"),
        ({"duration_minutes": 10**30}, "duration_minutes"),
        ({"duration_minutes": "07"}, "duration_minutes"),
        ({"duration_minutes": 7.0}, "duration_minutes"),
        ({"duration_minutes": True}, "duration_minutes"),
        ({"duration_minutes": None}, "duration_minutes"),
    ],
)
def test_invalid_value_is_rejected_with_its_field(as_staff, change, field):
    assert_invalid(as_staff.post("/movies/", MOVIE | change), field)


def test_movie_with_live_bookings_is_not_deleted(as_staff):
    booking = BookingFactory()
    response = as_staff.delete(f"/movies/{booking.show.movie_id}/")
    assert_problem(response, 409, "has_bookings")
    assert Movie.objects.exists()
    assert_consistent()


def test_deleting_a_movie_deletes_its_shows_and_seats(as_staff):
    show = ShowFactory()
    assert as_staff.delete(f"/movies/{show.movie_id}/").status_code == 204
    assert not show.seats.exists()


@pytest.mark.parametrize("method", ["put", "post", "trace"])
def test_unknown_method_is_405_for_everybody(anyone, as_alice, as_staff, method):
    """A caller without a token gets 405 too, not 401."""
    movie = MovieFactory()
    for caller in (anyone, as_alice, as_staff):
        response = caller.generic(method.upper(), f"/movies/{movie.pk}/")
        assert_problem(response, 405, "method_not_allowed")
        assert response["Allow"] == "GET, PATCH, DELETE, HEAD, OPTIONS"
