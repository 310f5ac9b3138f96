"""The expected behavior for staff, added to that for buyers: together, the whole model."""

from collections.abc import Iterable, Mapping
from typing import Any

from tests.model.buyer_model import Booking, BuyerModel, Outcome, Seat, Show

MOVIE_SECONDS = 90 * 60
DAY = 24 * 60 * 60


class CinemaModel(BuyerModel):
    def block(self, show: int, numbers: set[int]) -> None:
        if self.shows[show].is_archived:
            return
        for number in numbers & set(self.shows[show].seats):
            seat = self.shows[show].seats[number]
            seat.blocked = seat.blocked or self.status(seat) == "available"

    def unblock(self, show: int, numbers: set[int]) -> None:
        if self.shows[show].is_archived:
            return
        for number in numbers & set(self.shows[show].seats):
            self.shows[show].seats[number].blocked = False

    def sell(self, show: int, numbers: set[int], also_blocked: bool, kinds: Mapping[int, str]) -> Outcome:
        """Sells seats to a guest, until the movie ends. No start of sale and no limit counts."""
        if show not in self.shows:
            return 404, "not_found"
        seats = self.shows[show].seats
        if not numbers <= set(seats):
            return 400, "seat_not_found"
        if self.shows[show].is_cancelled:
            return 409, "show_cancelled"
        if self.has_ended(show):
            return 409, "show_started"
        needed = self.seats_to_be_available(show, numbers, also_blocked)
        return (
            self._seat_error(None, show, needed, is_hold=True)
            or self.price_error(show, numbers, kinds)
            or (201, None)
        )

    def seats_to_be_available(self, show: int, numbers: set[int], also_blocked: bool) -> set[int]:
        """Returns the seats that must be available to be sold."""
        seats = self.shows[show].seats
        return {n for n in numbers if not (also_blocked and self.status(seats[n]) == "blocked")}

    def has_ended(self, show: int) -> bool:
        return self.shows[show].starts + MOVIE_SECONDS <= self.now

    def bookings_of_ticket(self, pk: int | None, order: str | None) -> dict[int, Booking]:
        """Returns the booking of the ticket, or those of its order, without deleted ones."""
        return {
            other: booking
            for other, booking in self.bookings.items()
            if (other == pk if order is None else booking.order == order)
        }

    def admit(self, show: int, show_of_ticket: int, bookings: dict[int, Booking]) -> Outcome:
        """Admits those of the ticket's bookings that are live and not admitted yet."""
        if show != show_of_ticket:
            return (409, "wrong_show") if show in self.shows else (404, "not_found")
        live = [booking for booking in bookings.values() if booking.live]
        if not live:
            return (409, "already_cancelled") if bookings else (400, "invalid_ticket")
        if all(booking.admitted for booking in live):
            return 409, "already_admitted"
        for booking in live:
            booking.admitted = True
        return 200, None

    def call_off(self, pk: int) -> Outcome:
        if pk not in self.shows:
            return 404, "not_found"
        show = self.shows[pk]
        if show.is_cancelled:
            return 409, "already_cancelled"
        if self.has_ended(pk):
            return 409, "show_started"
        show.is_cancelled = True
        for booking in self.live_bookings(pk):
            self.bookings[booking].live = False
        for seat in show.seats.values():
            seat.booking, seat.held_by, seat.blocked = None, None, True
        return 200, None

    def archive(self, days: int, delete: bool) -> tuple[int, int, int]:
        """Removes the seats of shows that ended longer ago, and with `delete` the shows with their bookings.

        Returns how many shows, seats and bookings were removed.
        """
        ended = [pk for pk in self.shows if self.shows[pk].starts + MOVIE_SECONDS < self.now - days * DAY]
        pks = [pk for pk in ended if delete or not self.shows[pk].is_archived]
        seats = sum(len(self.shows[pk].seats) for pk in pks if not self.shows[pk].is_archived)
        bookings = [pk for pk, booking in self.bookings.items() if delete and booking.show in pks]
        for pk in pks:
            self.shows[pk].is_archived = True
            if delete:
                del self.shows[pk]
        for booking in bookings:
            del self.bookings[booking]
        return len(pks), seats, len(bookings)

    def set_start_of_sale(self, pk: int, on_sale_from: int | None) -> Outcome:
        if pk not in self.shows:
            return 404, "not_found"
        if self.shows[pk].is_archived:
            return 409, "show_archived"
        self.shows[pk].on_sale_from = on_sale_from
        return 200, None

    def set_price_list(self, pk: int, has_prices: bool) -> Outcome:
        if pk not in self.shows:
            return 404, "not_found"
        if self.shows[pk].is_archived:
            return 409, "show_archived"
        if self.shows[pk].is_cancelled:
            return 409, "show_cancelled"
        self.shows[pk].has_prices = has_prices
        return 200, None

    def sales(self, bookings: Iterable[Booking]) -> dict[str, int]:
        """Counts bookings as the sales report does."""
        bookings = list(bookings)
        live = [booking for booking in bookings if booking.live]
        return {
            "sold": len(live),
            "cancelled": len(bookings) - len(live),
            "admitted": sum(booking.admitted for booking in live),
            "amount": sum(booking.price[1] or 0 for booking in live),
        }

    def change_show(self, pk: int, screen: str, total: int) -> Outcome:
        """Changes the number of seats, or the screen."""
        if pk not in self.shows:
            return 404, "not_found"
        show = self.shows[pk]
        if show.is_archived:
            return 409, "show_archived"
        new_screen = screen != show.screen
        if total != len(show.seats) or new_screen:
            if (plan := self.plans.get(screen)) is not None:
                if total != len(plan):
                    return 400, "invalid"
                if self._seats_outside_plan(show, plan) or self._has_other_sofas(show, plan):
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

    def relayout(self, show: Show, plan: dict[str, str | None]) -> None:
        """Gives the show the plan's seats. Seats in use and seats with a label of the plan stay as they are."""
        kept = self._seats_outside_plan(show, plan)
        by_label = {seat.label: seat for seat in show.seats.values()}
        show.unnumbered_seats = [by_label.get(label) or Seat(label) for label in plan] + kept
        in_use = {number: seat for number, seat in show.seats.items() if self._in_use(seat)}
        total = len(show.unnumbered_seats)
        show.predicted_labels = {number: seat.label for number, seat in in_use.items() if number <= total}
        if not in_use:
            show.predicted_labels = dict(enumerate(plan, start=1))

    def _has_other_sofas(self, show: Show, plan: dict[str, str | None]) -> bool:
        """Tells whether seats in use are a sofa that the plan does not have, or would become half of one."""
        in_use = {seat.label for seat in show.seats.values() if self._in_use(seat)}
        sofas = {
            seat.label: show.seats[seat.place["pair"]].label
            for seat in show.seats.values()
            if seat.place.get("pair")
        }
        lost = (half for half, other in sofas.items() if {half, other} <= in_use and plan.get(half) != other)
        new = (half for half, other in plan.items() if other and sofas.get(half) != other)
        return any(lost) or any({half, plan[half]} & in_use for half in new)

    def _seats_outside_plan(self, show: Show, plan: dict[str, str | None]) -> list[Seat]:
        """Returns the seats in use that the plan does not have."""
        return [seat for seat in show.seats.values() if seat.label not in plan and self._in_use(seat)]

    def _in_use(self, seat: Seat) -> bool:
        return self.status(seat) in ("taken", "held")

    def read_seat_map(self, pk: int, rows: list[dict[str, Any]]) -> None:
        """Checks labels and numbers against the predictions, and adopts those without a prediction."""
        show = self.shows[pk]
        halves = [
            (seat, show.seats[seat.place["pair"]])
            for seat in show.seats.values()
            if seat.place.get("pair") in show.seats
        ]
        singles = [seat for seat in show.seats.values() if seat.place and not seat.place["pair"]]
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
            assert row["pair"] is None or rows[row["pair"] - 1]["pair"] == row["seat_number"]
        for seat, other in halves:
            if self._in_use(seat) and self._in_use(other):
                assert show.seats[seat.place["pair"]] is other
        assert not any(seat.place["pair"] for seat in singles if self._in_use(seat))
        for row in rows:
            if row["pair"] and row["status"] == "held" and not show.seats[row["seat_number"]].is_half_left:
                assert rows[row["pair"] - 1]["status"] == "held"

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
            return False  # An archived show stays so, and can't move to a later time.
        if number and self.shows[pk].seats[number].booking:
            return False
        self.shows[pk].starts = self.now + 10**6
        if number:
            if pair := self.pair(pk, number):
                self.shows[pk].seats[pair].is_half_left = True
            self.record_booking(booking, user, pk, number)
        return True
