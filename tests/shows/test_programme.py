"""Two shows never overlap on one screen, and a sold show moves only on purpose: by API, forms and commands."""

import re
from datetime import datetime, timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.urls import reverse
from django.utils import timezone

from cinema.seats.booking import services
from cinema.seats.models import SeatingPlan
from cinema.shows.models import Movie, Show
from tests.admin_forms import show_form
from tests.assertions import assert_consistent, assert_invalid, assert_problem
from tests.concurrency import run_concurrently, run_while_uncommitted
from tests.factories import BookingFactory, MovieFactory, ShowFactory, UserFactory, permit_to_manage_shows

pytestmark = pytest.mark.django_db

SEVEN = datetime.fromisoformat("2040-01-01T19:00:00Z")
# The members of a show that follow from its time and movie.
DERIVED = {"local_time", "ends_at", "movie_title"}


def at(minutes):
    return SEVEN + timedelta(minutes=minutes)


def new_show(minutes=0, **changes):
    return {"screen_name": "Studio", "date_time": at(minutes).isoformat(), "total_seats": 4} | changes


@pytest.fixture
def sam(sam):
    return permit_to_manage_shows(sam)


@pytest.fixture
def evening(db):
    """A show on the screen Studio from 19:00 to 21:00."""
    return ShowFactory(screen_name="Studio", date_time=SEVEN)


@pytest.fixture
def add(as_staff):
    movie = MovieFactory(title="Vertigo", duration_minutes=100)
    return lambda *args, **changes: as_staff.post(f"/movies/{movie.pk}/shows/", new_show(*args, **changes))


# --- Shows that overlap ----------------------------------------------------------------


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


def test_every_show_that_overlaps_is_named(as_staff, evening):
    late = ShowFactory(screen_name="Studio", date_time=at(130))
    path = f"/movies/{MovieFactory(duration_minutes=600).pk}/shows/"
    assert_problem(as_staff.post(path, new_show(-60)), 409, "screen_busy", clashes=[evening.pk, late.pk])


@pytest.mark.parametrize("name", ["studio", "STUDIO", "Ｓｔｕｄｉｏ", " Studio ", "Stu\u00addio"])
def test_name_of_a_screen_takes_the_spelling_that_exists(add, evening, name):
    assert_problem(add(screen_name=name), 409, "screen_busy", clashes=[evening.pk])
    assert add(120, screen_name=name).json()["screen_name"] == "Studio"


def test_only_show_of_a_screen_corrects_its_spelling(as_staff, admin_client, evening, tmp_path):
    """It stays on its screen, so its bookings don't move."""
    BookingFactory(show=evening, seat_number=3)

    def by_api(name):
        assert as_staff.patch(f"/shows/{evening.pk}/", {"screen_name": name}).status_code == 200

    def by_form(name):
        evening.refresh_from_db()
        form = show_form(evening, screen_name=name)
        assert admin_client.post(reverse("admin:shows_show_change", args=[evening.pk]), form).status_code == 302

    def by_fixture(name):
        Show.objects.filter(pk=evening.pk).update(date_time=SEVEN)
        call_command("dumpdata", "shows.show", output=tmp_path / "shows.json", verbosity=0)
        text = (tmp_path / "shows.json").read_text()
        (tmp_path / "shows.json").write_text(re.sub('"screen_name": ".*?"', f'"screen_name": "{name}"', text))
        call_command("loaddata", tmp_path / "shows.json", verbosity=0)

    for change, name in ((by_api, "STUDIO"), (by_form, "studio"), (by_fixture, "Ｓtudio"), (by_api, "Studio")):
        change(name)
        assert Show.objects.get().screen_name == name
    assert_consistent()


def test_spelling_of_other_shows_and_of_the_plan_is_kept(as_staff, evening):
    other = ShowFactory(screen_name="Studio", date_time=at(300))
    assert as_staff.patch(f"/shows/{evening.pk}/", {"screen_name": "STUDIO"}).json()["screen_name"] == "Studio"
    other.delete()
    SeatingPlan.objects.create(screen_name="Studio", plan="A | " + "." * evening.total_seats)
    assert as_staff.patch(f"/shows/{evening.pk}/", {"screen_name": "STUDIO"}).json()["screen_name"] == "Studio"


@pytest.mark.parametrize("name", ["\u200b", "\u3164 \u00ad", "\ufe0f"])
def test_title_or_screen_without_a_visible_character_is_refused(
    as_staff, admin_client, add, evening, tmp_path, name
):
    assert_invalid(add(300, screen_name=name), "screen_name")
    assert_invalid(as_staff.patch(f"/shows/{evening.pk}/", {"screen_name": name}), "screen_name")
    assert_invalid(as_staff.post("/movies/", {"title": name, "duration_minutes": 90}), "title")
    form = show_form(evening, screen_name=name)
    page = admin_client.post(reverse("admin:shows_show_change", args=[evening.pk]), form, follow=True)
    assert "Use at least one visible character." in page.content.decode()
    page = admin_client.post(reverse("admin:seats_seatingplan_add"), {"screen_name": name, "plan": "A | ."})
    assert "Use at least one visible character." in page.content.decode()
    (tmp_path / "plan.txt").write_text("A | ....")
    with pytest.raises(CommandError, match="Use at least one visible character"):
        call_command("import_plan", tmp_path / "plan.txt", screen=name)
    assert [show.screen_name for show in Show.objects.all()] == ["Studio"]
    assert not SeatingPlan.objects.exists()


def test_dump_with_an_invisible_name_of_a_screen_still_loads(evening, tmp_path):
    """An earlier version accepted such names."""
    Show.objects.update(screen_name="\u200b")
    SeatingPlan(screen_name="\u200b", plan="A | " + "." * evening.total_seats).save_base(raw=True)
    call_command("dumpdata", "shows", "seats.seatingplan", output=tmp_path / "dump.json", verbosity=0)
    evening.delete()
    call_command("loaddata", tmp_path / "dump.json", verbosity=0)
    assert Show.objects.get().screen_name == "\u200b"


def test_title_in_hebrew_does_not_reorder_the_message_about_a_clash(add, evening):
    Movie.objects.update(title="שלום")
    assert "\u2068שלום\u2069 at " in add().json()["detail"]


def test_repeated_spaces_in_the_name_of_a_screen_do_not_count(add):
    assert add(screen_name="Grand Hall").status_code == 201
    assert add(200, screen_name="grand  hall").json()["screen_name"] == "Grand Hall"


def test_show_takes_the_plan_of_its_screen_in_any_spelling(add):
    SeatingPlan.objects.create(screen_name="Studio", plan="A | ....")
    assert_invalid(add(screen_name="studio", total_seats=9), "total_seats")
    added = add(screen_name="studio").json()
    assert (added["screen_name"], added["total_seats"]) == ("Studio", 4)
    assert_consistent()


def test_new_plan_takes_the_spelling_of_the_shows_on_its_screen(evening, tmp_path, admin_client):
    (tmp_path / "plan.txt").write_text("A | ....")
    call_command("import_plan", tmp_path / "plan.txt", screen="STUDIO", stdout=StringIO())
    assert list(SeatingPlan.objects.values_list("screen_name", flat=True)) == ["Studio"]
    form = {"screen_name": "studio", "plan": "A | ."}
    page = admin_client.post(reverse("admin:seats_seatingplan_add"), form).content.decode()
    assert "already exists" in page
    assert len(SeatingPlan.objects.get().places()) == 4


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
def test_one_of_several_concurrent_shows_gets_the_screen(server, sam):
    movie = MovieFactory()
    spellings = ["Studio", "studio", "STUDIO", "Studio", "stuDio", "Ｓtudio"]
    responses = run_concurrently(
        [
            lambda name=name: server.call(
                "POST", f"/movies/{movie.pk}/shows/", new_show(screen_name=name), user=sam
            )
            for name in spellings
        ]
    )
    assert sorted(response.status for response in responses) == [201, *[409] * 5]
    assert Show.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_longer_movie_and_a_show_behind_it_are_not_both_accepted(server, sam):
    for day in range(4):
        first = ShowFactory(screen_name="Studio", date_time=at(day * 1440))
        movie = MovieFactory()
        responses = run_concurrently(
            [
                lambda first=first: server.call(
                    "PATCH", f"/movies/{first.movie_id}/", {"duration_minutes": 180}, user=sam
                ),
                lambda movie=movie, day=day: server.call(
                    "POST", f"/movies/{movie.pk}/shows/", new_show(day * 1440 + 130), user=sam
                ),
            ]
        )
        assert sorted(response.status for response in responses)[1] == 409


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("name", ["Studio", "studio"])
def test_show_waits_for_another_one_that_is_not_committed_yet(server, sam, name):
    movies = MovieFactory.create_batch(2)
    first, second = run_while_uncommitted(
        lambda: ShowFactory(movie=movies[0], screen_name="Studio", date_time=SEVEN),
        lambda: server.call("POST", f"/movies/{movies[1].pk}/shows/", new_show(screen_name=name), user=sam),
    )
    assert (second.status, second.code) == (409, "screen_busy")
    assert list(Show.objects.all()) == [first]


# --- Shows with live bookings ----------------------------------------------------------

MOVES = [{"date_time": "2041-01-01T19:00:00Z"}, {"screen_name": "Attic"}, {"movie": "other"}]


@pytest.fixture(params=MOVES, ids=["time", "screen", "movie"])
def move(request):
    return {field: MovieFactory().pk if value == "other" else value for field, value in request.param.items()}


def test_sold_show_moves_only_with_its_bookings(as_staff, alice, evening, move):
    booking, path = BookingFactory(user=alice, show=evening), f"/shows/{evening.pk}/"
    before = as_staff.get(path).json()
    assert_problem(as_staff.patch(path, move), 409, "has_bookings")
    assert_problem(as_staff.patch(path, move | {"keep_bookings": False}), 409, "has_bookings")
    assert as_staff.get(path).json() == before
    moved = as_staff.patch(path, move | {"keep_bookings": True}).json()
    assert {name: moved[name] for name in before.keys() - DERIVED} == {
        name: value for name, value in (before | move).items() if name not in DERIVED
    }
    assert services.cancel(booking_id=booking.pk).status == "cancelled"


def test_show_whose_bookings_are_cancelled_moves(as_staff, alice, evening, move):
    services.cancel(booking_id=BookingFactory(user=alice, show=evening).pk)
    assert as_staff.patch(f"/shows/{evening.pk}/", move).status_code == 200


def test_sold_show_is_changed_without_a_flag_if_it_does_not_move(as_staff, alice, evening):
    BookingFactory(user=alice, show=evening)
    body = {
        "total_seats": 20,
        "date_time": SEVEN.isoformat(),
        "screen_name": "studio",
        "movie": evening.movie_id,
    }
    assert as_staff.patch(f"/shows/{evening.pk}/", body).json()["total_seats"] == 20


@pytest.mark.parametrize("keep_bookings", [True, False])
def test_show_never_moves_into_the_past(as_staff, alice, evening, keep_bookings):
    path = f"/shows/{evening.pk}/"
    body = {"date_time": (timezone.now() - timedelta(minutes=1)).isoformat(), "keep_bookings": keep_bookings}
    assert_invalid(as_staff.patch(path, body), "date_time")
    BookingFactory(user=alice, show=evening)
    assert_invalid(as_staff.patch(path, body), "date_time")


@pytest.mark.parametrize("value", ["perhaps", None, [], 7])
def test_invalid_keep_bookings_is_rejected(as_staff, evening, value):
    assert_invalid(as_staff.patch(f"/shows/{evening.pk}/", {"keep_bookings": value}), "keep_bookings")


def test_unknown_movie_of_a_show_is_rejected(as_staff, evening):
    for movie in (999, 10**30, None, "x", True, [1]):
        assert_invalid(as_staff.patch(f"/shows/{evening.pk}/", {"movie": movie}), "movie")


def test_admin_moves_a_sold_show_only_if_the_tick_says_so(admin_client, alice, evening):
    BookingFactory(user=alice, show=evening)
    page = reverse("admin:shows_show_change", args=[evening.pk])
    form = show_form(evening, screen_name="Attic")
    html = admin_client.post(page, form).content.decode()
    assert "The show has live bookings." in html
    assert 'name="keep_bookings"' in html
    assert Show.objects.get().screen_name == "Studio"
    assert admin_client.post(page, form | {"keep_bookings": "on"}).status_code == 302
    assert Show.objects.get().screen_name == "Attic"


def test_sold_show_moves_on_the_page_of_its_movie_only_if_the_tick_says_so(admin_client, alice, evening):
    BookingFactory(user=alice, show=evening)
    page = reverse("admin:shows_movie_change", args=[evening.movie_id])
    inline = {f"shows-0-{name}": value for name, value in show_form(evening, screen_name="Attic").items()}
    counts = {"shows-TOTAL_FORMS": 1, "shows-INITIAL_FORMS": 1, "shows-0-id": evening.pk}
    form = {"title": "Rope", "duration_minutes": 120} | counts | inline
    assert "The show has live bookings." in admin_client.post(page, form, follow=True).content.decode()
    assert Show.objects.get().screen_name == "Studio"
    admin_client.post(page, form | {"shows-0-keep_bookings": "on"})
    assert Show.objects.get().screen_name == "Attic"


def test_delete_of_a_begun_show_with_live_bookings_says_that_it_stays(as_staff, alice, show):
    BookingFactory(user=alice, show=show)
    assert (
        "archive_shows"
        not in assert_problem(as_staff.delete(f"/shows/{show.pk}/"), 409, "has_bookings")["detail"]
    )
    Show.objects.update(date_time=timezone.now() - timedelta(days=1))
    detail = assert_problem(as_staff.delete(f"/shows/{show.pk}/"), 409, "has_bookings")["detail"]
    assert "archive_shows" in detail
    assert "Cancel them first" not in detail


@pytest.mark.django_db(transaction=True)
def test_show_is_not_sold_while_it_moves_without_its_bookings(server, sam):
    for _ in range(5):
        show, user = ShowFactory(date_time=SEVEN), UserFactory()
        move, sale = run_concurrently(
            [
                lambda show=show: server.call("PATCH", f"/shows/{show.pk}/", MOVES[0], user=sam),
                lambda show=show, user=user: server.call(
                    "POST", f"/shows/{show.pk}/book/", {"seat_number": 1}, user=user
                ),
            ]
        )
        # The sale came either before the move, which was then refused, or after it.
        assert sale.status == 201
        moved = Show.objects.get(pk=show.pk).date_time != SEVEN
        assert (move.status, moved) in {(200, True), (409, False)}


# --- The total of a planned screen -----------------------------------------------------


def test_total_may_be_left_out_where_the_screen_has_a_plan(as_staff, admin_client, tmp_path):
    SeatingPlan.objects.create(screen_name="Studio", plan="A | ....")
    movie = MovieFactory()
    body = new_show(screen_name="studio")
    del body["total_seats"]
    assert as_staff.post(f"/movies/{movie.pk}/shows/", body).json()["total_seats"] == 4
    show = Show.objects.get()
    form = show_form(show, total_seats="", date_time_0="2040-01-02")
    assert admin_client.post(reverse("admin:shows_show_add"), form).status_code == 302
    fixture = tmp_path / "f.json"
    fixture.write_text(
        f'[{{"model": "shows.show", "pk": 77, "fields": {{"movie": {movie.pk}, "screen_name": "Studio",'
        ' "date_time": "2040-01-03T19:00:00Z"}}]'
    )
    call_command("loaddata", fixture, verbosity=0)
    assert [show.total_seats for show in Show.objects.all()] == [4, 4, 4]
    assert_consistent()


def test_total_is_required_where_the_screen_has_no_plan(add, admin_client, evening):
    body = new_show(200)
    del body["total_seats"]
    response = add(200, total_seats=None)
    assert_invalid(response, "total_seats")
    page = reverse("admin:shows_show_add")
    html = admin_client.post(
        page, show_form(evening, total_seats="", date_time_0="2040-01-02")
    ).content.decode()
    assert "Studio has no seating plan. Enter its number of seats." in html
    assert Show.objects.count() == 1
