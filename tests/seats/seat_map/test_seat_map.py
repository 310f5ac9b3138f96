import pytest
from django.db import connection

from cinema.seats.booking import services
from cinema.seats.models import Seat
from cinema.shows.models import Show
from tests.assertions import assert_problem
from tests.concurrency import rival_after_first_statement
from tests.factories import BookingFactory, ShowFactory

pytestmark = pytest.mark.django_db


@pytest.fixture(params=["seats", "availability"])
def path(request, show):
    return f"/shows/{show.pk}/{request.param}/"


def test_the_map_has_every_seat_with_its_place(anyone, alice, show):
    BookingFactory(show=show, user=alice, seat_number=2)
    body = anyone.get(f"/shows/{show.pk}/seats/").json()

    assert body["show"] == {
        "id": show.pk,
        "movie": {"id": show.movie_id, "title": show.movie.title, "duration_minutes": 120},
        "screen_name": "Screen 1",
        "date_time": show.date_time.isoformat().replace("+00:00", "Z"),
        "total_seats": 12,
    }
    assert body["counts"] == {"total": 12, "available": 11, "held": 0, "taken": 1, "blocked": 0}
    assert body["layout"] == {
        "width": 4,
        "height": 3,
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
        "status": "taken",
    }
    assert body["seats"][1]["accessible"] is False
    assert "alice" not in str(body)


def test_a_category_has_the_color_of_its_first_seat(anyone, show):
    Seat.objects.filter(show=show, number__gt=1).update(color="#000000")
    layout = anyone.get(f"/shows/{show.pk}/seats/").json()["layout"]
    assert layout["categories"] == [{"name": "Standard", "color": "#4a6fa5"}]


def test_a_show_that_has_no_seats_yet_has_an_empty_map(anyone, show):
    """As `bulk_create` leaves it, which tells nobody."""
    (bare,) = Show.objects.bulk_create([ShowFactory.build(movie=show.movie)])
    body = anyone.get(f"/shows/{bare.pk}/seats/").json()
    assert body["seats"] == []
    assert body["layout"] == {"width": 0, "height": 0, "categories": []}
    assert anyone.get(f"/shows/{bare.pk}/availability/").json()["statuses"] == ""


def test_availability_is_one_letter_a_seat(anyone, alice, show):
    BookingFactory(show=show, user=alice, seat_number=2)
    body = anyone.get(f"/shows/{show.pk}/availability/").json()
    assert body == {
        "show": show.pk,
        "version": body["version"],
        "counts": {"total": 12, "available": 11, "held": 0, "taken": 1, "blocked": 0},
        "statuses": "ataaaaaaaaaa",
    }
    assert body["version"] == anyone.get(f"/shows/{show.pk}/seats/").json()["version"]


def test_every_sale_and_cancel_makes_a_new_version(anyone, alice, show, path):
    versions, etags = [], []

    def look():
        response = anyone.get(path)
        versions.append(response.json()["version"])
        etags.append(response["ETag"])

    look()
    for _ in range(3):
        booking = BookingFactory(show=show, user=alice, seat_number=2)
        look()
        services.cancel(booking_id=booking.pk)
        look()
    assert versions == sorted(set(versions))
    assert len(set(etags)) == 7


def test_who_has_it_already_gets_304_and_none_is_built(anyone, alice, show, path, django_assert_num_queries):
    first = anyone.get(path)
    assert first["Cache-Control"] == "public, max-age=0, must-revalidate"
    for known in (first["ETag"], f"W/{first['ETag']}", f'"other", {first["ETag"]}', "*"):
        with django_assert_num_queries(1):
            again = anyone.get(path, headers={"If-None-Match": known})
        assert again.status_code == 304
        assert again.content == b""
        assert again["ETag"] == first["ETag"]
        assert again["Cache-Control"] == first["Cache-Control"]
    BookingFactory(show=show, user=alice)
    assert anyone.get(path, headers={"If-None-Match": first["ETag"]}).status_code == 200


@pytest.mark.parametrize("garbage", ["", "x", '"x', 'W/"', "\xff", "," * 1000, '"a" "b"'])
def test_a_garbled_if_none_match_is_ignored(anyone, path, garbage):
    assert anyone.get(path, headers={"If-None-Match": garbage}).status_code == 200


def test_what_the_map_says_of_show_and_movie_is_in_its_etag(anyone, show):
    path = f"/shows/{show.pk}/seats/"
    etag = anyone.get(path)["ETag"]
    show.movie.title = "Another"
    show.movie.save()
    response = anyone.get(path, headers={"If-None-Match": etag})
    assert response.status_code == 200
    assert response["ETag"] != etag


def test_the_etag_is_that_of_the_body_though_a_seat_is_sold_while_it_is_made(anyone, alice, show):
    with rival_after_first_statement(lambda: services.book(user_id=alice.pk, show_id=show.pk, seat_number=2)):
        response = anyone.get(f"/shows/{show.pk}/seats/")
    assert response.json()["counts"]["taken"] == 1
    assert response["ETag"].startswith(f'"{response.json()["version"]}-')


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite reads by the key")
def test_seats_come_by_number_however_the_database_reads_them(anyone, alice, show):
    BookingFactory(show=show, user=alice, seat_number=2)
    with connection.cursor() as cursor:
        for off in ("enable_indexscan", "enable_bitmapscan", "enable_indexonlyscan"):
            cursor.execute(f"SET LOCAL {off} = off")
        cursor.execute("DISCARD PLANS")
    assert anyone.get(f"/shows/{show.pk}/availability/").json()["statuses"] == "ataaaaaaaaaa"
    seats = anyone.get(f"/shows/{show.pk}/seats/").json()["seats"]
    assert [seat["seat_number"] for seat in seats] == list(range(1, 13))


def test_the_answer_is_the_same_for_everybody(anyone, as_alice, alice, show, path):
    BookingFactory(show=show, user=alice)
    for_alice, for_anyone = as_alice.get(path), anyone.get(path)
    assert for_alice.content == for_anyone.content
    assert "Cookie" not in for_alice.get("Vary", "")
    assert "Authorization" not in for_alice.get("Vary", "")


def test_it_costs_two_queries_however_large_the_hall_and_one_look_at_its_seats(
    anyone, django_assert_num_queries
):
    show = ShowFactory(total_seats=600)
    with django_assert_num_queries(2) as sent:
        anyone.get(f"/shows/{show.pk}/seats/")
    assert sum("seats_seat" in query["sql"] for query in sent) == 1


@pytest.mark.parametrize("rest", ["seats", "availability"])
@pytest.mark.parametrize("show_id", ["77", "9" * 18, "9" * 30])
def test_a_show_that_is_not_there_is_not_found(anyone, db, show_id, rest):
    assert_problem(anyone.get(f"/shows/{show_id}/{rest}/"), 404, "not_found")
