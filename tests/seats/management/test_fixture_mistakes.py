"""A fixture with a mistake loads nothing, on either database, and one line says where the mistake is."""

import io
import json
import subprocess
import sys

import pytest
from django.core.management import CommandError, call_command
from django.db import transaction

from cinema.seats.models import Booking, Seat
from cinema.shows.models import Movie, Show
from tests.assertions import assert_consistent
from tests.factories import ShowFactory
from tests.live_server import ROOT, environment
from tests.seats.management.fixture_rows import MOVIE, SHOW, live_booking, seat
from tests.selection import first_by_default

pytestmark = pytest.mark.django_db


def with_fields(row, **fields):
    return row | {"fields": row["fields"] | fields}


def without_pk(row):
    return {name: value for name, value in row.items() if name != "pk"}


@pytest.fixture
def load(tmp_path):
    """Loads a file; returns the error message, or None."""

    def load(content, name="fixture.json"):
        path = tmp_path / name
        path.write_text(content if isinstance(content, str) else json.dumps(content))
        try:
            with transaction.atomic():
                call_command("loaddata", path, verbosity=0)
        except CommandError as error:
            message = str(error)
        else:
            return None
        assert not Movie.objects.exists()
        assert not Show.objects.exists()
        assert len(message.splitlines()) == 1
        return message

    return load


def test_show_without_pk_gets_its_seats_and_its_version(load, as_alice):
    assert load([MOVIE, without_pk(SHOW)]) is None
    show = Show.objects.get()
    assert show.seats.count() == 12
    assert as_alice.post(f"/shows/{show.pk}/book/", {"seat_number": 3}).status_code == 201
    assert_consistent()


AREA = {"text": "Stage", "x": 0, "y": 0, "width": 9.5, "height": 1}
LAYOUT = {"front": "top", "areas": [AREA], "zones": [], "pitch": 1}


def layout(content):
    return {"model": "seats.showlayout", "pk": 7, "fields": {"layout": content}}


MISTAKES = [
    (with_fields(SHOW, total_seats=12.5), "shows.show 7, field total_seats: Must be a whole number, not 12.5."),
    (with_fields(SHOW, total_seats=True), "shows.show 7, field total_seats: Must be a whole number, not true."),
    (
        with_fields(SHOW, total_seats="many"),
        'shows.show 7, field total_seats: Must be a whole number, not "many".',
    ),
    (with_fields(SHOW, total_seats="1_2"), "shows.show 7, field total_seats: Must be a whole number"),
    (with_fields(SHOW, total_seats=2**31), "shows.show 7, field total_seats: Must be between 0 and 2147483647"),
    (with_fields(SHOW, total_seats=None), "shows.show 7, field total_seats: This field cannot be null."),
    (with_fields(SHOW, movie=99), "shows.show 7, field movie: There is no shows.movie 99."),
    (with_fields(SHOW, movie=None), "shows.show 7, field movie: Is required."),
    (with_fields(SHOW, movie=True), "shows.show 7, field movie: Must be a whole number, not true."),
    (with_fields(SHOW, movie=2**70), "shows.show 7, field movie: Must be between"),
    (with_fields(SHOW, screen_name=5), "shows.show 7, field screen_name: Must be a text, not 5."),
    (
        with_fields(SHOW, screen_name="x" * 101),
        "shows.show 7, field screen_name: Ensure this value has at most 100",
    ),
    (
        with_fields(SHOW, screen_name="a\0b"),
        "shows.show 7, field screen_name: Must not contain a NUL character.",
    ),
    (
        with_fields(SHOW, date_time=20300101),
        "shows.show 7, field date_time: Must be a date and time, not 20300101.",
    ),
    (with_fields(SHOW, date_time="soon"), "shows.show 7, field date_time: “soon” value has an invalid format"),
    (
        with_fields(SHOW, date_time="9999-12-31T23:59:59-12:00"),
        "shows.show 7, field date_time: Must be between the years 1 and 9999",
    ),
    (with_fields(SHOW, color="red"), "shows.show 7, field color: There is no such field."),
    (with_fields(without_pk(SHOW), total_seats=0.5), "shows.show without pk, field total_seats"),
    (SHOW | {"pk": 7.5}, "shows.show 7.5, field id: Must be a whole number, not 7.5."),
    (SHOW | {"pk": 2**63}, "field id: Must be between"),
    (with_fields(MOVIE, title="a\0b"), "shows.movie 1, field title: Must not contain a NUL character."),
    (with_fields(MOVIE, title=""), "shows.movie 1, field title: This field cannot be blank."),
    (with_fields(MOVIE, duration_minutes=10_001), "shows.movie 1, field duration_minutes: Ensure"),
    (seat(1, x=float("nan")), "seats.seat [7, 1], field x: Must be a finite number"),
    (seat(1, y=float("inf")), "seats.seat [7, 1], field y: Must be a finite number"),
    (seat(1, x="1"), "seats.seat [7, 1], field x: Must be a number"),
    (seat(1, taken=1), "seats.seat [7, 1], field taken: Must be true or false, not 1."),
    (seat(1, label=None), "seats.seat"),
    (seat(1, label="x" * 201), "field label: Ensure this value has at most 200 characters"),
    ({"model": "seats.seatingplan", "pk": "S", "fields": {"plan": "A | x"}}, "field plan: line 1, column 5"),
    ({"model": "seats.seatingplan", "pk": "S", "fields": {"plan": {"name": "a\0b"}}}, "NUL"),
    (
        {"model": "auth.user", "pk": 5, "fields": {"username": "no name", "password": "!"}},
        "auth.user 5, field username",
    ),
    (
        {"model": "auth.user", "pk": 5, "fields": {"username": "x" * 151, "password": "!"}},
        "field username: Ensure",
    ),
    (
        {"model": "auth.user", "pk": 5, "fields": {"username": "ALICE", "password": "!"}},
        "auth.user 5, field username: Another user has this name.",
    ),
    (
        {"model": "auth.user", "pk": 5, "fields": {"username": "c", "password": "!", "groups": 9}},
        "auth.user 5, field groups: Must be a list, not 9.",
    ),
    (
        {"model": "auth.user", "pk": 5, "fields": {"username": "c", "password": "!", "groups": ["x"]}},
        'auth.user 5, field groups: Must be a whole number, not "x".',
    ),
    (
        {"model": "auth.user", "pk": 5, "fields": {"username": "c", "password": "!", "groups": [9]}},
        "auth.user 5, field groups: There is no auth.group 9.",
    ),
    (
        {"model": "auth.user", "pk": 5, "fields": {"username": "c", "password": "!", "groups": [["G"]]}},
        'auth.user 5, field groups: There is no auth.group [["G"]].',
    ),
    (
        {"model": "auth.user", "pk": 5, "fields": {"username": "c", "password": "!" * 129}},
        "auth.user 5, field password: Ensure this value has at most 128 characters (it has 129).",
    ),
    (
        {"model": "contenttypes.contenttype", "pk": 5, "fields": {"app_label": "x" * 101, "model": "y"}},
        "contenttypes.contenttype 5, field app_label: Ensure this value has at most 100 characters",
    ),
    (
        {"model": "auth.permission", "pk": 5, "fields": {"content_type": ["a", "b"], "codename": "c"}},
        'auth.permission 5, field content_type: There is no contenttypes.contenttype ["a", "b"]. It must come',
    ),
    (seat(1) | {"pk": [7, 1.5]}, "seats.seat [7, 1.5], field pk: Must be a whole number, not 1.5."),
    (seat(1) | {"pk": [7, None]}, "seats.seat [7, null], field pk: Must not be null."),
    (with_fields(seat(1), number=2), "seats.seat [7, 1], field number: Differs from the primary key."),
    (with_fields(seat(1), show=8), "seats.seat [7, 1], field show: Differs from the primary key."),
    (layout([1]), "seats.showlayout 7, field layout: Must be an object with front, areas, zones, pitch."),
    (layout(LAYOUT | {"pitch": "1"}), "seats.showlayout 7, field layout: Must be an object with front"),
    (layout(LAYOUT | {"front": "up"}), "field layout: front: Must be top, bottom, left or right."),
    (layout(LAYOUT | {"zones": [{"name": "A"}]}), "field layout: zones: Must be objects with name, x, y."),
    (layout(LAYOUT | {"areas": [AREA | {"x": float("inf")}]}), "areas: Must be objects with text, x, y,"),
    (seat(1) | {"pk": 7}, "seats.seat 7, field pk: Must be a list of show and number, not 7."),
    (seat(1) | {"pk": [7]}, "seats.seat [7], field pk: Must be a list of show and number, not [7]."),
    ({"model": "shows.nonsense", "pk": 1, "fields": {}}, "Invalid model identifier: shows.nonsense"),
    ({"model": "shows.show", "pk": 1}, 'Not an object with "model" and "fields"'),
    ("shows.show", 'Not an object with "model" and "fields": "shows.show"'),
]


@pytest.mark.parametrize(("mistake", "message"), MISTAKES, ids=[message for _, message in MISTAKES])
def test_mistake_is_told_with_file_object_and_field(load, alice, mistake, message):
    error = load([MOVIE, SHOW, mistake])
    assert error.startswith("Nothing was loaded. ")
    assert message in error
    assert "fixture.json': " in error


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("f.json", "", "Expecting value"),
        ("f.json", '[{"model": ', "Expecting value"),
        ("f.json", "5", "not iterable"),
        ("f.json", '["\xff', "line 1"),
        ("f.jsonl", '{"model"', "Expecting ':'"),
        ("f.yaml", "- [", "expected"),
        ("f.yaml", "- model: shows.movie\n  pk: 1\n  fields: {title: A, duration_minutes: 9.5}", "not 9.5"),
        ("f.jsonl", '{"model": "shows.movie", "fields": {"title": "A", "duration_minutes": true}}', "not true"),
        ("f.xml", "<django-objects><object", "f.xml"),
    ],
)
def test_mistake_in_any_format_is_one_line(load, name, content, message):
    error = load(content, name)
    assert message in error
    assert name in error


def xml(*objects):
    """A fixture as XML of objects (model, pk, fields)."""
    texts = [
        f'<object model="{model}" pk="{pk}">'
        + "".join(f'<field name="{name}">{value}</field>' for name, value in fields.items())
        + "</object>"
        for model, pk, fields in objects
    ]
    return f"<django-objects>{''.join(texts)}</django-objects>"


GROUPS = '<object pk="9"/>'


@pytest.mark.parametrize(
    ("model", "pk", "fields", "message"),
    [
        ("shows.movie", "1", {"duration_minutes": "9.5"}, 'shows.movie "1", field duration_minutes: Must be a'),
        ("shows.movie", "x", {"title": "A"}, 'shows.movie "x", field id: Must be a whole number, not "x".'),
        ("shows.movie", "1", {"color": "red"}, 'shows.movie "1", field color: There is no such field.'),
        ("shows.show", "7", {"movie": "x"}, 'shows.show "7", field movie: Must be a whole number, not "x".'),
        ("shows.show", "7", {"date_time": "soon"}, 'shows.show "7", field date_time: “soon” value'),
        ("seats.seatingplan", "S", {"plan": "{"}, 'seats.seatingplan "S", field plan: Is not JSON'),
        ("seats.seat", "[7, 1", {"number": "1"}, 'seats.seat "[7, 1", field pk: Is not JSON'),
        ("auth.user", "5", {"is_staff": "maybe"}, 'auth.user "5", field is_staff: “maybe” value must be'),
        ("auth.user", "5", {"username": "c", "password": "!", "groups": GROUPS}, "auth.user 5, field groups: "),
    ],
)
def test_mistake_in_xml_is_told_with_file_object_and_field(load, model, pk, fields, message):
    error = load(xml((model, pk, fields)), "f.xml")
    assert f"f.xml': {message}" in error


@pytest.mark.parametrize("name", ["f.json", "f.jsonl", "f.yaml", "f.xml"])
def test_reference_to_nothing_is_told_with_file_object_and_field(load, name):
    objects = [MOVIE, with_fields(SHOW, movie=99)]
    if name == "f.xml":
        content = xml(*((node["model"], node["pk"], node["fields"]) for node in objects))
    else:
        content = "\n".join(map(json.dumps, objects)) if name == "f.jsonl" else json.dumps(objects)
    assert f"{name}': shows.show 7, field movie: There is no shows.movie 99." in load(content, name)


def test_file_of_several_that_has_the_mistake_is_told(tmp_path):
    files = tmp_path / "first.json", tmp_path / "second.json", tmp_path / "third.json"
    for file, objects in zip(files, ([MOVIE], [with_fields(SHOW, movie=99)], [MOVIE]), strict=True):
        file.write_text(json.dumps(objects))
    with pytest.raises(CommandError, match=r"second\.json': shows\.show 7, field movie"), transaction.atomic():
        call_command("loaddata", *files, verbosity=0)
    assert not Show.objects.exists()


def test_references_are_checked_after_the_last_file(tmp_path):
    show, movie, replaced = tmp_path / "show.json", tmp_path / "movie.json", tmp_path / "replaced.json"
    show.write_text(json.dumps([SHOW]))
    movie.write_text(json.dumps([MOVIE]))
    replaced.write_text(json.dumps([with_fields(SHOW, movie=99)]))
    call_command("loaddata", replaced, show, movie, show, verbosity=0)
    assert Show.objects.get().movie_id == MOVIE["pk"]


def test_file_that_cannot_be_opened_is_told(load):
    assert "f.json.zip': File is not a zip file" in load("nonsense", "f.json.zip")


def test_inconsistent_bookings_are_told_with_file_show_and_seat(load, alice):
    bookings = [live_booking(alice, seat_number=number) | {"pk": number} for number in (98, 99)]
    assert load([MOVIE, SHOW, *bookings]).endswith(
        "fixture.json': show 7, seat 98: has a live booking but does not exist. 1 more inconsistency like this."
    )


def test_label_of_another_existing_seat_is_told_with_file_show_and_seat(tmp_path):
    show = ShowFactory()
    path = tmp_path / "seat.json"
    path.write_text(
        json.dumps([seat(13, label="A1") | {"pk": [show.pk, 13]}]).replace('"show": 7', f'"show": {show.pk}')
    )
    message = rf"seat\.json': show {show.pk}, seat 1: Another seat has its label A1\."
    with pytest.raises(CommandError, match=message), transaction.atomic():
        call_command("loaddata", path, verbosity=0)


def test_layout_is_loaded(load, anyone):
    assert load([MOVIE, SHOW, layout(LAYOUT)]) is None
    assert anyone.get("/shows/7/seats/").json()["layout"].items() >= LAYOUT.items()


def test_time_without_a_zone_is_utc(load):
    assert load([MOVIE, with_fields(SHOW, date_time="2030-01-01T18:00:00")]) is None
    assert Show.objects.get().date_time.isoformat() == "2030-01-01T18:00:00+00:00"


def test_booking_of_an_unknown_user_is_told(load):
    class Nobody:
        pk = 99

    error = load([MOVIE, SHOW, live_booking(Nobody)])
    assert error.endswith("fixture.json': seats.booking 1, field user: There is no auth.user 99.")
    assert not Booking.objects.exists()
    assert not Seat.objects.exists()


def test_booking_of_an_unknown_username_is_told(load, alice):
    booking = with_fields(live_booking(alice), user=["nobody"])
    message = 'seats.booking 1, field user: There is no auth.user ["nobody"].'
    assert load([MOVIE, SHOW, booking]).endswith(f"fixture.json': {message}")


def test_mistake_on_standard_input_is_told(monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.StringIO(json.dumps([MOVIE, with_fields(SHOW, total_seats=1.5)])))
    with pytest.raises(CommandError, match="field total_seats: Must be a whole number"):
        call_command("loaddata", "-", format="json", verbosity=0)


@pytest.mark.parametrize(
    "command",
    first_by_default(
        [
            "loaddata demo",
            "load_demo",
            "check_seats",
            "lay_out_seats",
            "import_plan fixtures/halls/box.txt --screen A",
        ]
    ),
)
def test_command_on_a_database_that_is_not_migrated_says_so_in_one_line(tmp_path, command):
    result = subprocess.run(
        [sys.executable, "manage.py", *command.split()],
        cwd=ROOT,
        env=environment(DATABASE_URL=f"sqlite:///{tmp_path}/empty.sqlite3"),
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert result.returncode == 1
    assert "The database is not migrated. Run `manage.py migrate` first." in result.stderr
    assert len(result.stderr.splitlines()) == 1
