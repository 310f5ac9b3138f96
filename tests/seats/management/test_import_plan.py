"""`import_plan` saves the seating plan of a screen, and can re-layout its shows."""

import json

import pytest
from django.core.management import CommandError, call_command

from cinema.seats.models import SeatingPlan
from tests.assertions import assert_consistent
from tests.factories import ShowFactory
from tests.seats.plan_samples import rows, without

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
    file.write_text("B | x\nA | .\nA | .")
    with pytest.raises(CommandError) as refused:
        call_command("import_plan", file, "--screen", "Attic")
    first, *faults = str(refused.value).splitlines()
    assert first == "Nothing was imported. The plan has faults:"
    assert faults == [
        "line 1, column 5: unknown seat character 'x', define it with a `seat` line",
        "line 3, column 1: row A is used twice in its zone, first in line 2",
    ]
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


def test_repeated_guids_are_renewed_by_the_option_that_the_message_names(file):
    numbers = [(f"g{n}", n, n * 25) for n in range(1, 4)]
    file.write_text(json.dumps(rows(("A", numbers, 0), ("B", numbers, 30))))
    with pytest.raises(CommandError, match="Add --renew-guids to the command"):
        call_command("import_plan", file, "--screen", "Attic")
    call_command("import_plan", file, "--screen", "Attic", "--renew-guids")
    show = ShowFactory(screen_name="Attic", total_seats=6)
    guids = list(show.seats.order_by("number").values_list("guid", flat=True))
    assert guids[:3] == ["g1", "g2", "g3"]
    # Imported again, the plan has the same guids, so that a re-layout finds its seats.
    call_command("import_plan", file, "--screen", "Attic", "--renew-guids", "--relayout")
    assert list(show.seats.order_by("number").values_list("guid", flat=True)) == guids


def test_advice_on_guids_is_given_for_repeated_guids_only(file):
    file.write_text("A | x")
    with pytest.raises(CommandError) as refused:
        call_command("import_plan", file, "--screen", "Attic")
    assert "--renew-guids" not in str(refused.value)
