"""Rules for staff who block seats, resize and move shows, and import plans: by API, admin and `manage.py`."""

import io
import tempfile

from django.core.management import call_command
from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from cinema.seats.halls.plan_json import places
from cinema.seats.halls.plan_text import read_text
from cinema.shows.models import Show
from tests.model.state_machine import SCREENS, SEAT_INDEXES, SHOW_NAMES, CinemaStateMachine

PLANS = {
    "two rows": "A | ...\nB | ...",
    "an aisle": "A | .. ..\nC | ...",
    "other rows": "seat v: VIP #c9a227\nC | vv.\nB | #...",
}
TOTALS = st.integers(1, 9)
INTERFACES = st.sampled_from(["api", "admin"])


class HallRules(CinemaStateMachine):
    @rule(
        show_name=SHOW_NAMES,
        act=st.sampled_from(["block", "unblock"]),
        seat_indexes=st.sets(SEAT_INDEXES, max_size=3),
    )
    def block_or_unblock_seats(self, show_name, act, seat_indexes):
        show = self.show_ids[show_name]
        numbers = {self.seat_number(show, index) for index in seat_indexes}
        exists = show in self.model.shows
        form = {"act": act, "seats": list(numbers), "reason": "broken"}
        self.post_admin("seats_hall_change", form, show, status=302 if exists else 404)
        if exists:
            (self.model.block if act == "block" else self.model.unblock)(show, numbers)

    @rule(show_name=SHOW_NAMES, total=TOTALS, interface=INTERFACES)
    def resize_show(self, show_name, total, interface):
        show = self.model.shows.get(self.show_ids[show_name])
        self.change_show(show_name, show.screen if show else "Screen 1", total, interface)

    @rule(show_name=SHOW_NAMES, screen=SCREENS, interface=INTERFACES)
    def move_show_to_screen(self, show_name, screen, interface):
        show = self.model.shows.get(self.show_ids[show_name])
        total = len(self.model.plans.get(screen, show.seats if show else [None]))
        self.change_show(show_name, screen, total, interface)

    def change_show(self, show_name, screen, total, interface):
        pk = self.show_ids[show_name]
        outcome = self.model.change_show(pk, screen, total)
        if interface == "api" or pk not in self.model.shows:
            response = self.staff.patch(
                f"/shows/{pk}/", {"screen_name": screen, "total_seats": total, "keep_bookings": True}
            )
            self.expect(response, outcome)
        else:
            starts = Show.objects.get(pk=pk).date_time
            form = {"movie": self.movie, "screen_name": screen, "total_seats": total, "keep_bookings": "on"}
            form |= {"date_time_0": f"{starts:%Y-%m-%d}", "date_time_1": f"{starts:%H:%M:%S}"}
            self.post_admin("shows_show_change", form, pk)

    @rule(screen=SCREENS, name=st.sampled_from(sorted(PLANS)), relayout=st.booleans())
    def import_plan(self, screen, name, relayout):
        with tempfile.NamedTemporaryFile("w", suffix=".txt") as file:
            file.write(PLANS[name])
            file.flush()
            call_command(
                "import_plan", file.name, screen=screen, relayout=relayout, verbosity=0, stdout=io.StringIO()
            )
        self.model.plans[screen] = labels(name)
        if relayout:
            self.relayout_shows(screen)

    @rule(screen=SCREENS, action=st.sampled_from(["relayout", "delete_selected"]))
    @precondition(lambda self: self.model.plans)
    def run_admin_action_on_plan(self, screen, action):
        if screen in self.model.plans:
            form = {"action": action, "_selected_action": [screen], "post": "yes"}
            self.post_admin("seats_seatingplan_changelist", form)
            if action == "delete_selected":
                del self.model.plans[screen]
            else:
                self.relayout_shows(screen)

    def relayout_shows(self, screen):
        for pk, show in self.model.shows.items():
            if show.screen == screen and not self.model.has_started(pk):
                self.model.relayout(show, self.model.plans[screen])


def labels(name):
    return [place.label for place in places(read_text(PLANS[name]))]
