"""Rules for buyers: requests to the API, with the outcome that the model predicts."""

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from tests.model.state_machine import (
    KINDS,
    MOSTLY_TRUE,
    SEAT_INDEXES,
    SHOW_NAMES,
    USERNAMES,
    CinemaStateMachine,
    booking_fields,
    price_fields,
)


class BuyerRules(CinemaStateMachine):
    @precondition(lambda self: set(self.user_ids.values()) - set(self.model.active))
    @rule(username=USERNAMES)
    def sign_up_again(self, username):
        if self.user_ids[username] not in self.model.active:
            self.sign_up(username)

    @rule(username=USERNAMES, active=MOSTLY_TRUE)
    def set_account_active(self, username, active):
        user = self.user_ids[username]
        if user in self.model.active:
            form = {"username": username, "date_joined_0": "2030-01-01", "date_joined_1": "00:00:00"}
            self.post_admin("auth_user_change", form | ({"is_active": "on"} if active else {}), user)
            self.model.active[user] = active

    @rule(
        username=USERNAMES,
        show_name=SHOW_NAMES,
        seat_index=SEAT_INDEXES,
        key=st.sampled_from([None, None, "k", "l"]),
        kind=KINDS,
    )
    def book_any_seat(self, username, show_name, seat_index, key, kind):
        show = self.show_ids[show_name]
        self.book(username, show, self.seat_number(show, seat_index), key, kind)

    @rule(username=USERNAMES, show_name=SHOW_NAMES, index=st.integers(0, 8), kind=KINDS)
    def book_available_seat(self, username, show_name, index, kind):
        if available := self.available_seats(username, show_name):
            self.book(username, self.show_ids[show_name], available[index % len(available)], kind=kind)

    def all_statuses(self):
        return {status for show in self.model.shows for status in self.model.statuses(show)}

    def available_seats(self, username, show_name):
        show, user = self.show_ids[show_name], self.user_ids[username]
        seats = self.model.shows[show].seats if show in self.model.shows else {}
        return [number for number, seat in seats.items() if self.model.is_available_to(user, seat)]

    def book(self, username, show, number, key=None, kind=None):
        user = self.user_ids[username]
        headers = {"HTTP_IDEMPOTENCY_KEY": key} if key else {}
        data = {"seat_number": number} | ({"kind": kind} if kind else {})
        response = self.clients[username].post(f"/shows/{show}/book/", data, **headers)
        outcome = self.model.book(user, show, number, key, kind)
        body = self.expect(response, outcome)
        if outcome[0] == 201:
            first = self.model.booking_with_key(user, show, key)
            if first is None:
                self.record_booking(body, user, key, kind)
            booking = self.model.bookings[first or body["id"]]
            assert booking_fields(body) == (show, number, booking.first_seat.label, "booked")
            assert price_fields(body) == booking.price
            assert first in (None, body["id"])
            assert response.has_header("Idempotency-Replayed") == (first is not None)
        elif outcome[1] == "already_yours":
            assert response.json()["booking"] == self.model.shows[show].seats[number].booking
        else:
            self.check_unavailable_problem(response, user, show, {number})

    def check_unavailable_problem(self, response, user, show, numbers, is_hold=False):
        """Checks the additional fields of a problem about unavailable seats; ignores other problems."""
        body = response.json()
        if body["code"] == "not_on_sale":
            left = self.model.shows[show].on_sale_from - self.model.now
            assert abs(left - body["retry_after"]) < 45
        if body["code"] == "sold_together":
            halves = {(n, self.model.pair(show, n)) for n in numbers if not self.model.is_whole(show, {n})}
            alone = {number for half in halves if half[1] not in numbers for number in half}
            assert body["seats"] == sorted(alone)
        if body["code"] == "too_many_seats":
            assert body["most"] == self.model.max_seats
        if body["code"] not in ("seat_taken", "seat_held", "seat_blocked"):
            return
        seats = self.model.shows[show].seats
        alternatives = {
            number
            for number, seat in seats.items()
            if self.model.is_available_to(None, seat) and not self.model.pair(show, number)
        } - numbers
        assert set(body["alternatives"]) <= alternatives
        assert len(body["alternatives"]) == min(5, len(alternatives))
        assert body["version"] == self.polled_maps[show][1]["version"]
        unavailable = {number for number in numbers if not self.model.is_available_to(user, seats[number])}
        if is_hold:
            assert body["seats"] == sorted(unavailable)
        if body["code"] == "seat_held":
            expiries = [
                seats[number].held_until for number in unavailable if self.model.status(seats[number]) == "held"
            ]
            assert abs(max(expiries) - self.model.now - body["retry_after"]) < 45

    @rule(username=USERNAMES, index=st.integers(0, 9))
    @precondition(lambda self: self.model.bookings)
    def cancel_any_booking(self, username, index):
        self.cancel(username, self.booking_id(index))

    @rule(username=USERNAMES, index=st.integers(0, 9))
    @precondition(lambda self: any(booking.live for booking in self.model.bookings.values()))
    def cancel_own_booking(self, username, index):
        user = self.user_ids[username]
        bookings = self.model.bookings.items()
        if own := [pk for pk, booking in bookings if booking.user == user and booking.live]:
            self.cancel(username, own[index % len(own)])

    def cancel(self, username, pk):
        outcome = self.model.cancel(pk, self.user_ids[username])
        body = self.expect(self.clients[username].post(f"/bookings/{pk}/cancel/"), outcome)
        if outcome[0] == 200:
            booking = self.model.bookings[pk]
            label = self.model.seat_label(booking)
            assert booking_fields(body) == (booking.show, booking.number, label, "cancelled")
            assert price_fields(body) == booking.price

    @rule(username=USERNAMES, index=st.integers(0, 9), seat_index=SEAT_INDEXES)
    @precondition(lambda self: self.model.bookings)
    def move_booking(self, username, index, seat_index):
        user, pk = self.user_ids[username], self.booking_id(index)
        self.move(self.clients[username], user, pk, seat_index)

    @rule(
        username=USERNAMES,
        show_name=SHOW_NAMES,
        seat_indexes=st.sets(SEAT_INDEXES, min_size=1, max_size=3),
    )
    def hold_any_seats(self, username, show_name, seat_indexes):
        show = self.show_ids[show_name]
        self.hold(username, show, {self.seat_number(show, index) for index in seat_indexes})

    @rule(
        username=USERNAMES,
        show_name=SHOW_NAMES,
        indexes=st.sets(st.integers(0, 8), min_size=1, max_size=3),
        whole_sofas=MOSTLY_TRUE,
    )
    def hold_available_seats(self, username, show_name, indexes, whole_sofas):
        if available := self.available_seats(username, show_name):
            show = self.show_ids[show_name]
            numbers = {available[index % len(available)] for index in indexes}
            if whole_sofas:
                numbers |= {self.model.pair(show, number) for number in numbers} - {None}
            self.hold(username, show, numbers)

    def hold(self, username, show, numbers):
        user = self.user_ids[username]
        response = self.put_hold(username, show, {"seat_numbers": sorted(numbers, reverse=True)})
        outcome = self.model.hold(user, show, numbers)
        self.expect(response, outcome)
        if outcome[0] != 200:
            self.check_unavailable_problem(response, user, show, numbers, is_hold=True)

    @rule(username=USERNAMES, show_name=SHOW_NAMES)
    @precondition(lambda self: "held" in self.all_statuses())
    def renew_hold(self, username, show_name):
        user, show = self.user_ids[username], self.show_ids[show_name]
        if numbers := set(self.model.held_seats(user, show)):
            response = self.put_hold(username, show, {"seat_numbers": list(numbers)})
            self.expect(response, self.model.hold(user, show, numbers))

    @rule(
        username=USERNAMES,
        show_name=SHOW_NAMES,
        size=st.integers(1, 3),
        category=st.sampled_from([None, None, None, "Standard", "VIP", "Sofa"]),
        accessible=st.sampled_from([None, None, None, True, False]),
    )
    def hold_best_seats(self, username, show_name, size, category, accessible):
        user, show = self.user_ids[username], self.show_ids[show_name]
        data = {"best": size, "category": category, "accessible": accessible}
        response = self.put_hold(username, show, data)
        if error := self.model.hold_error(user, show):
            self.expect(response, error)
            return
        # The model does not rank seats. It accepts any group of the right size.
        groups = self.model.adjacent_seats(show, user, category, accessible)
        if not any(len(group) == size for group in groups):
            self.expect(response, (409, "no_adjacent_seats"))
            assert response.json()["largest"] == max(map(len, groups), default=0)
            return
        if error := self.model.limit_error(user, show, set(range(size))):
            self.expect(response, error)
            return
        numbers = self.expect(response, (200, None))["seat_numbers"]
        groups = [group for group in groups if len(group) == size]
        assert numbers in groups
        ranks = [self.model.kept_for_others(show, group, accessible) for group in groups]
        assert self.model.kept_for_others(show, numbers, accessible) == min(ranks)
        self.model.hold(user, show, set(numbers))

    def put_hold(self, username, show, data):
        return self.clients[username].put(f"/shows/{show}/hold/", data, format="json")

    @rule(username=USERNAMES, show_name=SHOW_NAMES)
    def release_hold(self, username, show_name):
        show = self.show_ids[show_name]
        response = self.clients[username].delete(f"/shows/{show}/hold/")
        self.expect(response, self.model.release_hold(self.user_ids[username], show))

    @rule(username=USERNAMES, show_name=SHOW_NAMES, kind=KINDS, for_all=MOSTLY_TRUE, seat_index=SEAT_INDEXES)
    def book_hold(self, username, show_name, kind, for_all, seat_index):
        """Books the held seats with the kind for all of them, or for one seat that may not be held."""
        user, show = self.user_ids[username], self.show_ids[show_name]
        named = self.model.held_seats(user, show) if for_all else [self.seat_number(show, seat_index)]
        kinds = {number: kind for number in named if kind}
        response = self.clients[username].post(f"/shows/{show}/hold/book/", {"kinds": kinds})
        outcome = self.model.book_hold(user, show, kinds)
        body = self.expect(response, outcome)
        if outcome[0] == 201:
            assert [row["seat_number"] for row in body] == list(self.model.held_seats(user, show))
            for row in body:
                self.record_booking(row, user, kind=kinds.get(row["seat_number"]))
                label = self.model.shows[show].seats[row["seat_number"]].label
                assert booking_fields(row) == (show, row["seat_number"], label, "booked")

    # No sum of these equals a hold's duration or its maximum, so no step happens just when a hold expires.
    @rule(seconds=st.sampled_from([350, 700]))
    def wait(self, seconds):
        self.advance_clock(seconds)
