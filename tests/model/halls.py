"""What staff do with halls, by the API, in the admin and by manage.py: block seats, resize, draw plans."""

import io
import tempfile

from django.core.management import call_command
from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from cinema.seats.halls.plan_json import places
from cinema.seats.halls.plan_text import read_text
from cinema.shows.models import Show
from tests.model.world import SCREENS, SEATS, SHOWS, World

PLANS = {
    "two rows": "A | ...\nB | ...",
    "an aisle": "A | .. ..\nC | ...",
    "other rows": "seat v: VIP #c9a227\nC | vv.\nB | #...",
}
TOTALS = st.integers(1, 9)
DOORS = st.sampled_from(["api", "admin"])


class Halls(World):
    @rule(where=SHOWS, act=st.sampled_from(["block", "unblock"]), seats=st.sets(SEATS, max_size=3))
    def blocks_or_gives_back(self, where, act, seats):
        show = self.shows[where]
        numbers = {self.number(show, seat) for seat in seats}
        there = show in self.model.shows
        form = {"act": act, "seats": list(numbers), "reason": "broken"}
        self.post("seats_hall_change", form, show, status=302 if there else 404)
        if there:
            (self.model.block if act == "block" else self.model.unblock)(show, numbers)

    @rule(where=SHOWS, total=TOTALS, by=DOORS)
    def resizes(self, where, total, by):
        show = self.model.shows.get(self.shows[where])
        self.change(where, show.screen if show else "Screen 1", total, by)

    @rule(where=SHOWS, screen=SCREENS, by=DOORS)
    def moves_to_a_screen(self, where, screen, by):
        show = self.model.shows.get(self.shows[where])
        total = len(self.model.plans.get(screen, show.seats if show else [None]))
        self.change(where, screen, total, by)

    def change(self, where, screen, total, by):
        pk = self.shows[where]
        expected = self.model.change(pk, screen, total)
        if by == "api" or pk not in self.model.shows:
            answer = self.staff.patch(f"/shows/{pk}/", {"screen_name": screen, "total_seats": total})
            self.expect(answer, expected)
        else:
            begins = Show.objects.get(pk=pk).date_time
            form = {"movie": self.movie, "screen_name": screen, "total_seats": total}
            form |= {"date_time_0": f"{begins:%Y-%m-%d}", "date_time_1": f"{begins:%H:%M:%S}"}
            self.post("shows_show_change", form, pk)

    @rule(screen=SCREENS, name=st.sampled_from(sorted(PLANS)), relay=st.booleans())
    def imports_a_plan(self, screen, name, relay):
        with tempfile.NamedTemporaryFile("w", suffix=".txt") as file:
            file.write(PLANS[name])
            file.flush()
            call_command(
                "import_plan", file.name, screen=screen, relay=relay, verbosity=0, stdout=io.StringIO()
            )
        self.model.plans[screen] = labels(name)
        if relay:
            self.relay(screen)

    @rule(screen=SCREENS, act=st.sampled_from(["relayout", "delete_selected"]))
    @precondition(lambda self: self.model.plans)
    def acts_on_a_plan(self, screen, act):
        if screen in self.model.plans:
            form = {"action": act, "_selected_action": [screen], "post": "yes"}
            self.post("seats_seatingplan_changelist", form)
            if act == "relayout":
                self.relay(screen)
            else:
                del self.model.plans[screen]

    def relay(self, screen):
        for pk, show in self.model.shows.items():
            if show.screen == screen and not self.model.begun(pk):
                self.model.relay(show, self.model.plans[screen])


def labels(name):
    return [place.label for place in places(read_text(PLANS[name]))]
