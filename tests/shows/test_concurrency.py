"""Staff at work at the same time, by the real server: no 5xx, nothing lost, nothing back from the dead."""

from functools import partial

import pytest

from cinema.seats.models import Seat
from cinema.shows.models import Movie, Show
from tests.assertions import assert_consistent
from tests.concurrency import run_concurrently
from tests.factories import MovieFactory, ShowFactory, UserFactory

pytestmark = pytest.mark.django_db(transaction=True)

HALL = {"screen_name": "Screen 1", "date_time": "2030-01-01T18:00:00Z", "total_seats": 20}


@pytest.fixture
def call(server, sam):
    return partial(partial, server.call, user=sam)


def statuses(answers):
    return {answer.status for answer in answers}


def test_deleting_a_movie_against_adding_its_shows(call):
    for _ in range(5):
        path = f"/movies/{MovieFactory().pk}/"
        answers = run_concurrently([call("DELETE", path), *[call("POST", f"{path}shows/", HALL)] * 7])
        assert statuses(answers) <= {201, 204, 404}
    assert not Movie.objects.exists()
    assert not Show.objects.exists()
    assert not Seat.objects.exists()


def test_changing_a_movie_against_deleting_it(call):
    for _ in range(5):
        path = f"/movies/{MovieFactory().pk}/"
        answers = run_concurrently([call("DELETE", path), *[call("PATCH", path, {"title": "Back again"})] * 5])
        assert statuses(answers) <= {200, 204, 404}
    assert not Movie.objects.exists()


def test_changing_different_fields_of_one_movie_loses_neither(call):
    for minutes in range(100, 110):
        movie = MovieFactory()
        path = f"/movies/{movie.pk}/"
        run_concurrently(
            [call("PATCH", path, {"title": "New"}), call("PATCH", path, {"duration_minutes": minutes})]
        )
        movie.refresh_from_db()
        assert (movie.title, movie.duration_minutes) == ("New", minutes)


def test_resizing_a_show_against_deleting_it_and_against_buyers(call, server):
    for _ in range(5):
        show = ShowFactory(total_seats=10)
        path = f"/shows/{show.pk}/"
        buy = [
            partial(server.call, "POST", f"{path}book/", {"seat_number": number}, user=UserFactory())
            for number in (1, 5, 10)
        ]
        resize = [call("PATCH", path, {"total_seats": total}) for total in (40, 4, 30)]
        answers = run_concurrently([call("DELETE", path), *resize, *buy])
        assert statuses(answers) <= {200, 201, 204, 400, 404, 409}
    assert_consistent()
