"""The expected behavior for staff, added to that for buyers: together, the whole model."""

from typing import Any

from tests.model.buyer_model import BuyerModel, Outcome, Seat, Show


class CinemaModel(BuyerModel):
    def block(self, show: int, numbers: set[int]) -> None:
        for number in numbers & set(self.shows[show].seats):
            seat = self.shows[show].seats[number]
            seat.blocked = seat.blocked or self.status(seat) == "available"

    def unblock(self, show: int, numbers: set[int]) -> None:
        for number in numbers & set(self.shows[show].seats):
            self.shows[show].seats[number].blocked = False

    def change_show(self, pk: int, screen: str, total: int) -> Outcome:
        """Changes the number of seats, or the screen."""
        if pk not in self.shows:
            return 404, "not_found"
        show = self.shows[pk]
        new_screen = screen != show.screen
        if total != len(show.seats) or new_screen:
            if (plan := self.plans.get(screen)) is not None:
                if total != len(plan):
                    return 400, "invalid"
                if self._seats_outside_plan(show, plan):
                    return 409, "seats_in_use"
                self.relayout(show, plan)
            else:
                if any(self._in_use(seat) for number, seat in show.seats.items() if number > total):
                    return 409, "seats_in_use"
                show.seats = {number: show.seats.get(number) or Seat() for number in range(1, total + 1)}
        show.screen = screen
        return 200, None

    def add_show(self, pk: int, screen: str, starts: int, total: int) -> None:
        labels = self.plans.get(screen, [None] * total)
        self.shows[pk] = Show(screen, starts, {n: Seat(label) for n, label in enumerate(labels, start=1)})

    def relayout(self, show: Show, plan: list[str]) -> None:
        """Gives the show the plan's seats. Seats in use and seats with a label of the plan stay as they are."""
        kept = self._seats_outside_plan(show, plan)
        by_label = {seat.label: seat for seat in show.seats.values()}
        show.unnumbered_seats = [by_label.get(label) or Seat(label) for label in plan] + kept
        in_use = {number: seat for number, seat in show.seats.items() if self._in_use(seat)}
        total = len(show.unnumbered_seats)
        show.predicted_labels = {number: seat.label for number, seat in in_use.items() if number <= total}
        if not in_use:
            show.predicted_labels = dict(enumerate(plan, start=1))

    def _seats_outside_plan(self, show: Show, plan: list[str]) -> list[Seat]:
        """Returns the seats in use that the plan does not have."""
        return [seat for seat in show.seats.values() if seat.label not in plan and self._in_use(seat)]

    def _in_use(self, seat: Seat) -> bool:
        return self.status(seat) in ("taken", "held")

    def read_seat_map(self, pk: int, rows: list[dict[str, Any]]) -> None:
        """Checks labels and numbers against the predictions, and adopts those without a prediction."""
        show = self.shows[pk]
        if show.unnumbered_seats:
            by_label = {seat.label: seat for seat in show.unnumbered_seats}
            assert sorted(row["label"] for row in rows) == sorted(map(str, by_label))
            show.seats = {row["seat_number"]: by_label[row["label"]] for row in rows}
            labels = {number: seat.label for number, seat in show.seats.items()}
            assert show.predicted_labels.items() <= labels.items()
            for number, seat in show.seats.items():
                if seat.booking:
                    self.bookings[seat.booking].number = number
            show.unnumbered_seats = []
        assert [row["seat_number"] for row in rows] == list(range(1, len(show.seats) + 1))
        for row in rows:
            seat = show.seats[row["seat_number"]]
            assert seat.label in (None, row["label"])
            seat.label, seat.place = row["label"], row

    def delete_shows(self, *pks: int) -> Outcome:
        if any(self.live_bookings(pk) for pk in pks):
            return 409, "has_bookings"
        self.bookings = {pk: booking for pk, booking in self.bookings.items() if booking.show not in pks}
        for pk in pks:
            del self.shows[pk]
        return 204, None

    def delete_booking(self, pk: int) -> None:
        booking = self.bookings.pop(pk)
        if booking.live:
            self.shows[booking.show].seats[booking.number].booking = None

    def delete_user(self, user: int) -> bool:
        """Deletes a user in the admin, which refuses one with a live booking of a show that has not started.

        Their bookings stay. Their holds of shows that have not started end. Returns whether it was deleted.
        """
        bookings = [booking for booking in self.bookings.values() if booking.user == user]
        if any(booking.live and not self.has_started(booking.show) for booking in bookings):
            return False
        del self.active[user]
        for booking in bookings:
            booking.user = None
        for show in self.shows:
            held = {} if self.has_started(show) else self.held_seats(user, show)
            for seat in held.values():
                seat.held_by = None
        return True

    def load_fixture(self, pk: int, screen: str, total: int, number: int, user: int, booking: int) -> bool:
        """Loads a fixture with a show and a booking of seat `number` (0: none). Returns whether it is valid."""
        if number and (user not in self.active or number > total):
            return False
        if pk not in self.shows:
            if len(self.plans.get(screen, [None] * total)) != total:
                return False
            self.add_show(pk, screen, 0, total)
        elif self.change_show(pk, screen, total)[0] != 200:
            return False
        if number and self.shows[pk].seats[number].booking:
            return False
        self.shows[pk].starts = self.now + 10**6
        if number:
            self.record_booking(booking, user, pk, number)
        return True
