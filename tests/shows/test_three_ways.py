"""Two weeks of shows, set up by the API, by the admin and by a fixture: the programme is the same.

Between the weeks, Berlin puts its clocks forward or back. Kolkata's never change.
"""

import json
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.core.management import call_command
from django.urls import reverse

from cinema.shows.models import Movie, Show
from tests.assertions import assert_consistent, wire_time

pytestmark = pytest.mark.django_db

# Mondays of the weeks in which Berlin changes its clocks, each on the Sunday.
SPRING, AUTUMN = date(2031, 3, 24), date(2031, 10, 20)
MOVIES = {
    "Metropolis": {
        "duration_minutes": 153,
        "description": "A city of the future.",
        "age_rating": "6",
        "language": "German",
        "poster_url": "https://posters.example/metropolis.jpg",
    },
    "Vampyr": {
        "duration_minutes": 75,
        "description": "",
        "age_rating": "",
        "language": "",
        "poster_url": "",
    },
}
# Per movie: the screen with its seats, the times of each day, and the format.
PROGRAMME = {
    "Metropolis": ("Grand Hall", 30, [time(16, 0), time(19, 0)], "OV 3D"),
    "Vampyr": ("Studio", 7, [time(0, 30), time(23, 0)], ""),
}
# The sale of a show begins at ten, three days before.
SALE = timedelta(days=3), time(10, 0)


def days(monday):
    return [monday + timedelta(days=day) for day in range(14)]


def wall_times(monday):
    """Yields (title, start, start of the sale) of each show of two weeks, in wall time."""
    for title, (_, _, times, _) in PROGRAMME.items():
        for day in days(monday):
            for start in times:
                yield title, datetime.combine(day, start), datetime.combine(day - SALE[0], SALE[1])


def by_api(as_staff, admin_client, tmp_path, monday):
    movies = {
        title: as_staff.post("/movies/", {"title": title, **facts}).json()["id"]
        for title, facts in MOVIES.items()
    }
    for title, start, sale in wall_times(monday):
        screen, seats, _, show_format = PROGRAMME[title]
        body = {"screen_name": screen, "total_seats": seats, "format": show_format}
        body |= {"date_time": start.isoformat(), "on_sale_from": sale.isoformat()}
        assert as_staff.post(f"/movies/{movies[title]}/shows/", body).status_code == 201


def by_admin(as_staff, admin_client, tmp_path, monday):
    """Adds the first week with the week form, sets the rest of each show, and copies the week."""

    def submit(page, form, *args):
        response = admin_client.post(reverse(f"admin:shows_{page}", args=args), form)
        assert response.status_code == 302, response.content.decode()

    for title, facts in MOVIES.items():
        inline = {"shows-TOTAL_FORMS": 0, "shows-INITIAL_FORMS": 0}
        submit("movie_add", {"title": title, **facts, **inline})
        screen, seats, times, _ = PROGRAMME[title]
        form = {"movie": Movie.objects.get(title=title).pk, "screen_name": screen, "total_seats": seats}
        form |= {"first_day": monday, "days": 7, "times": ", ".join(f"{start:%H:%M}" for start in times)}
        submit("show_week", form)
    shows = iter(Show.objects.order_by("movie__title", "date_time"))
    for title, start, sale in wall_times(monday):
        if start.date() < monday + timedelta(days=7):
            screen, seats, _, show_format = PROGRAMME[title]
            show = next(shows)
            form = {"movie": show.movie.pk, "screen_name": screen, "total_seats": seats, "format": show_format}
            for name, moment in {"date_time": start, "on_sale_from": sale}.items():
                form |= {f"{name}_0": f"{moment:%Y-%m-%d}", f"{name}_1": f"{moment:%H:%M}"}
            submit("show_change", form, show.pk)
    submit("show_copy_week", {"from_day": monday})


def by_fixture(as_staff, admin_client, tmp_path, monday):
    pks = {title: pk for pk, title in enumerate(MOVIES, start=1)}
    rows = [
        {"model": "shows.movie", "pk": pks[title], "fields": {"title": title, **facts}}
        for title, facts in MOVIES.items()
    ]
    for pk, (title, start, sale) in enumerate(wall_times(monday), start=1):
        screen, seats, _, show_format = PROGRAMME[title]
        fields = {"movie": pks[title], "screen_name": screen, "total_seats": seats, "format": show_format}
        fields |= {"date_time": start.isoformat(), "on_sale_from": sale.isoformat(sep=" ")}
        rows.append({"model": "shows.show", "pk": pk, "fields": fields})
    (tmp_path / "weeks.json").write_text(json.dumps(rows))
    call_command("loaddata", tmp_path / "weeks.json", verbosity=0)


@pytest.mark.parametrize(
    ("zone", "monday"), [("Europe/Berlin", SPRING), ("Europe/Berlin", AUTUMN), ("Asia/Kolkata", SPRING)]
)
@pytest.mark.parametrize("set_up", [by_api, by_admin, by_fixture])
def test_programme_is_the_same_however_it_was_set_up(
    settings, as_staff, anyone, admin_client, tmp_path, zone, monday, set_up
):
    settings.TIME_ZONE = zone
    set_up(as_staff, admin_client, tmp_path, monday)
    assert [{**movie, "id": None} for movie in anyone.get("/movies/").json()["results"]] == [
        {"id": None, "title": title, **facts} for title, facts in MOVIES.items()
    ]
    expected = [expected_show(ZoneInfo(zone), *show) for show in wall_times(monday)]
    expected.sort(key=lambda show: show["date_time"])
    programme = [strip_ids(show) for show in anyone.get("/shows/?page_size=200").json()["results"]]
    assert programme == expected
    for day in days(monday)[5:8]:  # The clocks change on the second of these days.
        of_day = [strip_ids(show) for show in anyone.get(f"/shows/?date={day}").json()["results"]]
        assert of_day == [show for show in expected if show["local_time"].startswith(f"{day}T")]
        assert len(of_day) == 4
    assert anyone.get("/screens/").json()["results"] == [
        {"name": "Grand Hall", "seats": 30, "has_plan": False},
        {"name": "Studio", "seats": 7, "has_plan": False},
    ]
    assert_consistent()


def expected_show(zone, title, start, sale):
    screen, seats, _, show_format = PROGRAMME[title]
    moment = start.replace(tzinfo=zone)
    ends_at = moment.astimezone(UTC) + timedelta(minutes=MOVIES[title]["duration_minutes"])
    return {
        "movie_title": title,
        "movie_age_rating": MOVIES[title]["age_rating"],
        "movie_poster_url": MOVIES[title]["poster_url"],
        "screen_name": screen,
        "date_time": wire_time(moment),
        "local_time": moment.isoformat(),
        "ends_at": wire_time(ends_at),
        "format": show_format,
        "on_sale_from": wire_time(sale.replace(tzinfo=zone)),
        "status": "scheduled",
        "price_list": None,
        "price_from": None,
        "total_seats": seats,
        "available_seats": seats,
    }


def strip_ids(show):
    """The fields of a show that all ways of setting it up give the same values."""
    return {name: value for name, value in show.items() if name not in ("id", "movie")}
