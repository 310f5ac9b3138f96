"""Somebody who goes everywhere else while others buy: what fails there must say so just as properly."""

from typing import Any

from tests.chaos.buyer import Answer, Buyer

PASSWORD = "plum-tart-42"


class Visitor(Buyer):
    """For `Storm(…, people=Visitor)`: its ledger's 201s are sign-ups, and nothing is sold."""

    def act(self) -> None:
        self.chance.choice([self.look_around, self.look_around, self.come_and_go])()

    def look_around(self) -> None:
        show = self.chance.choice(self.storm.shows)
        for path in (
            *("/", "/movies/", "/movies/?search=tempest", "/movies/1/", "/movies/1/shows/?upcoming=true"),
            *(f"/shows/{show}/", f"/shows/{show}/seats/", f"/shows/{show}/availability/", "/my-bookings/"),
            *("/livez", "/readyz", "/admin/login/", "/schema/"),
        ):
            self.ask("GET", path)

    def come_and_go(self) -> None:
        """Signs up, logs in, renews the tokens, looks, and logs out; or gives up on the way."""
        who = {"username": f"visitor-{self.chance.getrandbits(64):x}", "password": PASSWORD}
        if not self.did("POST", "/signup", who) or not (pair := self.did("POST", "/login", who)):
            return
        if pair := self.did("POST", "/login/refresh", {"refresh": pair["refresh"]}):
            buyers = self.headers
            self.headers = buyers | {"Authorization": f"Bearer {pair['access']}"}
            self.ask("GET", "/my-bookings/")
            self.ask("POST", "/logout", {"refresh": pair["refresh"]})
            self.headers = buyers

    def did(self, *request: Any) -> Any:
        """The answer's body; None if it did not work."""
        answer: Answer | None = self.ask(*request)
        return answer.body if answer is not None and answer.status < 300 else None
