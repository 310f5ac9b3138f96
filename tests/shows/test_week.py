"""Shows of a week of a screen, made by one form in the admin: all of them, or none and the reason."""

from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from cinema.seats.models import SeatingPlan
from cinema.shows.models import Movie, Show
from tests.assertions import assert_consistent
from tests.concurrency import run_concurrently
from tests.factories import MovieFactory, ShowFactory
from tests.seats.plan_samples import PLAN
from tests.seats.staff import log_in

WEEK = "/admin/shows/show/week/"


@pytest.fixture
def movie(db):
    """Of two hours."""
    return MovieFactory(title="Metropolis")


@pytest.fixture
def make(admin_client, movie):
    """Sends the form, with some of it changed; answers the page that follows."""

    def send(client=admin_client, **change):
        return client.post(WEEK, form(movie, **change), follow=True).content.decode()

    return send


def form(movie, /, **change):
    asked = {
        "movie": movie.pk,
        "screen_name": "Screen 1",
        "total_seats": 12,
        "first_day": "2040-01-01",
        "days": 7,
        "times": "14:00, 17:30, 20:15",
    }
    return asked | change


def at(day, hour, minute=0):
    return datetime(2040, 1, day, hour, minute, tzinfo=UTC)


def test_it_is_offered_where_shows_are_listed(admin_client, movie):
    assert f'href="{WEEK}"' in admin_client.get(reverse("admin:shows_show_changelist")).content.decode()
    page = admin_client.get(WEEK).content.decode()
    assert "Add a week of shows" in page
    assert "UTC" in page
    tomorrow = timezone.now().date() + timedelta(days=1)
    assert f'value="{tomorrow}"' in page
    assert 'value="7"' in page


def test_a_show_is_made_for_each_day_and_time(make, movie):
    page = make()
    times = [at(day, *time) for day in range(1, 8) for time in ((14, 0), (17, 30), (20, 15))]
    assert list(Show.objects.values_list("date_time", flat=True)) == times
    assert set(Show.objects.values_list("movie", "screen_name", "total_seats")) == {(movie.pk, "Screen 1", 12)}
    assert "21 shows made on Screen 1." in page
    assert LogEntry.objects.filter(action_flag=1).count() == 21
    assert_consistent()


def test_then_the_screens_shows_are_listed(admin_client, movie):
    ShowFactory(screen_name="Studio")
    response = admin_client.post(WEEK, form(movie, screen_name="Screen 1 & 2", days=1, times="9:05"))
    assert response["Location"] == reverse("admin:shows_show_changelist") + "?screen_name=Screen+1+%26+2"
    page = admin_client.get(response["Location"]).content.decode()
    assert "1 show made on Screen 1 &amp; 2." in page
    assert "Studio" not in page[page.index('id="result_list"') :].partition("</table>")[0]
    assert Show.objects.get(screen_name="Screen 1 & 2").date_time == at(1, 9, 5)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"times": "14:00, 25:00, noon"}, "No times of day: 25:00, noon."),
        ({"times": "14:60"}, "No times of day: 14:60."),
        ({"times": "١٤:٠٠"}, "No times of day"),
        ({"times": "14:00 17:30"}, "No times of day: 14:00 17:30."),
        ({"times": "9:00, 14:00, 09:00"}, "There twice: 09:00."),
        ({"times": ""}, "This field is required."),
        ({"times": " , "}, "Give 1 to 20 times, not 0."),
        ({"times": ",".join(f"{hour}:00" for hour in range(21))}, "Give 1 to 20 times, not 21."),
        ({"times": "14:00," * 200}, "at most 200 characters"),
        ({"days": 0}, "greater than or equal to 1"),
        ({"days": 32}, "less than or equal to 31"),
        ({"days": "x"}, "Enter a whole number."),
        ({"first_day": "tomorrow"}, "Enter a valid date."),
        ({"first_day": "9999-12-31"}, "less than or equal to 9000-01-01"),
        ({"first_day": "2020-01-01", "days": 1, "times": "14:00"}, "Past already: 2020-01-01 14:00."),
        ({"first_day": "0001-01-01"}, "Past already: "),
        ({"total_seats": 0}, "greater than or equal to 1"),
        ({"total_seats": 100_001}, "less than or equal to 100000"),
        ({"total_seats": 100_000}, "2100000 seats at once are too many: at most 500000."),
        ({"total_seats": ""}, "Screen 1 has no seating plan: say how many seats it has."),
        ({"screen_name": " "}, "This field is required."),
        ({"screen_name": "x" * 101}, "at most 100 characters"),
        ({"movie": 999_999}, "Select a valid choice."),
        ({"movie": "x"}, "Select a valid choice."),
        ({"movie": "9" * 30}, "Select a valid choice."),
    ],
)
def test_what_makes_no_sense_is_refused_in_words(make, change, words):
    page = make(**change)
    assert words in page
    assert "Please correct the error" in page
    assert not Show.objects.exists()


def test_a_form_with_nothing_in_it_is_refused(admin_client, db):
    page = admin_client.post(WEEK, {}).content.decode()
    assert page.count("This field is required.") == 5


def test_a_time_that_passed_today_is_named_and_nothing_is_made(make):
    now = timezone.now()
    page = make(first_day=f"{now:%Y-%m-%d}", times=f"{now:%H:%M}, 23:59")
    assert f"Past already: {now:%Y-%m-%d %H:%M}" in page
    assert not Show.objects.exists()


def test_a_long_list_of_reasons_is_cut(make):
    page = make(first_day="2020-01-01", days=3)
    assert "2020-01-01 14:00, 2020-01-01 17:30" in page
    assert "2020-01-02 17:30 and 4 more" in page


class TestClashes:
    """Two shows of one screen at one time."""

    def test_a_show_that_is_there_already_is_named(self, make):
        there = ShowFactory(movie__title="Vienna <1>", date_time=at(3, 15))
        page = make()
        assert "The screen is not free: 2040-01-03 14:00 overlaps Vienna &lt;1&gt; of 2040-01-03 15:00." in page
        assert list(Show.objects.all()) == [there]

    def test_one_that_runs_on_from_before_is_seen(self, make):
        ShowFactory(movie__duration_minutes=10_000, date_time=at(1, 14) - timedelta(minutes=9_999))
        assert "The screen is not free" in make(days=1, times="14:00")

    def test_one_that_begins_before_the_last_ends_is_seen(self, make):
        ShowFactory(date_time=at(1, 15, 59))
        assert "The screen is not free" in make(days=1, times="14:00")

    def test_times_need_no_order(self, make):
        ShowFactory(date_time=at(1, 20, 30))
        page = make(days=1, times="20:00, 10:00")
        assert "2040-01-01 20:00 overlaps" in page

    def test_times_too_near_each_other_are_named(self, make):
        page = make(days=1, times="14:00, 15:30")
        assert "2040-01-01 15:30 overlaps Metropolis of 2040-01-01 14:00." in page
        assert not Show.objects.exists()

    def test_the_last_show_of_a_day_may_not_run_into_the_next(self, make):
        page = make(days=2, times="0:30, 23:00")
        assert "2040-01-02 00:30 overlaps Metropolis of 2040-01-01 23:00." in page

    def test_shows_may_follow_each_other_at_once(self, make):
        for hour in (12, 16, 20):
            ShowFactory(date_time=at(1, hour))
        make(days=1, times="14:00, 18:00")
        assert Show.objects.count() == 5

    def test_another_screen_is_free(self, make):
        ShowFactory(screen_name="Studio", date_time=at(1, 14))
        make(days=1)
        assert Show.objects.filter(screen_name="Screen 1").count() == 3

    def test_a_form_sent_again_meets_its_own_shows(self, make):
        make()
        assert "The screen is not free" in make()
        assert Show.objects.count() == 21


class TestPlannedScreen:
    """Screen 1 has a plan of six seats."""

    @pytest.fixture(autouse=True)
    def _plan(self, db):
        SeatingPlan.objects.create(screen_name="Screen 1", plan=PLAN)

    def test_the_plan_decides_how_many_seats(self, make):
        make(total_seats="")
        assert set(Show.objects.values_list("total_seats", flat=True)) == {6}
        assert Show.objects.first().seats.filter(guid="a1").exists()
        assert_consistent()

    def test_another_total_is_refused_and_nothing_is_made(self, make):
        page = make(total_seats=7)
        assert "Screen 1 has 6 seats by its seating plan, not 7." in page
        assert 'value="14:00, 17:30, 20:15"' in page
        assert "selected>Metropolis</option>" in page
        assert not Show.objects.exists()

    def test_another_screen_has_no_plan(self, make):
        assert "Studio has no seating plan" in make(screen_name="Studio", total_seats="")


def test_it_is_for_those_who_may_add_shows(client, sam, movie):
    log_in(client, sam, "view_show", "change_show", "delete_show")
    assert WEEK not in client.get(reverse("admin:shows_show_changelist")).content.decode()
    assert client.get(WEEK).status_code == 403
    assert client.post(WEEK, form(movie)).status_code == 403
    assert not Show.objects.exists()
    log_in(client, sam, "add_show")
    assert client.get(WEEK).status_code == 200
    assert "21 shows made" in client.post(WEEK, form(movie), follow=True).content.decode()


def test_a_stranger_is_sent_to_log_in(client, movie):
    assert client.post(WEEK, form(movie))["Location"].startswith("/admin/login/")
    assert not Show.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_of_a_form_sent_several_times_at_once_one_makes_its_shows(admin_user):
    movie = MovieFactory()
    clients = [Client() for _ in range(4)]
    for client in clients:
        client.force_login(admin_user)
    answers = run_concurrently([lambda client=client: client.post(WEEK, form(movie)) for client in clients])
    assert sorted(answer.status_code for answer in answers) == [200, 200, 200, 302]
    assert Show.objects.count() == 21
    assert Movie.objects.count() == 1
    assert_consistent()
