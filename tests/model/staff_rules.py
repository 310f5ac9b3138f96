"""Rules for all other work of staff: with bookings, shows, users and fixtures."""

import io
import json
import tempfile

import pytest
from django.core.management import CommandError, call_command
from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from tests.factories import UNUSED_ID
from tests.model.hall_rules import INTERFACES, TOTALS, HallRules
from tests.model.state_machine import MOSTLY_TRUE, SCREENS, SHOW_NAMES, USERNAMES


class StaffRules(HallRules):
    # --- Bookings --------------------------------------------------------------------

    @rule(show_name=SHOW_NAMES, indexes=st.sets(st.integers(0, 9), max_size=3))
    @precondition(lambda self: self.model.bookings)
    def cancel_bookings_on_seat_map_page(self, show_name, indexes):
        show = self.show_ids[show_name]
        if show in self.model.shows:
            bookings = {self.booking_id(index) for index in indexes}
            form = {"act": "cancel_listed", "bookings": list(bookings)}
            self.post_admin("seats_hall_change", form, show)
            for pk in bookings:
                if pk in self.model.bookings and self.model.bookings[pk].show == show:
                    self.model.cancel(pk, None)

    @rule(
        indexes=st.sets(st.integers(0, 9), min_size=1, max_size=2),
        action=st.sampled_from(["cancel", "delete_selected"]),
    )
    @precondition(lambda self: self.model.bookings)
    def run_admin_action_on_bookings(self, indexes, action):
        bookings = {self.booking_id(index) for index in indexes} - {UNUSED_ID}
        if bookings:
            form = {"action": action, "_selected_action": list(bookings), "post": "yes"}
            is_refused = action == "delete_selected" and any(self.model.bookings[pk].live for pk in bookings)
            self.post_admin("seats_booking_changelist", form, status=200 if is_refused else 302)
            for pk in bookings if not is_refused else []:
                self.model.cancel(pk, None) if action == "cancel" else self.model.delete_booking(pk)

    # --- Shows -----------------------------------------------------------------------

    @rule(
        show_name=SHOW_NAMES,
        screen=SCREENS,
        total=TOTALS,
        starts_in_seconds=st.sampled_from([1000, 10**6]),
    )
    @precondition(lambda self: any(show not in self.model.shows for show in self.show_ids.values()))
    def create_missing_show(self, show_name, screen, total, starts_in_seconds):
        if self.show_ids[show_name] not in self.model.shows:
            self.create_show(show_name, screen, total, starts_in_seconds)

    @rule(show_name=SHOW_NAMES, interface=INTERFACES, recreate=MOSTLY_TRUE)
    def delete_show(self, show_name, interface, recreate):
        pk = self.show_ids[show_name]
        if pk not in self.model.shows:
            self.expect(self.staff.delete(f"/shows/{pk}/"), (404, "not_found"))
        elif interface == "api":
            self.expect(self.staff.delete(f"/shows/{pk}/"), self.model.delete_shows(pk))
        else:
            self.model.delete_shows(pk)
            self.post_admin("shows_show_delete", {"post": "yes"}, pk)
        if recreate and pk not in self.model.shows:
            total = len(self.model.plans.get("Screen 1", range(5)))
            self.create_show(show_name, "Screen 1", total, 10**6)

    @rule(interface=INTERFACES)
    def delete_movie(self, interface):
        outcome = self.model.delete_shows(*self.model.shows)
        if interface == "api":
            self.expect(self.staff.delete(f"/movies/{self.movie}/"), outcome)
        else:
            self.post_admin("shows_movie_delete", {"post": "yes"}, self.movie)
        if outcome[0] == 204:
            self.expect(self.anonymous.get(f"/movies/{self.movie}/"), (404, "not_found"))
            response = self.staff.post("/movies/", {"title": "Another", "duration_minutes": 90})
            self.movie = response.json()["id"]

    # --- Users -----------------------------------------------------------------------

    @rule(username=USERNAMES, recreate=MOSTLY_TRUE)
    def delete_user(self, username, recreate):
        user = self.user_ids[username]
        if user in self.model.active:
            self.post_admin("auth_user_delete", {"post": "yes"}, user)
            if self.model.delete_user(user) and recreate:
                self.sign_up(username)

    # --- Fixtures --------------------------------------------------------------------

    @rule(show_name=SHOW_NAMES, total=TOTALS, number=st.integers(0, 9), username=USERNAMES)
    def load_fixture(self, show_name, total, number, username):
        """Loads a new or existing show with a booking of seat `number` (0: no booking)."""
        pk, user = self.show_ids[show_name], self.user_ids[username]
        show = self.model.shows.get(pk)
        if show and number:
            total = len(show.seats)
        screen = show.screen if show else "Screen 1"
        if not show:
            total = len(self.model.plans.get(screen, range(total)))
        date_time = "+95d 20:00" if show_name == "blue" else "+90d 20:00"
        fields = {"movie": self.movie, "screen_name": screen, "date_time": date_time, "total_seats": total}
        fixture = [{"model": "shows.show", "pk": pk, "fields": fields}]
        booking = max([0, *self.model.bookings]) + 1000
        if number:
            fields = {"user": user, "show": pk, "seat_number": number}
            fixture.append({"model": "seats.booking", "pk": booking, "fields": fields})
        if self.model.load_fixture(pk, screen, total, number, user, booking):
            load_data(fixture)
        else:
            with pytest.raises(CommandError):
                load_data(fixture)

    @rule(reset_changes=st.booleans())
    def dump_and_load_all_data(self, reset_changes):
        """Loads a dump of the current data. This must change nothing, even with lower change counters."""
        dump = io.StringIO()
        exclude = ["contenttypes", "auth.permission", "admin.logentry", "sessions"]
        call_command("dumpdata", exclude=exclude, use_natural_foreign_keys=True, stdout=dump)
        rows = json.loads(dump.getvalue())
        for row in rows:
            if reset_changes and row["model"] == "seats.seat":
                row["fields"]["changes"] = 1
        load_data(rows)


def load_data(fixture):
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        file.write(json.dumps(fixture))
        file.flush()
        call_command("loaddata", file.name, verbosity=0)
