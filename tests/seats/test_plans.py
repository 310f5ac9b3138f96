"""Seating plans: read, refused with the path of the fault, laid out, drawn, and re-laid."""

import copy
import json
from pathlib import Path

import pytest
from django.contrib.auth.models import Permission
from django.core.exceptions import ValidationError as DjangoValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.urls import reverse
from rest_framework.exceptions import ValidationError

from cinema.seats import services
from cinema.seats.models import Booking, Seat, SeatingPlan
from cinema.seats.plan_text import read_text
from cinema.seats.plans import PlanError, places, read_json
from cinema.seats.relay import relay
from cinema.seats.seat_map import seat_map
from cinema.shows.models import Show
from tests.asserts import assert_agreement, assert_invalid, assert_problem
from tests.factories import BookingFactory, MovieFactory, ShowFactory
from tests.server import ROOT


def seat(guid, number, x, **more):
    return {
        "seat_guid": guid,
        "seat_number": number,
        "position": {"x": x, "y": 0},
        "category": "Stalls",
        "uuid": "5f7c",
        "radius": 10,
    } | more


# As an editor writes it: keys that we don't know, and positions that add up.
PLAN = {
    "name": "Small hall",
    "size": {"width": 600, "height": 400},
    "categories": [{"name": "Stalls", "color": "#cc3333"}, {"name": "Balcony", "color": "#33cc33"}],
    "zones": [
        {
            "name": "Ground floor",
            "zone_id": "ground",
            "position": {"x": 100, "y": 50},
            "rows": [
                {
                    "row_number": "A",
                    "row_number_position": "both",
                    "position": {"x": 0, "y": 0},
                    "seats": [seat("a1", "1", 0), seat("a2", "2", 25), seat("a3", "3", 75)],
                },
                {
                    "row_number": "B",
                    "position": {"x": 12.5, "y": 30},
                    "seats": [seat("b1", "1", 0, category=""), seat("b2", "2", 25, accessible=True)],
                },
            ],
            "areas": [{"shape": "rectangle", "position": {"x": 0, "y": 0}}],
        },
        {
            "name": "Balcony",
            "position": {"x": 100, "y": 200},
            "rows": [{"row_number": "A", "seats": [seat("c1", "1", 0, category="Balcony")]}],
        },
    ],
}

TEXT = """name: Studio
seat v: VIP #c9a227
seat w: Standard #4a6fa5 accessible

A | .. ..
B | ww vv

zone: Balcony
A | #
"""


@pytest.fixture
def plan(db):
    return SeatingPlan.objects.create(screen_name="Screen 1", plan=PLAN)


def changed(path, value):
    """The plan with something at a path like `zones.0.rows.0` put in, or taken out."""
    plan = copy.deepcopy(PLAN)
    *way, last = [int(step) if step.isdecimal() else step for step in path.split(".")]
    inner = plan
    for step in way:
        inner = inner[step]
    if value is None:
        del inner[last]
    else:
        inner[last] = value
    return plan


def guids(show):
    return dict(Seat.objects.filter(show=show).order_by("number").values_list("guid", "number"))


# --- reading ------------------------------------------------------------------------


def test_seats_are_numbered_in_the_plans_order_and_positions_add_up():
    read = places(PLAN)
    assert [(p.number, p.guid, p.row, p.column) for p in read] == [
        (1, "a1", "A", 1),
        (2, "a2", "A", 2),
        (3, "a3", "A", 3),
        (4, "b1", "B", 1),
        (5, "b2", "B", 2),
        (6, "c1", "A", 1),
    ]
    assert [(p.x, p.y) for p in read[2:5]] == [(175, 50), (112.5, 80), (137.5, 80)]
    assert [(p.category, p.color) for p in read[2:4]] == [("Stalls", "#cc3333"), ("", "#4a6fa5")]
    assert [p.accessible for p in read] == [False, False, False, False, True, False]


def test_tables_without_names_are_called_by_their_order():
    table = {"position": {"x": 0, "y": 0}, "row_number": ""}
    plan = {
        "name": "Dinner",
        "categories": None,
        "zones": [
            {
                "name": "Saal",
                "rows": [
                    table | {"seats": [seat(f"{t}-{n}", str(n), n, category=None) for n in (1, 2)]}
                    for t in (1, 2)
                ],
            },
            {"name": "Bar", "areas": [{"shape": "circle"}]},
        ],
    }
    assert [p.label for p in places(plan)] == ["1-1", "1-2", "2-1", "2-2"]
    plan["zones"].append(
        plan["zones"][0] | {"rows": [table | {"seats": [seat("x", "1", 9, category=None)] * 1}] * 1}
    )
    assert len({p.label for p in places(plan)}) == 5


def test_a_plan_left_of_nothing_begins_at_nothing():
    moved = changed("zones.0.position", {"x": -500, "y": -80})
    read = places(moved)
    assert min(p.x for p in read) == min(p.y for p in read) == 0
    assert read[1].x - read[0].x == 25


def test_labels_that_would_be_the_same_are_told_apart_by_the_zone():
    ground = [f"Ground floor {label}" for label in ("A1", "A2", "A3", "B1", "B2")]
    assert [p.label for p in places(PLAN)] == [*ground, "Balcony A1"]
    assert [p.label for p in places(without("c1"))] == ["A1", "A2", "A3", "B1", "B2"]


@pytest.mark.parametrize(
    ("row", "number", "label"),
    [
        ("C", "7", "C7"),
        ("1", "12", "1-12"),
        ("", "12", "2-12"),
        ("Row A", "3", "Row A3"),
        ("C", "", "4"),
        (3, 4, "3-4"),
    ],
)
def test_a_seat_is_called_by_its_row_and_number(row, number, label):
    plan = changed("zones.0.rows.1.row_number", row)
    plan["zones"][0]["rows"][1]["seats"] = [seat("b1", number, 0)]
    plan["zones"].pop()
    assert places(plan)[3].label == label


@pytest.mark.parametrize("color", ["red", "#fff", "rgb(10, 20, 30)", "hsl(120 50% 50% / 0.5)"])
def test_any_colour_of_css_will_do(color):
    assert places(changed("categories.0.color", color))[0].color == color


@pytest.mark.parametrize(
    ("path", "value", "fault"),
    [
        ("name", ["x"], "name: must be a text"),
        ("categories", 7, "categories: must be a list"),
        ("categories.0.name", None, "categories[0].name: must be a text"),
        ("categories.1.name", "Stalls", "categories[1].name: Stalls is there twice"),
        ("categories.0.color", 'red" onload="x', "categories[0].color: must be like #4a6fa5"),
        ("zones", {}, "zones: must be a list"),
        ("zones", [], "zones: must have 1 to 100000 seats, not 0"),
        ("zones.0", 7, "zones[0]: must be an object"),
        ("zones.0.position.x", "1", "zones[0].position: must be numbers x and y"),
        ("zones.1.rows", 7, "zones[1].rows: must be a list"),
        ("zones.0.rows.1.seats", None, "zones[0].rows[1].seats: must be a list"),
        ("zones.0.rows.1.seats.0.seat_guid", None, "zones[0].rows[1].seats[0].seat_guid: must be a text"),
        ("zones.0.rows.1.seats.0.seat_guid", "a1", "zones[0].rows[1].seats[0].seat_guid: a1 is there twice"),
        ("zones.0.rows.1.seats.1.category", "Sofa", "zones[0].rows[1].seats[1].category: no such category"),
        ("zones.0.rows.1.seats.1.seat_number", [1], "zones[0].rows[1].seats[1].seat_number: must be a text"),
        ("zones.0.rows.1.row_number", "x" * 61, "zones[0].rows[1].row_number: must have at most 60 characters"),
        ("zones.0.rows.1.seats.1.position.y", True, "zones[0].rows[1].seats[1].position: must be numbers"),
        ("zones.0.rows.1.seats.1.accessible", "yes", "zones[0].rows[1].seats[1].accessible: must be true"),
        ("zones.0.name", "a\x00b", "zones[0].name: has a character that can't be kept"),
        ("zones.0.uuid", "\ud800", "zones[0].uuid: has a character that can't be kept"),
        ("zones.0.zoom", float("inf"), "zones[0].zoom: must be a number"),
    ],
)
def test_a_bad_plan_is_refused_with_the_path_of_the_fault(path, value, fault):
    with pytest.raises(PlanError) as refused:
        places(changed(path, value))
    assert any(line.startswith(fault) for line in refused.value.faults), refused.value.faults


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "7", '{"a": NaN}', "[" * 50_000, '{"zones":' * 400 + "1" + "}" * 400]
)
def test_what_is_no_plan_is_refused(text):
    with pytest.raises(PlanError):
        read_json(text)


def test_the_text_form_draws_a_hall():
    read = places(read_text(TEXT))
    assert [p.label for p in read] == ["A1", "A2", "A3", "A4", "B1", "B2", "B3", "B4", "Balcony A1"]
    assert [(p.x, p.y) for p in read] == [
        *((1, 1), (2, 1), (4, 1), (5, 1)),
        *((1, 2), (2, 2), (4, 2), (5, 2), (1, 4)),
    ]
    assert [p.category for p in read[4:8]] == ["Standard", "Standard", "VIP", "VIP"]
    assert [p.number for p in read if p.accessible] == [5, 6, 9]
    assert len({p.guid for p in read}) == 9


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("A | ..\nA | ..", "line 2: there is a row A already"),
        ("", "there is nothing in it"),
        ("A | ..x", "line 1: there is no kind of seat 'x'"),
        ("name: Hall\nseats!", "line 2: not one of"),
        ("name: Hall", "zones: must have 1 to"),
    ],
)
def test_a_bad_text_is_refused_with_its_line(text, fault):
    with pytest.raises(PlanError, match=fault.replace("|", ".")):
        read_text(text)


@pytest.mark.parametrize("name", ["box", "studio", "grand-hall"])
def test_the_halls_that_come_along_are_good(name):
    drawn = (ROOT / "fixtures" / "halls" / f"{name}.txt").read_text()
    read = places(read_text(drawn))
    demo = json.loads((ROOT / "fixtures" / "demo.json").read_text())
    assert drawn in [row["fields"]["plan"] for row in demo if row["model"] == "seats.seatingplan"]
    assert len({p.label for p in read}) == len(read) == {"box": 8, "studio": 24, "grand-hall": 1440}[name]


# --- laying out ---------------------------------------------------------------------


def test_a_show_on_the_screen_is_laid_out_after_the_plan(plan, anyone):
    show = ShowFactory(screen_name="Screen 1", total_seats=6)
    body = anyone.get(f"/shows/{show.pk}/seats/").json()
    assert [row["label"] for row in body["seats"]] == [place.label for place in plan.places()]
    assert [(row["x"], row["y"]) for row in body["seats"]] == [(place.x, place.y) for place in plan.places()]
    assert body["layout"] == {
        "width": 175,
        "height": 200,
        "categories": [{"name": "Stalls", "color": "#cc3333"}, {"name": "Balcony", "color": "#33cc33"}],
    }
    assert_agreement()


def test_another_total_is_refused_at_every_door(plan, as_staff, admin_client, tmp_path):
    with pytest.raises(ValidationError, match="has 6 seats by its seating plan, not 7"):
        ShowFactory(screen_name="Screen 1", total_seats=7)
    movie = MovieFactory()
    hall = {"screen_name": "Screen 1", "date_time": "2030-01-01T18:00:00Z", "total_seats": 7}
    body = assert_invalid(as_staff.post(f"/movies/{movie.pk}/shows/", hall), "total_seats")
    assert "6 seats by its seating plan" in body["detail"]
    form = {
        "movie": movie.pk,
        "screen_name": "Screen 1",
        "date_time_0": "2030-01-01",
        "date_time_1": "18:00",
        "total_seats": 7,
    }
    page = admin_client.post(reverse("admin:shows_show_add"), form, follow=True).content.decode()
    assert "6 seats by its seating plan" in page
    fixture = tmp_path / "f.json"
    fields = {"movie": movie.pk, "screen_name": "Screen 1", "date_time": "+1d 18:00", "total_seats": 7}
    fixture.write_text(json.dumps([{"model": "shows.show", "pk": 1, "fields": fields}]))
    with pytest.raises(CommandError, match="6 by its seating plan"):
        call_command("loaddata", str(fixture), verbosity=0)
    assert_agreement()


def test_a_total_with_a_sold_seat_beyond_the_plan_is_refused(show, as_staff, alice):
    BookingFactory(user=alice, show=show, seat_number=1)
    SeatingPlan.objects.create(screen_name=show.screen_name, plan=without("a1", "c1"))
    assert_problem(as_staff.patch(f"/shows/{show.pk}/", {"total_seats": 4}), 409, "seats_in_use")
    assert show.seats.count() == 12
    assert_agreement()


def test_lay_out_seats_says_which_shows_do_not_fit_and_goes_on(plan, capsys):
    movie = MovieFactory()
    when = ShowFactory.date_time.evaluate(None, None, None)
    Show.objects.bulk_create(
        Show(movie=movie, screen_name=screen, date_time=when, total_seats=7)
        for screen in ("Screen 1", "Screen 2")
    )
    with pytest.raises(CommandError, match="1 could not be laid out"):
        call_command("lay_out_seats")
    assert Show.objects.get(screen_name="Screen 2").seats.count() == 7


def test_an_older_show_of_the_screen_stays_as_it_is(show, as_staff):
    SeatingPlan.objects.create(screen_name=show.screen_name, plan=PLAN)
    assert as_staff.patch(f"/shows/{show.pk}/", {"date_time": "2031-01-01T00:00Z"}).status_code == 200
    assert show.seats.count() == 12
    assert as_staff.patch(f"/shows/{show.pk}/", {"total_seats": 6}).status_code == 200
    assert list(guids(show)) == ["a1", "a2", "a3", "b1", "b2", "c1"]
    assert_agreement()


def test_a_show_that_moves_to_the_screen_is_relaid_or_refused(plan, as_staff, alice):
    other, fitting = ShowFactory(screen_name="Studio"), ShowFactory(screen_name="Studio", total_seats=6)
    body = assert_invalid(as_staff.patch(f"/shows/{other.pk}/", {"screen_name": "Screen 1"}), "total_seats")
    assert "6 seats by its seating plan, not 12" in body["detail"]
    assert as_staff.patch(f"/shows/{fitting.pk}/", {"screen_name": "Screen 1"}).status_code == 200
    assert list(guids(fitting)) == ["a1", "a2", "a3", "b1", "b2", "c1"]
    assert as_staff.patch(f"/shows/{fitting.pk}/", {"screen_name": "Studio"}).status_code == 200
    assert list(guids(fitting)) == ["a1", "a2", "a3", "b1", "b2", "c1"]
    assert_agreement()


def test_a_bad_plan_is_kept_by_no_door(db, tmp_path):
    bad = changed("zones.0.rows.1.seats.1.category", "Sofa")
    with pytest.raises(DjangoValidationError, match="no such category"):
        SeatingPlan.objects.create(screen_name="Screen 1", plan=bad)
    fixture = tmp_path / "f.json"
    row = {"model": "seats.seatingplan", "pk": "S", "fields": {"plan": bad}}
    fixture.write_text(json.dumps([row]))
    with pytest.raises(Exception, match="no such category"):
        call_command("loaddata", str(fixture), verbosity=0)
    assert not SeatingPlan.objects.exists()


def test_unknown_keys_are_kept(plan):
    assert SeatingPlan.objects.get().plan == PLAN


# --- importing ----------------------------------------------------------------------


@pytest.mark.parametrize("text", [json.dumps(PLAN), TEXT])
def test_the_command_imports_either_form(db, tmp_path, capsys, text):
    file = Path(tmp_path / "plan")
    file.write_text(text)
    call_command("import_plan", str(file), screen="Screen 9")
    assert "Screen 9 has " in capsys.readouterr().out
    call_command("import_plan", str(file), screen="Screen 9")
    assert SeatingPlan.objects.count() == 1


@pytest.mark.parametrize("text", ["{}", "A | x", '{"name": "x", "categories": [], "zones": [{}]}', "\x00"])
def test_the_command_refuses_a_bad_one(db, tmp_path, text):
    file = Path(tmp_path / "plan")
    file.write_text(text)
    with pytest.raises(CommandError, match="Nothing was imported"):
        call_command("import_plan", str(file), screen="Screen 9")
    with pytest.raises(CommandError):
        call_command("import_plan", str(file) + "x", screen="Screen 9")
    assert not SeatingPlan.objects.exists()


# --- re-laying ----------------------------------------------------------------------


def without(*gone):
    plan = copy.deepcopy(PLAN)
    for zone in plan["zones"]:
        for row in zone["rows"]:
            row["seats"] = [s for s in row["seats"] if s["seat_guid"] not in gone]
    return plan


def test_a_hall_that_nobody_has_booked_is_numbered_anew(plan):
    show = ShowFactory(screen_name="Screen 1", total_seats=6)
    version = seat_map(show)["version"]
    report = relay(show, places(without("a2")))
    assert (report.added, report.moved, report.removed, report.kept) == (0, 0, 1, [])
    assert guids(show) == {"a1": 1, "a3": 2, "b1": 3, "b2": 4, "c1": 5}
    assert Show.objects.get().total_seats == 5
    assert seat_map(show)["version"] > version
    assert_agreement()


def test_the_version_grows_though_the_seat_that_counts_most_is_gone(plan):
    show = ShowFactory(screen_name="Screen 1", total_seats=6)
    version = seat_map(show)["version"]
    relay(show, places(without("a1", "a2", "a3")))
    assert seat_map(show)["version"] > version


def test_a_taken_seat_is_never_removed_and_the_report_says_so(plan, alice):
    show = ShowFactory(screen_name="Screen 1", total_seats=6)
    BookingFactory(user=alice, show=show, seat_number=2)
    report = relay(show, places(without("a2", "c1")))
    assert report.kept == ["Ground floor A2 stays: it is taken"]
    assert guids(show)["a2"] == 2
    assert Show.objects.get().total_seats == 5
    assert show.seats.get(guid="a2").taken
    assert_agreement()


def test_a_hall_that_was_laid_out_without_its_plan_keeps_its_sold_seats_in_place(alice, bob):
    show = ShowFactory(total_seats=12)
    BookingFactory(user=alice, show=show, seat_number=1)
    drawn = places(read_text("A | ....\nB | ....\nC | ....\nD | ...."))
    report = relay(show, drawn)
    assert (report.added, report.removed, report.kept) == (4, 0, [])
    assert show.seats.values("label").distinct().count() == show.seats.count() == 16
    assert show.seats.get(label="A1").taken
    assert_agreement()


def test_people_keep_their_seats_and_numbers_where_they_can(plan, alice, bob):
    show = ShowFactory(screen_name="Screen 1", total_seats=6)
    kept = BookingFactory(user=alice, show=show, seat_number=1)
    moved = BookingFactory(user=bob, show=show, seat_number=6)
    version = seat_map(show)["version"]
    relay(show, places(without("a2", "a3")))
    kept.refresh_from_db()
    moved.refresh_from_db()
    assert show.seats.get(number=kept.seat_number).guid == "a1"
    assert kept.seat_number == 1
    assert show.seats.get(number=moved.seat_number).guid == "c1"
    assert show.seats.get(number=moved.seat_number).taken
    assert sorted(guids(show).values()) == [1, 2, 3, 4]
    assert seat_map(show)["version"] > version
    services.cancel(booking_id=moved.pk)
    assert_agreement()


def test_seats_are_added_and_moved(plan, as_alice):
    show = ShowFactory(screen_name="Screen 1", total_seats=6)
    as_alice.put(f"/shows/{show.pk}/hold/", {"seat_numbers": [4]}, format="json")
    more = changed("zones.1.position.x", 300)
    more["zones"][1]["rows"][0]["seats"].append(seat("c2", "2", 25))
    report = relay(show, places(more))
    assert (report.added, report.moved, report.removed) == (1, 1, 0)
    assert guids(show)["c2"] == 7
    assert show.seats.get(guid="c1").x == 300
    assert as_alice.get(f"/shows/{show.pk}/hold/").json()["seat_numbers"] == [4]
    assert_agreement()


def test_the_command_relays_future_shows_by_choice(plan, tmp_path, capsys):
    coming = ShowFactory(screen_name="Screen 1", total_seats=6)
    begun = ShowFactory(screen_name="Screen 1", total_seats=6, begun=True)
    file = tmp_path / "plan.json"
    file.write_text(json.dumps(without("c1")))
    call_command("import_plan", str(file), screen="Screen 1")
    assert coming.seats.count() == 6
    call_command("import_plan", str(file), screen="Screen 1", relay=True)
    assert "0 added, 0 moved, 1 removed, 0 kept" in capsys.readouterr().out
    assert (coming.seats.count(), begun.seats.count()) == (5, 6)
    assert_agreement()


# --- admin --------------------------------------------------------------------------


def test_a_plan_is_imported_in_the_admin_and_drawn(admin_client, db):
    add = reverse("admin:seats_seatingplan_add")
    admin_client.post(add, {"screen_name": "Studio", "plan": TEXT})
    plan = SeatingPlan.objects.get()
    page = admin_client.get(reverse("admin:seats_seatingplan_change", args=[plan.pk])).content.decode()
    assert "9 seats" in page
    assert page.count('<g class="seat') == 9
    assert "#c9a227" in page
    assert "style=" not in page[page.index("<svg") : page.index("</svg>")]
    assert b"9" in admin_client.get(reverse("admin:seats_seatingplan_changelist")).content


def test_a_plan_is_previewed_before_it_is_saved(admin_client, db):
    add = reverse("admin:seats_seatingplan_add")
    page = admin_client.post(add, {"screen_name": "Studio", "plan": TEXT, "_preview": "1"}).content.decode()
    assert page.count('<g class="seat') == 9
    assert "Not saved yet" in page
    assert "seat v: VIP" in page
    assert not SeatingPlan.objects.exists()


def test_a_plan_is_uploaded_as_a_file(admin_client, db):
    file = SimpleUploadedFile("plan.json", json.dumps(PLAN).encode())
    admin_client.post(
        reverse("admin:seats_seatingplan_add"), {"screen_name": "Studio", "plan": "", "file": file}
    )
    assert SeatingPlan.objects.get().plan == PLAN
    add = reverse("admin:seats_seatingplan_add")
    broken = SimpleUploadedFile("plan.json", b"\xff\xfe")
    form = {"screen_name": "Other", "plan": "", "file": broken}
    page = admin_client.post(add, form).content.decode()
    assert "The file is not UTF-8." in page
    nothing = {"screen_name": "Other", "plan": ""}
    assert "Give a plan" in admin_client.post(add, nothing).content.decode()


def test_a_bad_plan_is_refused_in_the_admin_with_its_path(admin_client, plan):
    page = reverse("admin:seats_seatingplan_change", args=[plan.pk])
    bad = json.dumps(changed("zones.0.rows.1.seats.1.category", "Sofa"))
    response = admin_client.post(page, {"screen_name": "Screen 1", "plan": bad})
    assert "zones[0].rows[1].seats[1].category: no such category" in response.content.decode()
    assert SeatingPlan.objects.get().plan == PLAN


def test_shows_are_relaid_in_the_admin(admin_client, plan):
    show = ShowFactory(screen_name="Screen 1", total_seats=6)
    SeatingPlan.objects.update(plan=without("c1"))
    action = {"action": "relay", "_selected_action": [plan.pk]}
    response = admin_client.post(reverse("admin:seats_seatingplan_changelist"), action, follow=True)
    assert "1 removed" in response.content.decode()
    assert show.seats.count() == 5


class TestHall:
    """The drawn seat map of a show."""

    @pytest.fixture
    def page(self, show):
        return reverse("admin:seats_hall_change", args=[show.pk])

    def test_it_is_drawn_with_every_status(self, admin_client, page, show, alice, as_alice):
        BookingFactory(user=alice, show=show, seat_number=1)
        as_alice.put(f"/shows/{show.pk}/hold/", {"seat_numbers": [2]}, format="json")
        Seat.objects.filter(show=show, number=3).block("broken <spring>")
        html = admin_client.get(page).content.decode()
        assert "9 available, 1 taken, 1 held, 1 blocked" in " ".join(html.split())
        for status, count in (("taken", 1), ("held", 1), ("blocked", 1), ("available", 9)):
            assert html.count(f'<g class="seat {status}">') == count
        assert "broken &lt;spring&gt;" in html
        assert html.count('type="checkbox" name="seats"') == 10
        assert b"Seat maps" in admin_client.get("/admin/").content
        assert admin_client.get(reverse("admin:seats_hall_changelist")).status_code == 200

    def test_ticked_seats_are_blocked_and_given_back(self, admin_client, page, show, alice, anyone):
        BookingFactory(user=alice, show=show, seat_number=1)
        form = {"seats": ["1", "3", "4"], "act": "block", "reason": "house seats"}
        response = admin_client.post(page, form, follow=True).content.decode()
        assert "2 seats blocked." in response
        assert "1 of the ticked seats could not be blocked" in response
        assert list(Seat.objects.filter(show=show, blocked=True).values_list("number", "block_reason")) == [
            (3, "house seats"),
            (4, "house seats"),
        ]
        admin_client.post(page, {"seats": ["3"], "act": "unblock"})
        assert anyone.get(f"/shows/{show.pk}/availability/").json()["statuses"] == "taabaaaaaaaa"
        assert_agreement()

    @pytest.mark.parametrize("pk", ["abc", "9" * 30, "7_0"])
    def test_a_show_that_is_not_there_is_not_found(self, admin_client, pk):
        assert admin_client.get(f"/admin/seats/hall/{pk}/change/").status_code == 404

    def test_nonsense_changes_nothing(self, admin_client, page, show):
        admin_client.post(page, {"seats": ["1"], "act": "explode"})
        admin_client.post(page, {"seats": ["1"], "act": "block", "reason": "a\x00b"})
        assert Seat.objects.get(show=show, number=1).block_reason == "ab"
        admin_client.post(page, {"seats": ["1"], "act": "unblock"})
        admin_client.post(page, {"seats": ["x", "9" * 30, "-1", "99"], "act": "block"})
        assert not Seat.objects.filter(blocked=True).exists()
        assert admin_client.get(reverse("admin:seats_hall_change", args=[999])).status_code == 404

    def test_it_is_for_staff_with_the_permission(self, client, page, show, sam):
        client.force_login(sam)
        assert client.get(page).status_code == 403
        sam.user_permissions.add(Permission.objects.get(codename="view_hall"))
        assert 'type="checkbox"' not in client.get(page).content.decode()
        assert client.post(page, {"seats": ["1"], "act": "block"}).status_code == 403
        assert not Booking.objects.exists()
        assert not Seat.objects.filter(blocked=True).exists()
