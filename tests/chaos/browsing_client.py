"""A client of everything but bookings: pages, lists, sign-up and login must fail as cleanly as bookings do."""

from typing import Any

from tests.chaos.buyer import Buyer, Response

PASSWORD = "plum-tart-42"


class BrowsingClient(Buyer):
    """For `BookingLoad(…, client_class=BrowsingClient)`. The 201 responses in its ledger are sign-ups."""

    def act(self) -> None:
        self.rng.choice([self.browse, self.browse, self.use_account])()

    def browse(self) -> None:
        show = self.rng.choice(self.load.shows)
        for path in (
            *("/", "/movies/", "/movies/?search=tempest", "/movies/1/", "/movies/1/shows/?upcoming=true"),
            *(f"/shows/{show}/", f"/shows/{show}/seats/", f"/shows/{show}/availability/", "/my-bookings/"),
            *("/livez", "/readyz", "/admin/login/", "/schema/"),
        ):
            self.send("GET", path)

    def use_account(self) -> None:
        """Signs up, logs in, refreshes the tokens, lists bookings and logs out. Stops at the first failure."""
        credentials = {"username": f"visitor-{self.rng.getrandbits(64):x}", "password": PASSWORD}
        if not self.send_or_none("POST", "/signup", credentials):
            return
        if not (tokens := self.send_or_none("POST", "/login", credentials)):
            return
        if tokens := self.send_or_none("POST", "/login/refresh", {"refresh": tokens["refresh"]}):
            original_headers = self.headers
            self.headers = original_headers | {"Authorization": f"Bearer {tokens['access']}"}
            self.send("GET", "/my-bookings/")
            self.send("POST", "/logout", {"refresh": tokens["refresh"]})
            self.headers = original_headers

    def send_or_none(self, *request: Any) -> Any:
        """Returns the response's body, or None unless the request succeeded."""
        response: Response | None = self.send(*request)
        return response.body if response is not None and response.status < 300 else None
