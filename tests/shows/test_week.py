"""The admin form that adds a week of shows: it adds all shows, or none and says why."""

from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from cinema.seats.models import SeatingPlan, read_stored_plan
from cinema.shows.models import Movie, Show
from tests.assertions import assert_consistent
from tests.concurrency import run_concurrently
from tests.factories import MovieFactory, ShowFactory
from tests.seats.plan_samples import PLAN
from tests.seats.staff import log_in

WEEK = "/admin/shows/show/week/"


@pytest.fixture
def movie(db):
    return MovieFactory(title="Metropolis", duration_minutes=120)


@pytest.fixture
def submit(admin_client, movie):
    """Submits the form with some fields changed, and returns the page that follows."""

    def submit(**changes):
        return admin_client.post(WEEK, form(movie, **changes), follow=True).content.decode()

    return submit


def form(movie, /, **changes):
    data = {
        "movie": movie.pk,
        "screen_name": "Screen 1",
        "total_seats": 12,
        "first_day": "2040-01-01",
        "days": 7,
        "times": "14:00, 17:30, 20:15",
    }
    return data | changes


def at(day, hour, minute=0):
    return datetime(2040, 1, day, hour, minute, tzinfo=UTC)


def test_list_of_shows_links_to_the_form(admin_client, movie):
    assert f'href="{WEEK}"' in admin_client.get(reverse("admin:shows_show_changelist")).content.decode()
    page = admin_client.get(WEEK).content.decode()
    assert "Add a week of shows" in page
    assert "by the cinema's clocks" in page
    tomorrow = timezone.now().date() + timedelta(days=1)
    assert f'value="{tomorrow}"' in page
    assert 'value="7"' in page


def test_stored_plan_with_faults_is_named_by_the_form(submit):
    # `bulk_create` does not call `save`, which checks plans.
    SeatingPlan.objects.bulk_create([SeatingPlan(screen_name="Screen 1", plan="seat")])
    for total_seats in ("", 12):
        page = submit(total_seats=total_seats)
        assert "Add a week of shows" in page
        assert "The seating plan of Screen 1 has faults. Correct it first: line 1" in page
    assert not Show.objects.exists()


def test_plan_is_read_once_for_all_shows_of_the_form(submit):
    SeatingPlan.objects.create(screen_name="Screen 1", plan="A | ....")
    read_stored_plan.cache_clear()
    submit(total_seats="")
    assert Show.objects.count() == 21
    assert read_stored_plan.cache_info().misses == 1


def test_form_adds_a_show_for_each_day_and_time(submit, movie):
    page = submit()
    times = [at(day, *time) for day in range(1, 8) for time in ((14, 0), (17, 30), (20, 15))]
    assert list(Show.objects.values_list("date_time", flat=True)) == times
    assert set(Show.objects.values_list("movie", "screen_name", "total_seats")) == {(movie.pk, "Screen 1", 12)}
    assert "21 shows added on Screen 1." in page
    assert LogEntry.objects.filter(action_flag=1).count() == 21
    assert_consistent()


def test_form_redirects_to_the_shows_of_the_screen(admin_client, movie):
    ShowFactory(screen_name="Studio")
    response = admin_client.post(WEEK, form(movie, screen_name="Screen 1 & 2", days=1, times="9:05"))
    assert response["Location"] == reverse("admin:shows_show_changelist") + "?screen_name=Screen+1+%26+2"
    page = admin_client.get(response["Location"]).content.decode()
    assert "1 show added on Screen 1 &amp; 2." in page
    assert "Studio" not in page[page.index('id="result_list"') :].partition("</table>")[0]
    assert Show.objects.get(screen_name="Screen 1 & 2").date_time == at(1, 9, 5)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"times": "14:00, 25:00, noon"}, "Not a time of day: 25:00, noon. Write times like 14:00, 17:30."),
        ({"times": "14:60"}, "Not a time of day: 14:60."),
        ({"times": "١٤:٠٠"}, "Not a time of day"),
        ({"times": "14:00 17:30"}, "Not a time of day: 14:00 17:30."),
        ({"times": "9:00, 14:00, 09:00"}, "Given more than once: 09:00. Give each time once."),
        ({"times": ""}, "This field is required."),
        ({"times": " , "}, "Give 1 to 20 times, not 0."),
        ({"times": ",".join(f"{hour}:00" for hour in range(21))}, "Give 1 to 20 times, not 21."),
        ({"times": "14:00," * 200}, "at most 200 characters"),
        ({"days": 0}, "greater than or equal to 1"),
        ({"days": 32}, "less than or equal to 31"),
        ({"days": "x"}, "Enter a whole number."),
        ({"first_day": "tomorrow"}, "Enter a valid date."),
        ({"first_day": "9999-12-31"}, "less than or equal to 9000-01-01"),
        ({"first_day": "2020-01-01", "days": 1, "times": "14:00"}, "In the past: 2020-01-01 14:00. Choose"),
        ({"first_day": "0001-01-01"}, "In the past: "),
        ({"total_seats": 0}, "greater than or equal to 1"),
        ({"total_seats": 100_001}, "less than or equal to 100000"),
        ({"total_seats": 100_000}, "2100000 seats are too many, the limit is 500000. Add fewer shows at once."),
        ({"total_seats": ""}, "Screen 1 has no seating plan. Enter its number of seats."),
        ({"screen_name": " "}, "This field is required."),
        ({"screen_name": "x" * 101}, "at most 100 characters"),
        ({"movie": 999_999}, "Select a valid choice."),
        ({"movie": "x"}, "Select a valid choice."),
        ({"movie": "9" * 30}, "Select a valid choice."),
    ],
)
def test_invalid_value_is_rejected_with_a_message(submit, changes, message):
    page = submit(**changes)
    assert message in page
    assert "Please correct the error" in page
    assert not Show.objects.exists()


def test_empty_form_is_rejected(admin_client, db):
    page = admin_client.post(WEEK, {}).content.decode()
    assert page.count("This field is required.") == 5


def test_message_names_times_that_have_passed_today(submit, noon):
    now = timezone.localtime()
    page = submit(first_day=f"{now:%Y-%m-%d}", times=f"{now:%H:%M}, 23:59")
    assert f"In the past: {now:%Y-%m-%d %H:%M}" in page
    assert not Show.objects.exists()


def test_message_lists_at_most_five_shows(submit):
    page = submit(first_day="2020-01-01", days=3)
    assert "2020-01-01 14:00, 2020-01-01 17:30" in page
    assert "2020-01-02 17:30 and 4 more" in page


class TestClashes:
    """Shows of one screen that overlap are rejected."""

    def test_message_names_the_existing_show(self, submit):
        existing = ShowFactory(screen_name="Screen 1", movie__title="Vienna <1>", date_time=at(3, 15))
        page = submit()
        assert (
            f"show {existing.pk}, Vienna &lt;1&gt; at 2040-01-03 15:00 overlaps Metropolis at 2040-01-03 14:00"
            in page
        )
        assert list(Show.objects.all()) == [existing]

    def test_show_that_began_days_before_clashes(self, submit):
        ShowFactory(
            screen_name="Screen 1",
            movie__duration_minutes=10_000,
            date_time=at(1, 14) - timedelta(minutes=9_999),
        )
        assert "The screen is in use" in submit(days=1, times="14:00")

    def test_show_that_begins_before_the_last_one_ends_clashes(self, submit):
        ShowFactory(screen_name="Screen 1", date_time=at(1, 15, 59))
        assert "The screen is in use" in submit(days=1, times="14:00")

    def test_times_are_compared_in_any_order(self, submit):
        ShowFactory(screen_name="Screen 1", date_time=at(1, 20, 30))
        page = submit(days=1, times="20:00, 10:00")
        assert "at 2040-01-01 20:30 overlaps Metropolis at 2040-01-01 20:00" in page

    def test_times_closer_than_the_movie_is_long_clash(self, submit):
        page = submit(days=1, times="14:00, 15:30")
        assert (
            "The screen is in use: Metropolis at 2040-01-01 15:30 overlaps Metropolis at 2040-01-01 14:00."
            in page
        )
        assert not Show.objects.exists()

    def test_last_show_of_a_day_clashes_with_the_next_day(self, submit):
        page = submit(days=2, times="0:30, 23:00")
        assert "Metropolis at 2040-01-02 00:30 overlaps Metropolis at 2040-01-01 23:00." in page

    def test_show_may_begin_when_another_ends(self, submit):
        for hour in (12, 16, 20):
            ShowFactory(screen_name="Screen 1", date_time=at(1, hour))
        submit(days=1, times="14:00, 18:00")
        assert Show.objects.count() == 5

    def test_shows_of_another_screen_do_not_clash(self, submit):
        ShowFactory(screen_name="Studio", date_time=at(1, 14))
        submit(days=1)
        assert Show.objects.filter(screen_name="Screen 1").count() == 3

    def test_form_submitted_twice_clashes_with_itself(self, submit):
        submit()
        assert "The screen is in use" in submit()
        assert Show.objects.count() == 21


class TestPlannedScreen:
    """Screen 1 has a seating plan with six seats."""

    @pytest.fixture(autouse=True)
    def _plan(self, db):
        SeatingPlan.objects.create(screen_name="Screen 1", plan=PLAN)

    def test_empty_total_is_the_seat_count_of_the_plan(self, submit):
        submit(total_seats="")
        assert set(Show.objects.values_list("total_seats", flat=True)) == {6}
        assert Show.objects.first().seats.filter(guid="a1").exists()
        assert_consistent()

    def test_other_total_than_that_of_the_plan_is_rejected(self, submit):
        page = submit(total_seats=7)
        assert "Screen 1 has 6 seats by its seating plan, not 7." in page
        assert 'value="14:00, 17:30, 20:15"' in page
        assert "selected>Metropolis</option>" in page
        assert not Show.objects.exists()

    def test_empty_total_is_rejected_on_a_screen_without_plan(self, submit):
        assert "Studio has no seating plan" in submit(screen_name="Studio", total_seats="")


def test_form_requires_the_permission_to_add_shows(client, sam, movie):
    log_in(client, sam, "view_show", "change_show", "delete_show")
    assert WEEK not in client.get(reverse("admin:shows_show_changelist")).content.decode()
    assert client.get(WEEK).status_code == 403
    assert client.post(WEEK, form(movie)).status_code == 403
    assert not Show.objects.exists()
    log_in(client, sam, "add_show")
    assert client.get(WEEK).status_code == 200
    assert "21 shows added" in client.post(WEEK, form(movie), follow=True).content.decode()


def test_form_redirects_to_the_login_without_a_session(client, movie):
    assert client.post(WEEK, form(movie))["Location"].startswith("/admin/login/")
    assert not Show.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_one_of_several_concurrent_submissions_adds_shows(admin_user):
    movie = MovieFactory()
    clients = [Client() for _ in range(4)]
    for client in clients:
        client.force_login(admin_user)
    responses = run_concurrently([lambda client=client: client.post(WEEK, form(movie)) for client in clients])
    assert sorted(response.status_code for response in responses) == [200, 200, 200, 302]
    assert Show.objects.count() == 21
    assert Movie.objects.count() == 1
    assert_consistent()
