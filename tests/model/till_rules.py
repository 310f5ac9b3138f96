"""Rules for staff who sell at the till, admit at the door, move bookings and call shows off."""

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from tests.model.buyer_rules import BuyerRules
from tests.model.state_machine import KINDS, SEAT_INDEXES, SHOW_NAMES, booking_fields


class TillRules(BuyerRules):
    @rule(
        show_name=SHOW_NAMES,
        seat_indexes=st.sets(SEAT_INDEXES, min_size=1, max_size=3),
        also_blocked=st.booleans(),
        kind=KINDS,
    )
    def sell(self, show_name, seat_indexes, also_blocked, kind):
        """Sells the seats, the last of them at the price of the kind."""
        show = self.show_ids[show_name]
        numbers = {self.seat_number(show, index) for index in seat_indexes}
        kinds = {max(numbers): kind} if kind else {}
        data = {"seat_numbers": sorted(numbers), "blocked": also_blocked, "kinds": kinds}
        response = self.staff.post(f"/shows/{show}/sell/", data, format="json")
        outcome = self.model.sell(show, numbers, also_blocked, kinds)
        body = self.expect(response, outcome)
        if outcome[0] == 201:
            assert [row["seat_number"] for row in body] == sorted(numbers)
            assert {(row["order"], row["sold_by"]) for row in body} == {(body[0]["order"], self.sam)}
            for row in body:
                self.record_booking(row, None, kind=kinds.get(row["seat_number"]))
                label = self.model.seat_label(self.model.bookings[row["id"]])
                assert booking_fields(row) == (show, row["seat_number"], label, "booked")
        elif outcome[1] in ("seat_taken", "seat_held", "seat_blocked"):
            needed = self.model.seats_to_be_available(show, numbers, also_blocked)
            self.check_unavailable_problem(response, None, show, needed, is_hold=True)

    @rule(show_name=SHOW_NAMES, index=st.integers(0, 9), other_show=st.sampled_from([False, False, True]))
    @precondition(lambda self: self.tickets)
    def admit(self, show_name, index, other_show):
        show_of_ticket, pk, order, code = self.tickets[-1 - index % len(self.tickets)]
        show = self.show_ids[show_name] if other_show else show_of_ticket
        bookings = self.model.bookings_of_ticket(pk, order)
        expected = [pk for pk, booking in bookings.items() if booking.live and not booking.admitted]
        outcome = self.model.admit(show, show_of_ticket, bookings)
        body = self.expect(self.staff.post(f"/shows/{show}/admit/", {"ticket": code}), outcome)
        if outcome[0] == 200:
            assert sorted(row["id"] for row in body["admitted"]) == sorted(expected)

    @rule(index=st.integers(0, 9), seat_index=SEAT_INDEXES)
    @precondition(lambda self: self.model.bookings)
    def move_booking_by_staff(self, index, seat_index):
        self.move(self.staff, self.sam, self.booking_id(index), seat_index, is_staff=True)


class CallOffRules(TillRules):
    @rule(show_name=SHOW_NAMES)
    @precondition(lambda self: self.model.bookings)
    def call_off(self, show_name):
        show = self.show_ids[show_name]
        live = len(self.model.live_bookings(show))
        outcome = self.model.call_off(show)
        body = self.expect(self.staff.post(f"/shows/{show}/cancel/"), outcome)
        if outcome[0] == 200:
            assert (body["show"]["status"], body["cancelled_bookings"]) == ("cancelled", live)
