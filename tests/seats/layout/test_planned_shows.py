"""Shows on a screen with a seating plan get the seats of the plan; `import_plan` stores plans."""

import json
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.exceptions import ValidationError as DjangoValidationError
from django.core.management import CommandError, call_command
from django.urls import reverse
from rest_framework.exceptions import ValidationError

from cinema.seats.models import SeatingPlan
from cinema.shows.models import Show
from tests.assertions import assert_consistent, assert_invalid, assert_problem
from tests.factories import BookingFactory, MovieFactory, ShowFactory
from tests.seats.plan_samples import PLAN, TEXT, changed, guids, without


def test_show_on_a_planned_screen_gets_the_seats_of_the_plan(plan, anyone):
    show = ShowFactory(screen_name="Screen 1", total_seats=6)
    body = anyone.get(f"/shows/{show.pk}/seats/").json()
    assert [seat["label"] for seat in body["seats"]] == [place.label for place in plan.places()]
    assert [(seat["x"], seat["y"]) for seat in body["seats"]] == [(place.x, place.y) for place in plan.places()]
    assert body["layout"] == {
        "width": 175,
        "height": 200,
        "categories": [{"name": "Stalls", "color": "#cc3333"}, {"name": "Balcony", "color": "#33cc33"}],
        "front": "top",
        "areas": [],
        "zones": [{"name": "Ground floor", "x": 100, "y": 50}, {"name": "Balcony", "x": 100, "y": 200}],
        "pitch": 25,
    }
    assert_consistent()


def test_total_that_differs_from_the_plan_is_rejected_by_orm_api_admin_and_loaddata(
    plan, as_staff, admin_client, tmp_path
):
    with pytest.raises(ValidationError, match="has 6 seats by its seating plan, not 7"):
        ShowFactory(screen_name="Screen 1", total_seats=7)
    movie = MovieFactory()
    show = {"screen_name": "Screen 1", "date_time": "2030-01-01T18:00:00Z", "total_seats": 7}
    body = assert_invalid(as_staff.post(f"/movies/{movie.pk}/shows/", show), "total_seats")
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
    with pytest.raises(CommandError, match="the seating plan of its screen has 6"):
        call_command("loaddata", str(fixture), verbosity=0)
    assert_consistent()


def test_show_on_a_screen_whose_stored_plan_has_faults_is_rejected(as_staff):
    # `bulk_create` does not call `save`, which checks plans.
    SeatingPlan.objects.bulk_create([SeatingPlan(screen_name="S", plan=changed("zones.0.position", 7))])
    show = {"screen_name": "S", "date_time": "2030-01-01T18:00:00Z", "total_seats": 6}
    path = f"/movies/{MovieFactory().pk}/shows/"
    body = assert_invalid(as_staff.post(path, show), "screen_name")
    assert "zones[0].position: must have numbers x and y" in body["detail"]
    del show["total_seats"]
    assert assert_invalid(as_staff.post(path, show), "screen_name")["errors"] == body["errors"]


def test_resize_to_a_plan_without_a_taken_seat_is_rejected(show, as_staff, alice):
    BookingFactory(user=alice, show=show, seat_number=1)
    SeatingPlan.objects.create(screen_name=show.screen_name, plan=without("a1", "c1"))
    assert_problem(as_staff.patch(f"/shows/{show.pk}/", {"total_seats": 4}), 409, "seats_in_use")
    assert show.seats.count() == 12
    assert_consistent()


def test_lay_out_seats_reports_a_show_that_does_not_fit_its_plan_and_continues(plan):
    movie = MovieFactory()
    Show.objects.bulk_create(
        ShowFactory.build(movie=movie, screen_name=screen, total_seats=7) for screen in ("Screen 1", "Screen 2")
    )
    with pytest.raises(CommandError, match="1 show could not be laid out"):
        call_command("lay_out_seats")
    assert Show.objects.get(screen_name="Screen 2").seats.count() == 7


def test_show_older_than_the_plan_keeps_its_seats_until_its_total_changes(show, as_staff):
    SeatingPlan.objects.create(screen_name=show.screen_name, plan=PLAN)
    assert as_staff.patch(f"/shows/{show.pk}/", {"date_time": "2031-01-01T00:00Z"}).status_code == 200
    assert show.seats.count() == 12
    assert as_staff.patch(f"/shows/{show.pk}/", {"total_seats": 6}).status_code == 200
    assert list(guids(show)) == ["a1", "a2", "a3", "b1", "b2", "c1"]
    assert_consistent()


def test_show_moved_to_a_planned_screen_gets_its_seats_if_the_total_fits(plan, as_staff):
    large = ShowFactory(screen_name="Studio")
    fitting = ShowFactory(screen_name="Studio", total_seats=6, date_time=large.date_time + timedelta(hours=3))
    body = assert_invalid(as_staff.patch(f"/shows/{large.pk}/", {"screen_name": "Screen 1"}), "total_seats")
    assert "6 seats by its seating plan, not 12" in body["detail"]
    assert as_staff.patch(f"/shows/{fitting.pk}/", {"screen_name": "Screen 1"}).status_code == 200
    assert list(guids(fitting)) == ["a1", "a2", "a3", "b1", "b2", "c1"]
    assert as_staff.patch(f"/shows/{fitting.pk}/", {"screen_name": "Studio"}).status_code == 200
    assert list(guids(fitting)) == ["a1", "a2", "a3", "b1", "b2", "c1"]
    assert_consistent()


def test_invalid_plan_is_rejected_by_orm_and_loaddata(db, tmp_path):
    invalid_plan = changed("zones.0.rows.1.seats.1.category", "Sofa")
    with pytest.raises(DjangoValidationError, match="no such category"):
        SeatingPlan.objects.create(screen_name="Screen 1", plan=invalid_plan)
    fixture = tmp_path / "f.json"
    row = {"model": "seats.seatingplan", "pk": "S", "fields": {"plan": invalid_plan}}
    fixture.write_text(json.dumps([row]))
    with pytest.raises(Exception, match="no such category"):
        call_command("loaddata", str(fixture), verbosity=0)
    assert not SeatingPlan.objects.exists()


def test_plan_is_stored_with_its_unknown_keys(plan):
    assert SeatingPlan.objects.get().plan == PLAN


@pytest.mark.parametrize("text", [json.dumps(PLAN), TEXT])
def test_import_plan_reads_json_and_the_text_form(db, tmp_path, capsys, text):
    file = Path(tmp_path / "plan")
    file.write_text(text)
    call_command("import_plan", str(file), screen="Screen 9")
    assert "Screen 9 has " in capsys.readouterr().out
    call_command("import_plan", str(file), screen="Screen 9")
    assert SeatingPlan.objects.count() == 1


@pytest.mark.parametrize("text", ["{}", "A | x", '{"name": "x", "categories": [], "zones": [{}]}', "\x00"])
def test_import_plan_rejects_an_invalid_plan_and_a_missing_file(db, tmp_path, text):
    file = Path(tmp_path / "plan")
    file.write_text(text)
    with pytest.raises(CommandError, match="Nothing was imported"):
        call_command("import_plan", str(file), screen="Screen 9")
    with pytest.raises(CommandError):
        call_command("import_plan", str(file) + "x", screen="Screen 9")
    assert not SeatingPlan.objects.exists()
