"""Concurrent writes of staff through the real server: no 5xx, no lost update, no deleted row comes back."""

import threading
import time
from functools import partial

import pytest
from django.db import transaction
from django.urls import reverse

from cinema.seats.models import Seat
from cinema.shows.models import Movie, Show
from tests.assertions import assert_consistent
from tests.concurrency import run_concurrently, run_while_uncommitted
from tests.factories import MovieFactory, ShowFactory, UserFactory, permit_to_manage_shows

pytestmark = pytest.mark.django_db(transaction=True)

SHOW = {"screen_name": "Screen 1", "date_time": "2030-01-01T18:00:00Z", "total_seats": 20}


@pytest.fixture
def call(server, sam):
    return partial(partial, server.call, user=permit_to_manage_shows(sam))


def statuses(responses):
    return {response.status for response in responses}


def test_movie_can_be_deleted_while_its_shows_are_added(call):
    for _ in range(5):
        path = f"/movies/{MovieFactory().pk}/"
        responses = run_concurrently(
            [
                call("DELETE", path),
                *(call("POST", f"{path}shows/", SHOW | {"screen_name": f"Screen {n}"}) for n in range(7)),
            ]
        )
        assert statuses(responses) <= {201, 204, 404}
    assert not Movie.objects.exists()
    assert not Show.objects.exists()
    assert not Seat.objects.exists()


def test_movie_can_be_deleted_while_it_is_changed(call):
    for _ in range(5):
        path = f"/movies/{MovieFactory().pk}/"
        responses = run_concurrently([call("DELETE", path), *[call("PATCH", path, {"title": "Changed"})] * 5])
        assert statuses(responses) <= {200, 204, 404}
    assert not Movie.objects.exists()


def test_movie_can_be_deleted_while_a_show_moves_to_it(call):
    for _ in range(10):
        movie, shows = MovieFactory(), ShowFactory.create_batch(5)
        moves = [call("PATCH", f"/shows/{show.pk}/", {"movie": movie.pk}) for show in shows]
        responses = run_concurrently([call("DELETE", f"/movies/{movie.pk}/"), *moves])
        assert statuses(responses) <= {200, 204, 400, 404}
        assert {response.code for response in responses if response.status == 400} <= {"invalid"}
    assert_consistent()


def test_show_that_moves_to_a_movie_waits_for_the_movie_to_be_deleted(call):
    movie, show = MovieFactory(), ShowFactory()
    _, response = run_while_uncommitted(movie.delete, call("PATCH", f"/shows/{show.pk}/", {"movie": movie.pk}))
    assert (response.status, response.code) == (400, "invalid")
    show.refresh_from_db()
    assert show.movie_id != movie.pk


# The deletion by the API locks the movie first, and the one by the admin locks its shows first.
@pytest.mark.parametrize(("page", "order"), [("API", -1), ("delete", 1), ("changelist", 1)])
def test_deletion_of_a_movie_waits_for_a_change_of_it_and_its_show(call, admin_client, page, order):
    show = ShowFactory()
    movie = show.movie
    first, second = [movie, show][::order]
    may_delete = threading.Event()

    def change():
        with transaction.atomic():
            first.save()
            may_delete.set()
            # Gives the deletion time to lock the other row, if it does not wait for the programme.
            time.sleep(0.5)
            second.save()

    def delete():
        may_delete.wait(60)
        if page == "API":
            return call("DELETE", f"/movies/{movie.pk}/")().status
        action = {"post": "yes", "action": "delete_selected", "_selected_action": movie.pk}
        ids = [movie.pk] if page == "delete" else []
        return admin_client.post(reverse(f"admin:shows_movie_{page}", args=ids), action).status_code

    _, status = run_concurrently([change, delete])
    assert status == (204 if page == "API" else 302)
    assert not Movie.objects.exists()


def test_concurrent_changes_of_two_fields_are_both_kept(call):
    for minutes in range(100, 110):
        movie = MovieFactory()
        path = f"/movies/{movie.pk}/"
        run_concurrently(
            [call("PATCH", path, {"title": "New"}), call("PATCH", path, {"duration_minutes": minutes})]
        )
        movie.refresh_from_db()
        assert (movie.title, movie.duration_minutes) == ("New", minutes)


def test_show_can_be_deleted_while_it_is_resized_and_booked(call, server):
    for _ in range(5):
        show = ShowFactory(total_seats=10)
        path = f"/shows/{show.pk}/"
        buy = [
            partial(server.call, "POST", f"{path}book/", {"seat_number": number}, user=UserFactory())
            for number in (1, 5, 10)
        ]
        resize = [call("PATCH", path, {"total_seats": total}) for total in (40, 4, 30)]
        responses = run_concurrently([call("DELETE", path), *resize, *buy])
        assert statuses(responses) <= {200, 201, 204, 400, 404, 409}
    assert_consistent()
