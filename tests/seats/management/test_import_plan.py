"""`import_plan` saves the seating plan of a screen, and can re-layout its shows."""

import json

import pytest
from django.core.management import CommandError, call_command

from cinema.seats.models import SeatingPlan
from tests.assertions import assert_consistent
from tests.factories import ShowFactory
from tests.seats.plan_samples import without

pytestmark = pytest.mark.django_db


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "plan.json"
    path.write_text(json.dumps(without("c1")))
    return path


def test_output_says_how_many_seats_the_plan_has(file, capsys):
    call_command("import_plan", file, "--screen", "Attic")
    assert capsys.readouterr().out == "The seating plan of Attic has 5 seats.\n"
    file.write_text("A | .")
    call_command("import_plan", file, "--screen", "Attic")
    assert capsys.readouterr().out == "The seating plan of Attic has 1 seat.\n"


def test_faults_of_the_plan_are_printed_one_a_line(file):
    file.write_text("A | x\nA | .\nA | .")
    with pytest.raises(CommandError) as refused:
        call_command("import_plan", file, "--screen", "Attic")
    first, *faults = str(refused.value).splitlines()
    assert first == "Nothing was imported. The plan has faults:"
    assert len(faults) == 2
    assert not SeatingPlan.objects.exists()


def test_screen_name_that_is_too_long_is_rejected(file):
    with pytest.raises(CommandError, match="Ensure this value has at most 100 characters"):
        call_command("import_plan", file, "--screen", "x" * 101)
    assert not SeatingPlan.objects.exists()


@pytest.mark.parametrize("option", ["--relayout", "--relay"])
def test_upcoming_shows_are_laid_out_again_with_either_name_of_the_option(plan, file, capsys, option):
    coming = ShowFactory(screen_name="Screen 1", total_seats=6)
    begun = ShowFactory(screen_name="Screen 1", total_seats=6, begun=True)
    call_command("import_plan", file, "--screen", "Screen 1", option)
    assert f"{coming}: 0 added, 0 moved, 1 removed, 0 kept" in capsys.readouterr().out
    assert (coming.seats.count(), begun.seats.count()) == (5, 6)
    assert_consistent()


def test_existing_shows_keep_their_seats_without_the_option(plan, file):
    show = ShowFactory(screen_name="Screen 1", total_seats=6)
    call_command("import_plan", file, "--screen", "Screen 1")
    assert show.seats.count() == 6
