"""`lay_out_seats` adds the seats of shows that have none."""

import pytest
from django.core.management import CommandError, call_command

from cinema.seats.models import SeatingPlan
from cinema.shows.models import Show
from tests.assertions import assert_consistent
from tests.factories import MovieFactory, ShowFactory
from tests.seat_state import statuses_of

pytestmark = pytest.mark.django_db


def create_without_seats(*screen_names):
    """Creates shows with 7 seats in a way that sends no signals."""
    movie, date_time = MovieFactory(), ShowFactory.build().date_time
    Show.objects.bulk_create(
        Show(movie=movie, screen_name=name, date_time=date_time, total_seats=7) for name in screen_names
    )


@pytest.mark.parametrize(("screens", "shows"), [(["A"], "1 show"), (["A", "B"], "2 shows")])
def test_shows_without_seats_get_all_of_them(show, capsys, screens, shows):
    create_without_seats(*screens)
    call_command("lay_out_seats")
    assert capsys.readouterr().out == f"Added the seats of {shows}.\n"
    assert_consistent()


def test_seats_of_a_show_that_was_called_off_are_blocked(capsys):
    create_without_seats("A")
    Show.objects.update(status="cancelled")
    call_command("lay_out_seats")
    assert statuses_of(Show.objects.get()) == "b" * 7
    assert_consistent()


def test_show_that_does_not_fit_its_plan_is_reported_after_the_others_are_done(capsys):
    SeatingPlan.objects.create(screen_name="Planned", plan="A | ...")
    create_without_seats("Planned", "Other")
    with pytest.raises(CommandError) as failed:
        call_command("lay_out_seats")
    assert str(failed.value) == "1 show could not be laid out. Correct its total_seats."
    output = capsys.readouterr()
    assert output.out == "Added the seats of 1 show.\n"
    assert output.err.endswith(": Planned has 3 seats by its seating plan, not 7.\n")
    assert Show.objects.get(screen_name="Other").seats.count() == 7
