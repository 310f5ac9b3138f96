import pytest

from cinema.shows.models import Movie
from tests.assertions import assert_consistent, assert_invalid, assert_problem
from tests.factories import BookingFactory, MovieFactory, ShowFactory

pytestmark = pytest.mark.django_db
GOOD = {"title": "The Third Man", "duration_minutes": 104}


def test_the_list_is_a_page_in_a_stable_order(anyone):
    for title in ("B", "A", "B"):
        MovieFactory(title=title)
    body = anyone.get("/movies/").json()

    assert set(body) == {"count", "next", "previous", "results"}
    assert body["count"] == 3
    assert [movie["title"] for movie in body["results"]] == ["A", "B", "B"]
    assert set(body["results"][0]) == {"id", "title", "duration_minutes"}
    assert body["results"][1]["id"] < body["results"][2]["id"]


def test_pages_have_50_rows_and_at_most_200(anyone):
    Movie.objects.bulk_create(Movie(title=f"{number:03}", duration_minutes=1) for number in range(205))

    assert len(anyone.get("/movies/").json()["results"]) == 50
    assert len(anyone.get("/movies/?page_size=1000").json()["results"]) == 200
    page = anyone.get("/movies/?page_size=2&page=2").json()
    assert [movie["title"] for movie in page["results"]] == ["002", "003"]
    assert page["next"].endswith("/movies/?page=3&page_size=2")
    assert page["previous"].endswith("/movies/?page_size=2")


@pytest.mark.parametrize("page", ["0", "-1", "x", "99", "9" * 40, "last"])
def test_a_page_that_is_not_there_is_not_found(anyone, page):
    assert_problem(anyone.get(f"/movies/?page={page}"), 404, "not_found")


@pytest.mark.parametrize("size", ["0", "-1", "x", ""])
def test_a_page_size_that_makes_no_sense_is_the_default(anyone, size):
    assert anyone.get(f"/movies/?page_size={size}").status_code == 200


def test_search_looks_in_the_title(anyone):
    for title in ("The Third Man", "Metropolis"):
        MovieFactory(title=title)
    body = anyone.get("/movies/?search=third").json()
    assert [movie["title"] for movie in body["results"]] == ["The Third Man"]
    assert anyone.get("/movies/?search=%25").json()["count"] == 0


def test_a_search_for_nul_is_invalid(anyone):
    assert_problem(anyone.get("/movies/?search=%00"), 400, "invalid")


def test_a_search_for_very_many_words_is_invalid(anyone):
    assert anyone.get("/movies/?search=" + "a," * 20).status_code == 200
    assert_invalid(anyone.get("/movies/?search=" + "a," * 2000), "search")


def test_the_list_costs_two_queries_however_long(anyone, django_assert_num_queries):
    MovieFactory.create_batch(20)
    with django_assert_num_queries(2):
        anyone.get("/movies/")


def test_staff_write_movies(as_staff):
    made = as_staff.post("/movies/", GOOD)
    assert made.status_code == 201
    path = f"/movies/{made.json()['id']}/"
    assert as_staff.get(path).json() == made.json()
    assert as_staff.patch(path, {"title": "Vienna"}).json()["title"] == "Vienna"
    assert as_staff.delete(path).status_code == 204
    assert_problem(as_staff.get(path), 404, "not_found")


@pytest.mark.parametrize(
    ("method", "path"), [("post", "/movies/"), ("patch", "/movies/1/"), ("delete", "/movies/1/")]
)
def test_others_do_not_write(as_alice, anyone, method, path):
    assert_problem(getattr(as_alice, method)(path, GOOD), 403, "permission_denied")
    assert_problem(getattr(anyone, method)(path, GOOD), 401, "not_authenticated")


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
def test_nonsense_is_refused_by_field(as_staff, change, field):
    assert_invalid(as_staff.post("/movies/", GOOD | change), field)


def test_a_movie_with_live_bookings_is_not_deleted(as_staff):
    booking = BookingFactory()
    response = as_staff.delete(f"/movies/{booking.show.movie_id}/")
    assert_problem(response, 409, "has_bookings")
    assert Movie.objects.exists()
    assert_consistent()


def test_a_movie_goes_with_its_shows(as_staff):
    show = ShowFactory()
    assert as_staff.delete(f"/movies/{show.movie_id}/").status_code == 204
    assert not show.seats.exists()


@pytest.mark.parametrize("method", ["put", "post", "trace"])
def test_a_method_that_is_not_there_is_so_for_everybody(anyone, as_alice, as_staff, method):
    """Whoever asks is told so, and not that they lack a token."""
    movie = MovieFactory()
    for caller in (anyone, as_alice, as_staff):
        response = caller.generic(method.upper(), f"/movies/{movie.pk}/")
        assert_problem(response, 405, "method_not_allowed")
        assert response["Allow"] == "GET, PATCH, DELETE, HEAD, OPTIONS"
