"""Two shows never overlap on one screen: by the API, the forms, and commands."""

from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import call_command
from django.urls import reverse
from django.utils import timezone

from cinema.shows.limits import MAX_MINUTES
from cinema.shows.models import Movie, Show
from tests.admin_forms import show_form
from tests.assertions import assert_problem
from tests.concurrency import run_concurrently, run_while_uncommitted
from tests.factories import MovieFactory, ShowFactory
from tests.shows.evening import SEVEN, at, new_show

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("minutes", [-99, 0, 60, 119])
def test_new_show_that_overlaps_is_refused_with_the_ids_of_the_others(add, evening, minutes):
    assert_problem(add(minutes), 409, "screen_busy", clashes=[evening.pk])
    assert list(Show.objects.all()) == [evening]


@pytest.mark.parametrize("minutes", [-100, 120])
def test_show_may_begin_when_another_ends(add, evening, minutes):
    assert add(minutes).status_code == 201


def test_turnaround_keeps_the_screen_free_between_two_shows(add, evening, settings):
    settings.TURNAROUND_MINUTES = 15
    assert_problem(add(134), 409, "screen_busy", clashes=[evening.pk])
    assert_problem(add(-114), 409, "screen_busy", clashes=[evening.pk])
    assert add(135).status_code == 201
    assert add(-115).status_code == 201


def test_turnaround_after_the_longest_movie_keeps_the_screen_free(add, settings):
    settings.TURNAROUND_MINUTES = 15
    movie = MovieFactory(duration_minutes=MAX_MINUTES)
    longest = ShowFactory(screen_name="Studio", date_time=at(0), movie=movie)
    assert_problem(add(MAX_MINUTES + 14), 409, "screen_busy", clashes=[longest.pk])
    assert add(MAX_MINUTES + 15).status_code == 201


def test_every_show_that_overlaps_is_named(as_staff, evening):
    late = ShowFactory(screen_name="Studio", date_time=at(130))
    path = f"/movies/{MovieFactory(duration_minutes=600).pk}/shows/"
    assert_problem(as_staff.post(path, new_show(-60)), 409, "screen_busy", clashes=[evening.pk, late.pk])


def test_title_in_hebrew_does_not_reorder_the_message_about_a_clash(add, evening):
    Movie.objects.update(title="שלום")
    assert "\u2068שלום\u2069 at " in add().json()["detail"]


def test_show_that_moves_into_another_is_refused(as_staff, evening):
    other = ShowFactory(screen_name="Studio", date_time=at(300))
    elsewhere = ShowFactory(date_time=SEVEN)
    path = f"/shows/{other.pk}/"
    body = {"date_time": at(60).isoformat()}
    assert_problem(as_staff.patch(path, body), 409, "screen_busy", clashes=[evening.pk])
    body = {"screen_name": "studio"}
    assert_problem(as_staff.patch(f"/shows/{elsewhere.pk}/", body), 409, "screen_busy", clashes=[evening.pk])
    long_movie = MovieFactory(duration_minutes=301)
    body = {"movie": long_movie.pk}
    assert_problem(as_staff.patch(f"/shows/{evening.pk}/", body), 409, "screen_busy", clashes=[other.pk])
    assert as_staff.patch(path, {"date_time": at(301).isoformat()}).status_code == 200


def test_show_that_a_fixture_made_overlap_can_be_changed_where_it_is(as_staff, evening):
    Show.objects.bulk_create([ShowFactory.build(movie=evening.movie, screen_name="Studio", date_time=SEVEN)])
    assert as_staff.patch(f"/shows/{evening.pk}/", {"total_seats": 20}).status_code == 200


def test_longer_movie_that_makes_upcoming_shows_overlap_is_refused(as_staff, evening):
    late = ShowFactory(screen_name="Studio", date_time=at(130))
    path = f"/movies/{evening.movie_id}/"
    clashes = [evening.pk, late.pk]
    body = assert_problem(as_staff.patch(path, {"duration_minutes": 131}), 409, "screen_busy", clashes=clashes)
    assert body["detail"].endswith("Move one of the shows, or choose a shorter duration.")
    assert Movie.objects.get(pk=evening.movie_id).duration_minutes == 120
    assert as_staff.patch(path, {"duration_minutes": 130}).status_code == 200


def test_longer_movie_is_accepted_after_its_shows_have_begun(as_staff):
    begun = ShowFactory(screen_name="Studio", begun=True)
    ShowFactory(screen_name="Studio", date_time=begun.date_time + timedelta(minutes=120))
    assert as_staff.patch(f"/movies/{begun.movie_id}/", {"duration_minutes": 500}).status_code == 200


@pytest.mark.parametrize("time", ["0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z"])
def test_first_and_last_moment_of_the_calendar_can_be_compared(add, time):
    assert add(date_time=time).status_code == 201
    assert add(date_time=time).json()["code"] == "screen_busy"


def test_show_on_the_page_of_shows_or_of_the_movie_is_refused_if_it_overlaps(admin_client, evening):
    page = reverse("admin:shows_show_add")
    html = admin_client.post(page, show_form(evening, screen_name="studio")).content.decode()
    assert f"The screen is in use: {evening.movie} at 2040-01-01 19:00 overlaps show {evening.pk}" in html
    assert 'value="studio"' in html
    inline = {f"shows-0-{name}": value for name, value in show_form(evening, movie="").items()}
    counts = {"shows-TOTAL_FORMS": 1, "shows-INITIAL_FORMS": 0}
    form = {"title": "Rope", "duration_minutes": 80} | counts | inline
    html = admin_client.post(reverse("admin:shows_movie_add"), form, follow=True).content.decode()
    assert "The screen is in use" in html
    assert list(Show.objects.all()) == [evening]
    assert Movie.objects.count() == 1


def test_check_names_an_upcoming_show_that_overlaps_one_that_has_begun(settings, capsys):
    settings.TURNAROUND_MINUTES = 60
    begun = ShowFactory(screen_name="Studio", date_time=timezone.now() - timedelta(minutes=150))
    upcoming = ShowFactory(screen_name="Balcony", date_time=timezone.now() + timedelta(minutes=10))
    Show.objects.filter(pk=upcoming.pk).update(screen_name="Studio")
    call_command("check_seats")
    assert f"show {upcoming.pk}, " in (warning := capsys.readouterr().out.splitlines()[0])
    assert f"overlaps show {begun.pk}, " in warning


def test_load_of_shows_that_overlap_names_each_clash(evening, tmp_path):
    # Of two shows at one time, the message names the one with the greater id first.
    first = evening.pk + 1
    fields = {
        "movie": evening.movie_id,
        "screen_name": "studio",
        "date_time": SEVEN.isoformat(),
        "total_seats": 4,
    }
    past = fields | {"date_time": "2001-01-01T19:00:00Z"}
    rows = [(first, fields), (first + 1, past), (first + 2, past)]
    fixture = "\n".join(
        f'{{"model": "shows.show", "pk": {pk}, "fields": {str(row).replace(chr(39), chr(34))}}}'
        for pk, row in rows
    )
    (tmp_path / "f.jsonl").write_text(fixture)
    stderr = StringIO()
    call_command("loaddata", tmp_path / "f.jsonl", verbosity=0, stderr=stderr)
    (line,) = stderr.getvalue().splitlines()
    assert line.startswith(f"Warning: Studio: show {first}, ")
    assert f"overlaps show {evening.pk}, {evening.movie} at 2040-01-01 19:00" in line
    assert Show.objects.get(pk=first).screen_name == "Studio"

    output = StringIO()
    call_command("check_seats", stdout=output)
    warning, last = output.getvalue().splitlines()
    assert warning == line.replace("Warning", "warning")
    assert last == "Shows, seats and bookings agree."


@pytest.mark.django_db(transaction=True)
def test_one_of_several_concurrent_shows_gets_the_screen(server, manager):
    movie = MovieFactory()
    spellings = ["Studio", "studio", "STUDIO", "Studio", "stuDio", "Ｓtudio"]
    responses = run_concurrently(
        [
            lambda name=name: server.call(
                "POST", f"/movies/{movie.pk}/shows/", new_show(screen_name=name), user=manager
            )
            for name in spellings
        ]
    )
    assert sorted(response.status for response in responses) == [201, *[409] * 5]
    assert Show.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_longer_movie_and_a_show_behind_it_are_not_both_accepted(server, manager):
    for day in range(4):
        first = ShowFactory(screen_name="Studio", date_time=at(day * 1440))
        movie = MovieFactory()
        responses = run_concurrently(
            [
                lambda first=first: server.call(
                    "PATCH", f"/movies/{first.movie_id}/", {"duration_minutes": 180}, user=manager
                ),
                lambda movie=movie, day=day: server.call(
                    "POST", f"/movies/{movie.pk}/shows/", new_show(day * 1440 + 130), user=manager
                ),
            ]
        )
        assert sorted(response.status for response in responses)[1] == 409


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("name", ["Studio", "studio"])
def test_show_waits_for_another_one_that_is_not_committed_yet(server, manager, name):
    movies = MovieFactory.create_batch(2)
    first, second = run_while_uncommitted(
        lambda: ShowFactory(movie=movies[0], screen_name="Studio", date_time=SEVEN),
        lambda: server.call("POST", f"/movies/{movies[1].pk}/shows/", new_show(screen_name=name), user=manager),
    )
    assert (second.status, second.code) == (409, "screen_busy")
    assert list(Show.objects.all()) == [first]
