"""`GET /shows/<id>/seats/` and `GET /shows/<id>/availability/`: the seat map and its short form."""

import pytest
from django.db import connection

from cinema.seats.booking import services
from cinema.seats.models import Seat
from cinema.shows.models import Show
from tests.assertions import assert_problem, wire_time
from tests.concurrency import rival_after_first_statement
from tests.factories import BookingFactory, ShowFactory

pytestmark = pytest.mark.django_db


@pytest.fixture(params=["seats", "availability"])
def path(request, show):
    return f"/shows/{show.pk}/{request.param}/"


def test_seat_map_has_every_seat_with_its_place_and_status(anyone, alice, show):
    BookingFactory(show=show, user=alice, seat_number=2)
    body = anyone.get(f"/shows/{show.pk}/seats/").json()

    assert body["show"] == {
        "id": show.pk,
        "movie": {"id": show.movie_id, "title": show.movie.title, "duration_minutes": 120},
        "screen_name": show.screen_name,
        "date_time": wire_time(show.date_time),
        "local_time": wire_time(show.date_time),
        "ends_at": wire_time(show.ends_at),
        "format": "",
        "on_sale_from": None,
        "status": "scheduled",
        "total_seats": 12,
    }
    assert body["counts"] == {"total": 12, "available": 11, "held": 0, "taken": 1, "blocked": 0}
    assert body["layout"] == {
        "width": 4,
        "height": 3,
        "front": "top",
        "areas": [],
        "zones": [],
        "pitch": 1,
        "categories": [{"name": "Standard", "color": "#4a6fa5"}],
    }
    assert [seat["seat_number"] for seat in body["seats"]] == list(range(1, 13))
    assert body["seats"][1] == {
        "seat_number": 2,
        "label": "A2",
        "row": "A",
        "column": 2,
        "x": 2,
        "y": 1,
        "category": "Standard",
        "accessible": False,
        "companion": False,
        "pair": None,
        "status": "taken",
    }
    assert body["seats"][1]["accessible"] is False
    assert "alice" not in str(body)


def test_category_has_the_color_of_its_first_seat(anyone, show):
    Seat.objects.filter(show=show, number__gt=1).update(color="#000000")
    layout = anyone.get(f"/shows/{show.pk}/seats/").json()["layout"]
    assert layout["categories"] == [{"name": "Standard", "color": "#4a6fa5"}]


def test_show_without_seats_has_an_empty_map(anyone, show):
    """`bulk_create` sends no signal, so nothing inserts the seats."""
    (empty_show,) = Show.objects.bulk_create([ShowFactory.build(movie=show.movie)])
    body = anyone.get(f"/shows/{empty_show.pk}/seats/").json()
    assert body["seats"] == []
    assert body["layout"] == {
        "width": 0,
        "height": 0,
        "categories": [],
        "front": "top",
        "areas": [],
        "zones": [],
        "pitch": 1,
    }
    assert anyone.get(f"/shows/{empty_show.pk}/availability/").json()["statuses"] == ""


def test_availability_has_one_letter_for_each_seat(anyone, alice, show):
    BookingFactory(show=show, user=alice, seat_number=2)
    body = anyone.get(f"/shows/{show.pk}/availability/").json()
    assert body == {
        "show": show.pk,
        "version": body["version"],
        "counts": {"total": 12, "available": 11, "held": 0, "taken": 1, "blocked": 0},
        "statuses": "ataaaaaaaaaa",
    }
    assert body["version"] == anyone.get(f"/shows/{show.pk}/seats/").json()["version"]


def test_every_booking_and_cancel_makes_a_new_version_and_etag(anyone, alice, show, path):
    versions, etags = [], []

    def record_version():
        response = anyone.get(path)
        versions.append(response.json()["version"])
        etags.append(response["ETag"])

    record_version()
    for _ in range(3):
        booking = BookingFactory(show=show, user=alice, seat_number=2)
        record_version()
        services.cancel(booking_id=booking.pk)
        record_version()
    assert versions == sorted(set(versions))
    assert len(set(etags)) == 7


def test_matching_etag_gets_304_at_the_cost_of_one_query(anyone, alice, show, path, django_assert_num_queries):
    first = anyone.get(path)
    assert first["Cache-Control"] == "public, max-age=0, must-revalidate"
    assert first["ETag"].startswith('W/"')
    for etags in (first["ETag"], first["ETag"].removeprefix("W/"), f'"other", {first["ETag"]}', "*"):
        with django_assert_num_queries(1):
            unchanged = anyone.get(path, headers={"If-None-Match": etags})
        assert unchanged.status_code == 304
        assert unchanged.content == b""
        for header in ("ETag", "Vary", "Cache-Control"):
            assert unchanged[header] == first[header]
    BookingFactory(show=show, user=alice)
    assert anyone.get(path, headers={"If-None-Match": first["ETag"]}).status_code == 200


@pytest.mark.parametrize("etags", ["", "x", '"x', 'W/"', "\xff", "," * 1000, '"a" "b"'])
def test_malformed_if_none_match_is_ignored(anyone, path, etags):
    assert anyone.get(path, headers={"If-None-Match": etags}).status_code == 200


def test_etag_changes_with_the_title_of_the_movie(anyone, show):
    path = f"/shows/{show.pk}/seats/"
    etag = anyone.get(path)["ETag"]
    show.movie.title = "Another"
    show.movie.save()
    response = anyone.get(path, headers={"If-None-Match": etag})
    assert response.status_code == 200
    assert response["ETag"] != etag


def test_etag_matches_the_body_although_a_seat_is_sold_between_two_queries(anyone, alice, show):
    with rival_after_first_statement(lambda: services.book(user_id=alice.pk, show_id=show.pk, seat_number=2)):
        response = anyone.get(f"/shows/{show.pk}/seats/")
    assert response.json()["counts"]["taken"] == 1
    assert response["ETag"].startswith(f'W/"{response.json()["version"]}-')


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite always reads by the primary key")
def test_seats_are_ordered_by_number_even_if_postgresql_reads_the_whole_table(anyone, alice, show):
    BookingFactory(show=show, user=alice, seat_number=2)
    with connection.cursor() as cursor:
        for setting in ("enable_indexscan", "enable_bitmapscan", "enable_indexonlyscan"):
            cursor.execute(f"SET LOCAL {setting} = off")
        cursor.execute("DISCARD PLANS")
    assert anyone.get(f"/shows/{show.pk}/availability/").json()["statuses"] == "ataaaaaaaaaa"
    seats = anyone.get(f"/shows/{show.pk}/seats/").json()["seats"]
    assert [seat["seat_number"] for seat in seats] == list(range(1, 13))


def test_response_is_the_same_for_every_user(anyone, as_alice, alice, show, path):
    BookingFactory(show=show, user=alice)
    for_alice, for_anyone = as_alice.get(path), anyone.get(path)
    assert for_alice.content == for_anyone.content
    assert "Cookie" not in for_alice.get("Vary", "")
    assert "Authorization" not in for_alice.get("Vary", "")


def test_seat_map_of_a_large_hall_runs_two_queries_one_of_them_on_seats(anyone, django_assert_num_queries):
    show = ShowFactory(total_seats=600)
    with django_assert_num_queries(2) as queries:
        anyone.get(f"/shows/{show.pk}/seats/")
    assert sum("seats_seat" in query["sql"] for query in queries) == 1


@pytest.mark.parametrize("resource", ["seats", "availability"])
@pytest.mark.parametrize("show_id", ["77", "9" * 18, "9" * 30])
def test_unknown_show_is_not_found(anyone, db, show_id, resource):
    assert_problem(anyone.get(f"/shows/{show_id}/{resource}/"), 404, "not_found")
