"""A screen has one spelling of its name, with at least one visible character."""

import re
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.urls import reverse

from cinema.seats.models import SeatingPlan
from cinema.shows.models import Show
from tests.admin_forms import show_form
from tests.assertions import assert_consistent, assert_invalid, assert_problem
from tests.factories import BookingFactory, ShowFactory
from tests.shows.evening import SEVEN, at

pytestmark = pytest.mark.django_db


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
