"""What else staff do: with bookings, shows and people, and by fixtures."""

import io
import json
import tempfile

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError
from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from tests.model.halls import DOORS, TOTALS, Halls
from tests.model.world import NOBODY, OFTEN, PEOPLE, SCREENS, SHOWS


class Staff(Halls):
    # --- bookings --------------------------------------------------------------------

    @rule(where=SHOWS, which=st.sets(st.integers(0, 9), max_size=3))
    @precondition(lambda self: self.model.bookings)
    def cancels_on_the_hall(self, where, which):
        show = self.shows[where]
        if show in self.model.shows:
            listed = {self.booking(number) for number in which}
            self.post("seats_hall_change", {"act": "cancel_listed", "bookings": list(listed)}, show)
            for pk in listed:
                if pk in self.model.bookings and self.model.bookings[pk].show == show:
                    self.model.cancel(pk, None)

    @rule(
        which=st.sets(st.integers(0, 9), min_size=1, max_size=2),
        act=st.sampled_from(["cancel", "delete_selected"]),
    )
    @precondition(lambda self: self.model.bookings)
    def acts_on_listed_bookings(self, which, act):
        listed = {self.booking(number) for number in which} - {NOBODY}
        if listed:
            form = {"action": act, "_selected_action": list(listed), "post": "yes"}
            self.post("seats_booking_changelist", form)
            for pk in listed:
                self.model.cancel(pk, None) if act == "cancel" else self.model.delete_booking(pk)

    # --- shows -----------------------------------------------------------------------

    @rule(where=SHOWS, screen=SCREENS, total=TOTALS, starts_in=st.sampled_from([1000, 10**6]))
    @precondition(lambda self: any(show not in self.model.shows for show in self.shows.values()))
    def adds_a_show(self, where, screen, total, starts_in):
        if self.shows[where] not in self.model.shows:
            self.add(where, screen, total, starts_in)

    @rule(where=SHOWS, by=DOORS, another=OFTEN)
    def deletes_a_show(self, where, by, another):
        pk = self.shows[where]
        if pk not in self.model.shows:
            self.expect(self.staff.delete(f"/shows/{pk}/"), (404, "not_found"))
        elif by == "api":
            self.expect(self.staff.delete(f"/shows/{pk}/"), self.model.delete_show(pk))
        else:
            self.model.delete_show(pk)
            self.post("shows_show_delete", {"post": "yes"}, pk)
        if another and pk not in self.model.shows:
            self.add(where, "Screen 1", len(self.model.plans.get("Screen 1", range(5))), 10**6)

    @rule(by=DOORS)
    def deletes_the_movie(self, by):
        expected = self.model.delete_show(*self.model.shows)
        if by == "api":
            self.expect(self.staff.delete(f"/movies/{self.movie}/"), expected)
        else:
            self.post("shows_movie_delete", {"post": "yes"}, self.movie)
        if expected[0] == 204:
            self.expect(self.anyone.get(f"/movies/{self.movie}/"), (404, "not_found"))
            answer = self.staff.post("/movies/", {"title": "Another", "duration_minutes": 90})
            self.movie = answer.json()["id"]

    # --- people ----------------------------------------------------------------------

    @rule(who=PEOPLE, again=OFTEN)
    def deletes_a_user(self, who, again):
        if self.ids[who] in self.model.active:
            self.post("auth_user_delete", {"post": "yes"}, self.ids[who])
            self.model.delete_user(self.ids[who])
            if again:
                self.sign_up(who)

    # --- fixtures --------------------------------------------------------------------

    @rule(where=SHOWS, total=TOTALS, number=st.integers(0, 9), who=PEOPLE)
    def loads_a_fixture(self, where, total, number, who):
        """A show, new or there already, with a booking of a seat (0: none)."""
        pk, user = self.shows[where], self.ids[who]
        show = self.model.shows.get(pk)
        if show and number:
            total = len(show.seats)
        screen = show.screen if show else "Screen 1"
        if not show:
            total = len(self.model.plans.get(screen, range(total)))
        fields = {"movie": self.movie, "screen_name": screen, "date_time": "+90d 20:00", "total_seats": total}
        fixture = [{"model": "shows.show", "pk": pk, "fields": fields}]
        booking = max([0, *self.model.bookings]) + 1000
        if number:
            fields = {"user": user, "show": pk, "seat_number": number}
            fixture.append({"model": "seats.booking", "pk": booking, "fields": fields})
        if self.model.load(pk, screen, total, number, user, booking):
            load(json.dumps(fixture))
        else:
            with pytest.raises((CommandError, IntegrityError)):
                load(json.dumps(fixture))

    @rule(older=st.booleans())
    def dumps_and_loads(self, older):
        """Nothing changes, as the invariant sees; not even where the dump has counted fewer changes."""
        dump = io.StringIO()
        leave_out = ["contenttypes", "auth.permission", "admin.logentry", "sessions"]
        call_command("dumpdata", exclude=leave_out, use_natural_foreign_keys=True, stdout=dump)
        rows = json.loads(dump.getvalue())
        for row in rows:
            if older and row["model"] == "seats.seat":
                row["fields"]["changes"] = 1
        load(json.dumps(rows))


def load(fixture):
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        file.write(fixture)
        file.flush()
        call_command("loaddata", file.name, verbosity=0)
