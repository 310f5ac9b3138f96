"""Rules for prices, orders and the sales report."""

from hypothesis import strategies as st
from hypothesis.stateful import invariant, precondition, rule

from tests.model.state_machine import PRICE_LISTS, SHOW_NAMES, USERNAMES, CinemaStateMachine, price_rows


class PriceRules(CinemaStateMachine):
    @rule(prices=st.sampled_from(PRICE_LISTS))
    def change_prices(self, prices):
        path = f"/price-lists/{self.price_list}/"
        body = self.expect(self.staff.patch(path, {"prices": price_rows(prices)}), (200, None))
        assert body["prices"] == price_rows(prices)
        self.model.prices = prices

    @rule(show_name=SHOW_NAMES, has_prices=st.booleans())
    def give_or_take_price_list(self, show_name, has_prices):
        self.set_price_list(self.show_ids[show_name], has_prices)

    @rule(username=USERNAMES, index=st.integers(0, 9))
    @precondition(lambda self: any(booking.user and booking.order for booking in self.model.bookings.values()))
    def find_order(self, username, index):
        """A buyer finds the bookings of an own order, and none of another user's."""
        user, booking = self.user_ids[username], self.model.bookings[self.booking_id(index)]
        if not self.model.active.get(user) or booking.order is None:
            return
        rows = self.expect(self.clients[username].get(f"/my-bookings/?order={booking.order}"), (200, None))
        same = {pk: other for pk, other in self.model.bookings.items() if other.order == booking.order}
        amounts = {pk: other.price[1] for pk, other in same.items() if other.user == user}
        assert {row["id"]: row["amount"] for row in rows["results"]} == amounts

    @rule(by=st.sampled_from(["show", "movie"]))
    @precondition(lambda self: self.model.bookings)
    def read_sales_report(self, by):
        self.check_sales(by)

    @invariant()
    def sales_by_kind_match_model(self):
        self.check_sales("kind")

    def check_sales(self, by):
        rows = self.expect(self.staff.get(f"/reports/sales/?by={by}"), (200, None))
        keys = {"show": set(self.model.shows), "movie": {self.movie} if self.model.shows else set()}
        bookings = {key: [] for key in keys.get(by, ())}
        for booking in self.model.bookings.values():
            key = {"show": booking.show, "movie": self.movie, "kind": booking.price[0]}[by]
            bookings.setdefault(key, []).append(booking)
        assert {row.pop("key"): {**row, "seats": None} for row in rows} == {
            key: self.model.sales(of_key) | {"seats": None} for key, of_key in bookings.items()
        }
