"""What buyers do, over HTTP: rules that say what the API should answer, and check the rest of the answer."""

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from tests.model.world import OFTEN, PEOPLE, SEATS, SHOWS, World, told


class Buyers(World):
    @precondition(lambda self: set(self.ids.values()) - set(self.model.active))
    @rule(who=PEOPLE)
    def signs_up(self, who):
        if self.ids[who] not in self.model.active:
            self.sign_up(who)

    @rule(who=PEOPLE, active=OFTEN)
    def switches_an_account(self, who, active):
        if self.ids[who] in self.model.active:
            form = {"username": who, "date_joined_0": "2030-01-01", "date_joined_1": "00:00:00"}
            self.post("auth_user_change", form | ({"is_active": "on"} if active else {}), self.ids[who])
            self.model.active[self.ids[who]] = active

    @rule(who=PEOPLE, where=SHOWS, seat=SEATS, key=st.sampled_from([None, None, "k", "l"]))
    def books(self, who, where, seat, key):
        self.book(who, self.shows[where], self.number(self.shows[where], seat), key)

    @rule(who=PEOPLE, where=SHOWS, which=st.integers(0, 8))
    def books_a_free_seat(self, who, where, which):
        if free := self.free(who, where):
            self.book(who, self.shows[where], free[which % len(free)], None)

    def statuses(self):
        return {status for show in self.model.shows for status in self.model.statuses(show)}

    def free(self, who, where):
        seats = self.model.shows[self.shows[where]].seats if self.shows[where] in self.model.shows else {}
        return [number for number, seat in seats.items() if self.model.available_to(self.ids[who], seat)]

    def book(self, who, show, number, key):
        user = self.ids[who]
        headers = {"HTTP_IDEMPOTENCY_KEY": key} if key else {}
        answer = self.callers[who].post(f"/shows/{show}/book/", {"seat_number": number}, **headers)
        expected = self.model.book(user, show, number, key)
        body = self.expect(answer, expected)
        if expected[0] == 201:
            first = self.model.used(user, show, key)
            if first is None:
                self.model.sold(body["id"], user, show, number, key)
            label = self.model.seat_label(self.model.bookings[first or body["id"]])
            assert told(body) == (show, number, label, "booked")
            assert first in (None, body["id"])
        elif expected[1] == "already_yours":
            assert answer.json()["booking"] == self.model.shows[show].seats[number].booking
        else:
            self.check_refusal(answer, user, show, {number})

    def check_refusal(self, answer, user, show, numbers, several=False):
        """What comes with a seat that could not be had."""
        body = answer.json()
        if body["code"] not in ("seat_taken", "seat_held", "seat_blocked"):
            return
        seats = self.model.shows[show].seats
        free = {number for number, seat in seats.items() if self.model.available_to(None, seat)} - numbers
        assert set(body["alternatives"]) <= free
        assert len(body["alternatives"]) == min(5, len(free))
        assert body["version"] == self.polled[show][1]["version"]
        lost = {number for number in numbers if not self.model.available_to(user, seats[number])}
        if several:
            assert body["seats"] == sorted(lost)
        if body["code"] == "seat_held":
            held = [seats[number].held_until for number in lost if self.model.status(seats[number]) == "held"]
            assert abs(max(held) - self.model.now - body["retry_after"]) < 45

    @rule(who=PEOPLE, which=st.integers(0, 9))
    @precondition(lambda self: self.model.bookings)
    def cancels(self, who, which):
        self.cancel(who, self.booking(which))

    @rule(who=PEOPLE, which=st.integers(0, 9))
    @precondition(lambda self: any(booking.live for booking in self.model.bookings.values()))
    def cancels_their_own(self, who, which):
        bookings = self.model.bookings.items()
        if theirs := [pk for pk, booking in bookings if booking.user == self.ids[who] and booking.live]:
            self.cancel(who, theirs[which % len(theirs)])

    def cancel(self, who, pk):
        expected = self.model.cancel(pk, self.ids[who])
        body = self.expect(self.callers[who].post(f"/bookings/{pk}/cancel/"), expected)
        if expected[0] == 200:
            booking = self.model.bookings[pk]
            assert told(body) == (booking.show, booking.number, self.model.seat_label(booking), "cancelled")

    @rule(who=PEOPLE, where=SHOWS, seats=st.sets(SEATS, min_size=1, max_size=3))
    def holds(self, who, where, seats):
        show = self.shows[where]
        self.hold(who, show, {self.number(show, seat) for seat in seats})

    @rule(who=PEOPLE, where=SHOWS, which=st.sets(st.integers(0, 8), min_size=1, max_size=3))
    def holds_free_seats(self, who, where, which):
        if free := self.free(who, where):
            self.hold(who, self.shows[where], {free[index % len(free)] for index in which})

    def hold(self, who, show, numbers):
        user = self.ids[who]
        answer = self.put_hold(who, show, {"seat_numbers": sorted(numbers, reverse=True)})
        expected = self.model.hold(user, show, numbers)
        self.expect(answer, expected)
        if expected[0] != 200:
            self.check_refusal(answer, user, show, numbers, several=True)

    @rule(who=PEOPLE, where=SHOWS)
    @precondition(lambda self: "held" in self.statuses())
    def renews(self, who, where):
        user, show = self.ids[who], self.shows[where]
        if numbers := set(self.model.held(user, show)):
            answer = self.put_hold(who, show, {"seat_numbers": list(numbers)})
            self.expect(answer, self.model.hold(user, show, numbers))

    @rule(
        who=PEOPLE,
        where=SHOWS,
        size=st.integers(1, 3),
        category=st.sampled_from([None, None, None, "Standard", "VIP"]),
        accessible=st.sampled_from([None, None, None, True, False]),
    )
    def holds_the_best(self, who, where, size, category, accessible):
        user, show = self.ids[who], self.shows[where]
        answer = self.put_hold(who, show, {"best": size, "category": category, "accessible": accessible})
        # The model has no opinion of what is best: but for the seats, it is a hold of no seat in particular.
        if no := self.model.refuses_hold(user, show):
            self.expect(answer, no)
            return
        blocks = self.model.blocks(show, user, category, accessible)
        if not any(len(block) == size for block in blocks):
            self.expect(answer, (409, "no_adjacent_seats"))
            assert answer.json()["largest"] == max(map(len, blocks), default=0)
            return
        numbers = self.expect(answer, (200, None))["seat_numbers"]
        assert numbers in [block for block in blocks if len(block) == size]
        self.model.hold(user, show, set(numbers))

    def put_hold(self, who, show, wanted):
        return self.callers[who].put(f"/shows/{show}/hold/", wanted, format="json")

    @rule(who=PEOPLE, where=SHOWS)
    def releases(self, who, where):
        show = self.shows[where]
        self.expect(self.callers[who].delete(f"/shows/{show}/hold/"), self.model.release(self.ids[who], show))

    @rule(who=PEOPLE, where=SHOWS)
    def books_what_they_hold(self, who, where):
        user, show = self.ids[who], self.shows[where]
        answer = self.callers[who].post(f"/shows/{show}/hold/book/")
        expected = self.model.book_hold(user, show)
        body = self.expect(answer, expected)
        if expected[0] == 201:
            assert [row["seat_number"] for row in body] == list(self.model.held(user, show))
            for row in body:
                self.model.sold(row["id"], user, show, row["seat_number"])
                label = self.model.shows[show].seats[row["seat_number"]].label
                assert told(row) == (show, row["seat_number"], label, "booked")

    # Neither a hold nor its longest lasts a multiple of these, so that no step comes just when one lapses.
    @rule(seconds=st.sampled_from([350, 700]))
    def waits(self, seconds):
        self.let_pass(seconds)
