"""The admin form that copies a week of shows by the cinema's clocks: all of them, or none and says why."""

from datetime import datetime, timedelta

import pytest
from django.db.models import F
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from cinema.seats.booking import services
from cinema.seats.models import SeatingPlan
from cinema.shows.models import Movie, Show
from cinema.shows.times import format_local, from_wall
from tests.assertions import assert_consistent
from tests.concurrency import run_concurrently
from tests.factories import MovieFactory, ShowFactory
from tests.seats.plan_samples import PLAN
from tests.seats.staff import log_in

COPY_WEEK = "/admin/shows/show/copy-week/"
# In Berlin the clocks are put forward on Sunday, March 30, at 2:00, which is in the copied week.
FORM = {"from_day": "2031-03-17", "to_day": "2031-03-24"}


@pytest.fixture(autouse=True)
def _zone(settings):
    settings.TIME_ZONE = "Europe/Berlin"


@pytest.fixture
def submit(admin_client):
    """Submits the form with some fields changed, and returns the page that follows."""

    def submit(**changes):
        return admin_client.post(COPY_WEEK, FORM | changes, follow=True).content.decode()

    return submit


def add_show(wall, screen="Screen 1", **fields):
    fields.setdefault("movie__title", "Metropolis")
    return ShowFactory(screen_name=screen, date_time=at(wall), **fields)


def at(wall):
    return from_wall(datetime.fromisoformat(wall))


def copies(*originals):
    """The wall times of the shows that are not among the originals."""
    others = Show.objects.exclude(pk__in=[show.pk for show in originals])
    return [format_local(show.date_time) for show in others]


def test_list_of_shows_links_to_the_form_with_the_present_week(admin_client, db):
    assert f'href="{COPY_WEEK}"' in admin_client.get(reverse("admin:shows_show_changelist")).content.decode()
    page = admin_client.get(COPY_WEEK).content.decode()
    today = timezone.localdate()
    assert f'value="{today - timedelta(days=today.weekday())}"' in page


@pytest.mark.parametrize("zone", ["Europe/Berlin", "Asia/Kolkata", "Pacific/Apia", "America/New_York"])
def test_copies_have_the_wall_times_of_their_originals(settings, submit, zone):
    settings.TIME_ZONE = zone
    week = [add_show(wall) for wall in ("2031-03-17 00:00", "2031-03-22 19:00")]
    week.append(add_show("2031-03-23 23:59", "Screen 3"))
    outside = [add_show("2031-03-16 23:59", "Screen 2"), add_show("2031-03-24 00:00", "Screen 2")]
    assert "3 shows added on Screen 1, Screen 3." in submit(to_day="")
    assert copies(*week, *outside) == ["2031-03-24 00:00", "2031-03-29 19:00", "2031-03-30 23:59"]
    assert_consistent()


def test_copy_goes_back_over_the_end_of_summer_time(submit):
    show = add_show("2031-10-30 19:00")
    submit(from_day="2031-10-27", to_day="2031-10-20")
    assert copies(show) == ["2031-10-23 19:00"]


def test_copy_of_a_show_in_the_second_of_two_equal_hours(submit):
    show = add_show("2031-10-26 02:30")
    show.date_time += timedelta(hours=1)
    show.save()
    submit(from_day="2031-10-20", to_day="")
    assert copies(show) == ["2031-11-02 02:30"]


def test_copy_has_the_movie_format_seats_and_sale_of_its_original(submit):
    show = add_show("2031-03-23 19:00", total_seats=7, format="OV 3D", on_sale_from=at("2031-03-16 10:00"))
    submit(to_day="2031-04-07")
    (copy,) = Show.objects.exclude(pk=show.pk)
    assert (copy.movie, copy.total_seats, copy.format) == (show.movie, 7, "OV 3D")
    # The clocks are put forward in between, so 21 times 24 hours later it is 11:00.
    assert format_local(copy.on_sale_from) == "2031-04-06 10:00"
    assert copy.seats.count() == 7


def test_copy_has_the_seats_of_the_present_plan_of_its_screen(submit):
    show = add_show("2031-03-18 19:00", total_seats=7)
    SeatingPlan.objects.create(screen_name="Screen 1", plan=PLAN)
    submit()
    (copy,) = Show.objects.exclude(pk=show.pk)
    assert copy.total_seats == 6
    assert copy.seats.filter(guid="a1").exists()


def test_stored_plan_with_faults_is_named(submit):
    add_show("2031-03-18 19:00")
    SeatingPlan.objects.bulk_create([SeatingPlan(screen_name="Screen 1", plan="seat")])
    assert "The seating plan of Screen 1 has faults." in submit()
    assert Show.objects.count() == 1


@pytest.mark.parametrize(
    ("start", "sale"), [("2031-03-23 02:30", None), ("2031-03-23 20:00", "2031-03-23 02:30")]
)
def test_times_that_the_clocks_skip_are_named_and_nothing_is_added(submit, start, sale):
    add_show("2031-03-20 19:00")
    skipped = add_show(start, on_sale_from=sale and at(sale))
    assert f"{skipped}: The clocks skip 2031-03-30 02:30." in submit()
    assert Show.objects.count() == 2


def test_clashes_are_named_and_nothing_is_added(submit, settings):
    settings.TURNAROUND_MINUTES = 15
    for day in (19, 20, 21):
        add_show(f"2031-03-{day} 19:00")
    existing = [add_show(f"2031-03-{day} 21:14", movie__title="Vienna") for day in (27, 28)]
    page = submit()
    for show, day in zip(existing, (27, 28), strict=True):
        clash = f"Vienna at 2031-03-{day} 21:14 overlaps Metropolis at 2031-03-{day} 19:00"
        assert f"show {show.pk}, {clash}" in page
    assert Show.objects.count() == 5
    Show.objects.filter(movie__title="Vienna").update(date_time=F("date_time") + timedelta(minutes=1))
    assert "3 shows added" in submit()


def test_form_redirects_to_the_copies_of_all_screens(admin_client, db):
    add_show("2031-03-18 19:00", "Screen 2", movie__title="Original")
    add_show("2031-03-19 19:00", "Screen 1", movie__title="Original")
    response = admin_client.post(COPY_WEEK, FORM, follow=True)
    page = response.content.decode()
    assert "2 shows added on Screen 1, Screen 2." in page
    assert response.context["cl"].result_count == 2
    assert {format_local(show.date_time) for show in response.context["cl"].result_list} == {
        "2031-03-25 19:00",
        "2031-03-26 19:00",
    }


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"from_day": ""}, "This field is required."),
        ({"from_day": "last week"}, "Enter a valid date."),
        ({"from_day": "9999-12-31"}, "less than or equal to 9000-01-01"),
        ({"to_day": "9999-12-31"}, "less than or equal to 9000-01-01"),
        ({"from_day": "0001-01-01", "to_day": ""}, "There are no shows in the seven days from 0001-01-01."),
        ({"to_day": "2031-03-25"}, "Choose a Monday, so that all shows keep their day of the week."),
        ({"from_day": "2031-04-21", "to_day": ""}, "There are no shows in the seven days from 2031-04-21."),
        ({"to_day": "2020-03-16"}, "In the past: 2020-03-17 19:00. Choose a later day."),
        ({"to_day": "2031-03-17"}, "The screen is in use"),
    ],
)
def test_invalid_week_is_rejected_with_a_message(submit, changes, message):
    add_show("2031-03-18 19:00")
    assert message in submit(**changes)
    assert Show.objects.count() == 1


def test_sale_beyond_the_calendar_is_rejected(submit):
    add_show("2031-03-18 19:00", on_sale_from=at("9999-12-30 10:00"))
    assert "is not between the years 1 and 9999" in submit()


def test_seats_beyond_the_limit_are_rejected(submit, monkeypatch):
    monkeypatch.setattr("cinema.shows.admin.week.MAX_SEATS_PER_FORM", 11)
    add_show("2031-03-18 19:00")
    assert "12 seats are too many, the limit is 11. Add fewer shows at once." in submit()


def test_form_requires_the_permission_to_add_shows(client, sam):
    add_show("2031-03-18 19:00")
    log_in(client, sam, "view_show", "change_show", "delete_show")
    assert COPY_WEEK not in client.get(reverse("admin:shows_show_changelist")).content.decode()
    assert client.post(COPY_WEEK, FORM).status_code == 403
    log_in(client, sam, "add_show")
    assert "1 show added" in client.post(COPY_WEEK, FORM, follow=True).content.decode()


@pytest.mark.django_db(transaction=True)
def test_one_of_several_concurrent_copies_adds_shows(admin_user):
    movie = MovieFactory()
    for day in range(17, 20):
        add_show(f"2031-03-{day} 19:00", movie=movie)
    clients = [Client() for _ in range(4)]
    for client in clients:
        client.force_login(admin_user)
    responses = run_concurrently(
        [lambda client=client: client.post(COPY_WEEK, FORM).status_code for client in clients]
    )
    assert sorted(responses) == [200, 200, 200, 302]
    assert (Show.objects.count(), Movie.objects.count()) == (6, 1)


def test_show_that_was_called_off_is_not_copied(submit):
    cancelled, shows = add_show("2031-03-17 19:00"), []
    services.call_off(show_id=cancelled.pk)
    shows.append(add_show("2031-03-17 20:00"))
    assert "1 show added on Screen 1." in submit()
    assert copies(cancelled, *shows) == ["2031-03-24 20:00"]
