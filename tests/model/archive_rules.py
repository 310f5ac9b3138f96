"""Rules for time that passes until shows are archived by `manage.py archive_shows`."""

import io

from django.core.management import call_command
from hypothesis import strategies as st
from hypothesis.stateful import rule

from tests.model.cinema_model import DAY
from tests.model.state_machine import MOSTLY_TRUE, CinemaStateMachine


class ArchiveRules(CinemaStateMachine):
    # No show ends just one day before a sum of these, so no step happens just when it can be archived.
    @rule(waited_days=st.sampled_from([0, 2, 30]), keep_bookings=MOSTLY_TRUE, replace=MOSTLY_TRUE)
    def archive_shows(self, waited_days, keep_bookings, replace):
        self.advance_clock(waited_days * DAY)
        shows, seats, bookings = self.model.archive(1, delete=not keep_bookings)
        output = io.StringIO()
        call_command("archive_shows", days=1, delete=not keep_bookings, stdout=output, stderr=io.StringIO())
        counts = f"{plural(shows, 'show')} that ended more than 1 day ago"
        if keep_bookings:
            assert output.getvalue() == f"Removed {plural(seats, 'seat')} of {counts}. Their bookings stay.\n"
        else:
            with_rows = f"with {plural(seats, 'seat')} and {plural(bookings, 'booking')}"
            assert output.getvalue() == f"Deleted {counts}, {with_rows}.\n"
        for name, pk in self.show_ids.items():
            if replace and (pk not in self.model.shows or self.model.shows[pk].is_archived):
                self.create_show(name, "Screen 1", len(self.model.plans.get("Screen 1", range(5))), 10**6)


def plural(count, name):
    return f"{count} {name}{'s' * (count != 1)}"
