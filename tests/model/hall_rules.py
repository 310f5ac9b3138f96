"""Rules for staff who open sales, block seats, resize and move shows, and import plans.

They use the API, the admin and `manage.py`.
"""

from datetime import timedelta

from django.conf import settings
from django.utils import timezone
from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from cinema.shows.models import Show
from tests.model.plans import PLANS, import_plan
from tests.model.state_machine import SCREENS, SEAT_INDEXES, SHOW_NAMES, CinemaStateMachine

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

    # No sum of waiting times equals one of these, so no step happens just when a sale begins.
    @rule(
        show_name=SHOW_NAMES,
        opens_in_seconds=st.sampled_from([None, None, -100, 500, 10**5]),
        interface=INTERFACES,
    )
    def set_start_of_sale(self, show_name, opens_in_seconds, interface):
        pk, opens, on_sale_from = self.show_ids[show_name], None, None
        if opens_in_seconds is not None:
            opens = timezone.now() + timedelta(seconds=opens_in_seconds)
            on_sale_from = self.model.now + opens_in_seconds
        outcome = self.model.set_start_of_sale(pk, on_sale_from)
        if interface == "api" or outcome[0] == 404:
            response = self.staff.patch(f"/shows/{pk}/", {"on_sale_from": opens and opens.isoformat()})
            self.expect(response, outcome)
        else:
            self.post_show(pk, outcome, self.show_form(pk, on_sale_from=opens))

    @rule(max_seats=st.sampled_from([0, 1, 2]))
    def change_limit_of_each_buyer(self, max_seats):
        settings.BOOKING_MAX_SEATS = self.model.max_seats = max_seats

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
            form = self.show_form(pk, screen_name=screen, total_seats=total, keep_bookings="on")
            self.post_show(pk, outcome, form)

    def post_show(self, pk, outcome, form):
        """Submits the admin's form of a show. An archived show has none."""
        self.post_admin("shows_show_change", form, pk, status=403 if outcome[1] == "show_archived" else 302)

    def show_form(self, pk, **changes):
        show = Show.objects.get(pk=pk)
        form = {"movie": self.movie, "screen_name": show.screen_name, "total_seats": show.total_seats}
        form |= {"date_time": show.date_time, "on_sale_from": show.on_sale_from}
        form |= {"price_list": show.price_list_id or ""} | changes
        for name in ("date_time", "on_sale_from"):
            if moment := form.pop(name):
                form |= {f"{name}_0": f"{moment:%Y-%m-%d}", f"{name}_1": f"{moment:%H:%M:%S}"}
        return form

    @rule(screen=SCREENS, name=st.sampled_from(sorted(PLANS)), relayout=st.booleans())
    def import_plan(self, screen, name, relayout):
        self.model.plans[screen] = import_plan(name, screen, relayout=relayout)
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
