"""`GET /shows/` over all movies, `GET /screens/` and `GET /config/`."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import IntegrityError, connection
from django.utils import timezone

from cinema.seats.models import SeatingPlan
from cinema.shows import plain_lists
from cinema.shows.models import Movie, Show
from tests.factories import UNUSED_ID, BookingFactory, MovieFactory, ShowFactory
from tests.seats.plan_samples import PLAN

pytestmark = pytest.mark.django_db


@pytest.fixture
def shows(settings):
    """Shows of March 30, 2031, in Berlin, and of the days around it, by the hour on the cinema's clocks."""
    settings.TIME_ZONE = "Europe/Berlin"
    metropolis = MovieFactory(title="Metropolis", duration_minutes=60)
    start = {
        "29th, 23:30": datetime(2031, 3, 29, 22, 30, tzinfo=UTC),
        "30th, 00:00": datetime(2031, 3, 29, 23, 0, tzinfo=UTC),
        "30th, 23:30": datetime(2031, 3, 30, 21, 30, tzinfo=UTC),
        "31st, 00:00": datetime(2031, 3, 30, 22, 0, tzinfo=UTC),
    }
    return {
        name: ShowFactory(movie=metropolis, date_time=time, screen_name=f"Screen {number}")
        for number, (name, time) in enumerate(start.items(), start=1)
    }


def listed(client, shows, query=""):
    """The names of the shows of a page, in its order."""
    names = {show.pk: name for name, show in shows.items()}
    return [names[show["id"]] for show in client.get(f"/shows/{query}").json()["results"]]


def test_programme_lists_the_shows_of_all_movies_by_time(anyone, shows, alice):
    other = ShowFactory(date_time=datetime(2031, 3, 30, 12, tzinfo=UTC), format="OV 3D")
    BookingFactory(show=other, user=alice)
    results = anyone.get("/shows/").json()["results"]
    assert [show["id"] for show in results] == [
        *(shows[name].pk for name in ("29th, 23:30", "30th, 00:00")),
        *(other.pk, shows["30th, 23:30"].pk, shows["31st, 00:00"].pk),
    ]
    assert results[2] == {
        "id": other.pk,
        "movie": other.movie.pk,
        "movie_title": other.movie.title,
        "movie_age_rating": other.movie.age_rating,
        "movie_poster_url": other.movie.poster_url,
        "screen_name": other.screen_name,
        "date_time": "2031-03-30T12:00:00Z",
        "local_time": "2031-03-30T14:00:00+02:00",
        "ends_at": "2031-03-30T14:00:00Z",
        "format": "OV 3D",
        "on_sale_from": None,
        "price_list": None,
        "price_from": None,
        "status": "scheduled",
        "total_seats": 12,
        "available_seats": 11,
    }


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("?date=2031-03-30", ["30th, 00:00", "30th, 23:30"]),
        ("?from=2031-03-30&to=2031-03-30", ["30th, 00:00", "30th, 23:30"]),
        ("?from=2031-03-31", ["31st, 00:00"]),
        ("?to=2031-03-29", ["29th, 23:30"]),
        # The first moment is included, the last one is not.
        ("?from=2031-03-29T23:00:00Z&to=2031-03-30T21:30:00Z", ["30th, 00:00"]),
        ("?from=2031-03-31T00:00:00%2B02:00", ["31st, 00:00"]),
        ("?from=2031-03-31T00:00:00+02:00", ["31st, 00:00"]),
        ("?from=2031-03-31T00:00", ["31st, 00:00"]),
        ("?screen=SCREEN%202", ["30th, 00:00"]),
        ("?screen=Nowhere", []),
        ("?date=2031-03-30&screen=Screen%203&upcoming=true", ["30th, 23:30"]),
    ],
)
def test_programme_is_filtered(anyone, shows, query, names):
    assert listed(anyone, shows, query) == names


def test_programme_of_a_movie(anyone, shows):
    other = ShowFactory()
    results = anyone.get(f"/shows/?movie={other.movie.pk}").json()["results"]
    assert [show["id"] for show in results] == [other.pk]
    assert anyone.get(f"/shows/?movie={UNUSED_ID}").json()["results"] == []


def test_programme_without_begun_shows(anyone, shows):
    begun = ShowFactory(begun=True)
    assert anyone.get("/shows/").json()["results"][0]["id"] == begun.pk
    assert listed(anyone, shows, "?upcoming=true") == list(shows)


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("date=tomorrow", "date"),
        ("date=2031-02-30", "date"),
        ("from=x", "from"),
        ("to=2031-03-30T25:00", "to"),
        ("from=2031-03-30T02:30", "from"),
        ("movie=one", "movie"),
        ("movie=0", "movie"),
        ("upcoming=maybe", "upcoming"),
        (f"screen={'x' * 101}", "screen"),
        ("screen=%00", "screen"),
    ],
)
def test_invalid_filter_is_rejected_with_its_name(anyone, shows, query, field):
    response = anyone.get(f"/shows/?{query}")
    assert (response.status_code, list(response.json()["errors"])) == (400, [field])


@pytest.mark.parametrize("query", ["date=0001-01-01", "date=9999-12-31", "from=0001-01-01&to=9999-12-31"])
@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "America/New_York"])
def test_filter_may_be_at_the_end_of_the_calendar(settings, anyone, query, zone):
    settings.TIME_ZONE = zone
    assert anyone.get(f"/shows/?{query}").status_code == 200


def test_programme_of_any_length_costs_two_queries(anyone, shows, django_assert_num_queries):
    with django_assert_num_queries(2):
        anyone.get("/shows/")


def test_staff_set_the_facts_of_a_movie_and_the_format_of_a_show(as_staff, anyone):
    facts = {
        "description": "A city of the future.",
        "age_rating": "6",
        "language": "German",
        "poster_url": "https://posters.example/1.jpg",
    }
    movie = as_staff.post("/movies/", {"title": "Metropolis", "duration_minutes": 153, **facts}).json()
    assert {name: movie[name] for name in facts} == facts
    changed = as_staff.patch(f"/movies/{movie['id']}/", {"poster_url": ""})
    assert changed.json() == movie | {"poster_url": ""}
    assert anyone.get(f"/movies/{movie['id']}/").json() == changed.json()
    tomorrow = (timezone.now() + timedelta(days=1)).isoformat()
    body = {"screen_name": "Studio", "date_time": tomorrow, "total_seats": 3, "format": "OV 3D"}
    show = as_staff.post(f"/movies/{movie['id']}/shows/", body).json()
    assert show["format"] == "OV 3D"


BAD_URLS = ["http://posters.example/1.jpg", "javascript:alert(1)", "//x/1.jpg", "1.jpg"]


@pytest.mark.parametrize(
    "url", [*BAD_URLS, "https://x/\x011.jpg", "https://x/\x9f1.jpg", "https://x/\x1d1.jpg", "https://x/\ufeff1"]
)
def test_poster_must_have_an_https_address(as_staff, url):
    response = as_staff.post("/movies/", {"title": "M", "duration_minutes": 1, "poster_url": url})
    assert (response.status_code, list(response.json()["errors"])) == (400, ["poster_url"])


def test_database_rejects_a_poster_without_https():
    movie = Movie(title="M", duration_minutes=1, poster_url="http://posters.example/1.jpg")
    with pytest.raises(IntegrityError, match="movie_poster_is_https"):
        Movie.objects.bulk_create([movie])


def test_screens_have_the_seats_of_their_latest_show_or_plan(anyone, as_staff):
    SeatingPlan.objects.create(screen_name="Box", plan=PLAN)
    ShowFactory(screen_name="Studio", total_seats=5)
    ShowFactory(screen_name="Studio", total_seats=6, date_time=timezone.now() + timedelta(days=9))
    assert anyone.get("/screens/").json()["results"] == [
        {"name": "Box", "seats": len(SeatingPlan.objects.get().places()), "has_plan": True},
        {"name": "Studio", "seats": 6, "has_plan": False},
    ]
    assert anyone.get("/screens/?page_size=1&page=2").json()["results"][0]["name"] == "Studio"


def test_screen_with_a_faulty_plan_and_no_show_has_an_unknown_number_of_seats(anyone):
    SeatingPlan.objects.bulk_create([SeatingPlan(screen_name="Box", plan={"nonsense": 1})])
    (screen,) = anyone.get("/screens/").json()["results"]
    assert screen == {"name": "Box", "seats": None, "has_plan": True}


def test_screens_cost_the_same_queries_however_many_they_are(anyone, django_assert_num_queries):
    for number in range(30):
        ShowFactory(screen_name=f"Screen {number}", total_seats=number + 1)
    with django_assert_num_queries(5):
        screens = anyone.get("/screens/").json()["results"]
    assert {screen["name"]: screen["seats"] for screen in screens} == {
        f"Screen {number}": number + 1 for number in range(30)
    }


def test_config_is_for_everybody(anyone, settings):
    settings.TIME_ZONE = "Asia/Kolkata"
    assert anyone.get("/config/").json() == {
        "name": "Cinema",
        "time_zone": "Asia/Kolkata",
        "currency": "EUR",
        "hold_seconds": 600,
        "hold_max_seconds": 1800,
        "hold_max_seats": 10,
        "booking_max_seats": 0,
        "password_reset": False,
    }


def test_first_page_of_a_long_programme_is_read_in_the_order_of_an_index():
    movie = MovieFactory().pk
    Show.objects.bulk_create(
        Show(
            movie_id=movie,
            screen_name=f"Screen {number}",
            date_time=timezone.now() + timedelta(hours=number),
            total_seats=1,
        )
        for number in range(2000)
    )
    programme = plain_lists.shows({"upcoming": "true"})
    statement = programme.statement(with_count=False)
    explain = {"postgresql": "EXPLAIN", "sqlite": "EXPLAIN QUERY PLAN"}[connection.vendor]
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
        cursor.execute(f"{explain} {statement}", {"limit": 51})
        plan = str(cursor.fetchall())
    assert "show_by_time" in plan
    assert "Sort" not in plan
    assert "TEMP B-TREE" not in plan
