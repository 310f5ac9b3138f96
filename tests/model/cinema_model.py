"""What the cinema should do for its staff, likewise; with what it does for buyers, the whole model."""

from typing import Any

from tests.model.buyers_model import Answer, Buying, Seat, Show


class Cinema(Buying):
    def block(self, show: int, numbers: set[int]) -> None:
        for number in numbers & set(self.shows[show].seats):
            seat = self.shows[show].seats[number]
            seat.blocked = seat.blocked or self.status(seat) == "available"

    def unblock(self, show: int, numbers: set[int]) -> None:
        for number in numbers & set(self.shows[show].seats):
            self.shows[show].seats[number].blocked = False

    def change(self, pk: int, screen: str, total: int) -> Answer:
        """A show gets so many seats, or moves to another screen."""
        if pk not in self.shows:
            return 404, "not_found"
        show = self.shows[pk]
        moved = screen != show.screen
        if total != len(show.seats) or moved:
            if (plan := self.plans.get(screen)) is not None:
                if total != len(plan):
                    return 400, "invalid"
                if self._kept(show, plan):
                    return 409, "seats_in_use"
                self.relay(show, plan)
            else:
                if any(self._busy(seat) for number, seat in show.seats.items() if number > total):
                    return 409, "seats_in_use"
                show.seats = {number: show.seats.get(number) or Seat() for number in range(1, total + 1)}
        show.screen = screen
        return 200, None

    def added(self, pk: int, screen: str, starts: int, total: int) -> None:
        labels = self.plans.get(screen, [None] * total)
        self.shows[pk] = Show(screen, starts, {n: Seat(label) for n, label in enumerate(labels, start=1)})

    def relay(self, show: Show, plan: list[str]) -> None:
        """The plan's seats, those that were there as they were, and beside them whatever is sold or held."""
        kept = self._kept(show, plan)
        there = {seat.label: seat for seat in show.seats.values()}
        show.relaid = [there.get(label) or Seat(label) for label in plan] + kept
        busy = {number: seat for number, seat in show.seats.items() if self._busy(seat)}
        show.pinned = {number: seat.label for number, seat in busy.items() if number <= len(show.relaid)}
        if not busy:
            show.pinned = dict(enumerate(plan, start=1))

    def _kept(self, show: Show, plan: list[str]) -> list[Seat]:
        return [seat for seat in show.seats.values() if seat.label not in plan and self._busy(seat)]

    def _busy(self, seat: Seat) -> bool:
        return self.status(seat) in ("taken", "held")

    def read_layout(self, pk: int, rows: list[dict[str, Any]]) -> None:
        """Takes over from the map what the model does not foresee, once it is sure of the rest."""
        show = self.shows[pk]
        if show.relaid:
            by_label = {seat.label: seat for seat in show.relaid}
            assert sorted(row["label"] for row in rows) == sorted(map(str, by_label))
            show.seats = {row["seat_number"]: by_label[row["label"]] for row in rows}
            assert show.pinned.items() <= {number: seat.label for number, seat in show.seats.items()}.items()
            for number, seat in show.seats.items():
                if seat.booking:
                    self.bookings[seat.booking].number = number
            show.relaid = []
        assert [row["seat_number"] for row in rows] == list(range(1, len(show.seats) + 1))
        for row in rows:
            seat = show.seats[row["seat_number"]]
            assert seat.label in (None, row["label"])
            seat.label, seat.place = row["label"], row

    def delete_show(self, *pks: int) -> Answer:
        if any(self.live(pk) for pk in pks):
            return 409, "has_bookings"
        self.bookings = {pk: booking for pk, booking in self.bookings.items() if booking.show not in pks}
        for pk in pks:
            del self.shows[pk]
        return 204, None

    def delete_booking(self, pk: int) -> None:
        booking = self.bookings.pop(pk)
        if booking.live:
            self.shows[booking.show].seats[booking.number].booking = None

    def delete_user(self, user: int) -> None:
        """Their bookings go with them; what they hold stays held until it lapses."""
        del self.active[user]
        for pk in [pk for pk, booking in self.bookings.items() if booking.user == user]:
            self.delete_booking(pk)

    def load(self, pk: int, screen: str, total: int, number: int, user: int, booking: int) -> bool:
        """A fixture with this show and a booking of a seat (0: none): whether it can be loaded."""
        if number and (user not in self.active or number > total):
            return False
        if pk not in self.shows:
            if len(self.plans.get(screen, [None] * total)) != total:
                return False
            self.added(pk, screen, 0, total)
        elif self.change(pk, screen, total)[0] != 200:
            return False
        if number and self.shows[pk].seats[number].booking:
            return False
        self.shows[pk].starts = self.now + 10**6
        if number:
            self.sold(booking, user, pk, number)
        return True
