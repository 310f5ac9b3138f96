"""Random sequences of requests to a real server, whose fast path answers most of them, match the model.

The admin, commands and the clock work in the tests' own process, so the server must notice what they change.
`MODEL_EXAMPLES=2000` runs more examples, with random ones each time.
"""

import pytest
from hypothesis import settings as Profile
from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, run_state_machine_as_test

from tests.flush import delete_rows
from tests.model.buyer_model import HOLD_MAX_SECONDS, HOLD_SECONDS
from tests.model.hall_rules import HallRules
from tests.model.http_client import Connection, HttpClient
from tests.model.price_rules import PriceRules
from tests.model.test_model import EXAMPLES, EXAMPLES_BY_DEFAULT, PROFILE
from tests.model.till_rules import TillRules

# Calls that the fast path answers in this form.
USUAL = {
    *(f"GET /shows/…/{view}/ 200" for view in ("seats", "availability")),
    *(f"GET {path} 200" for path in ("/my-bookings/", "/movies/", "/movies/…/shows/", "/shows/", "/shows/…/")),
    *("GET /shows/…/seats/ 304", "POST /shows/…/book/ 201"),
}


class CinemaOverHttp(TillRules, PriceRules, HallRules):
    # A server has the limit of its start.
    change_limit_of_each_buyer = None

    def __init__(self, connection):
        self.connection = connection
        super().__init__()

    def begin(self):
        """Nothing: the server sees only what is committed."""

    def teardown(self):
        delete_rows(None)

    def client(self, token=None):
        return HttpClient(self.connection, token)

    @initialize(example=st.integers(0, 2**16))
    def create_data(self, example):
        super().create_data(example)
        self.check_seat_map(self.show_ids["red"])
        # The fast path answers the second and third one.
        for username, number in (("alice", 1), ("bob", 2), ("alice", 3)):
            self.book(username, self.show_ids["red"], number)

    @invariant()
    def lists_and_shows_match_model(self):
        shows = {row["id"]: row for row in self.expect(self.anonymous.get("/shows/"), (200, None))["results"]}
        assert shows.keys() == self.model.shows.keys()
        for pk in self.model.shows:
            assert self.expect(self.anonymous.get(f"/shows/{pk}/"), (200, None)) == shows[pk]
        movies = self.expect(self.anonymous.get("/movies/"), (200, None))["results"]
        assert [movie["id"] for movie in movies] == [self.movie]


@pytest.fixture
def connection(server_with):
    server = server_with(
        workers=1,
        DJANGO_SETTINGS_MODULE="tests.model.server_settings",
        FAST_PATH="on",
        HOLD_SECONDS=str(HOLD_SECONDS),
        HOLD_MAX_SECONDS=str(HOLD_MAX_SECONDS),
    )
    connection = Connection(server.port)
    yield connection
    connection.http.close()


@pytest.mark.django_db(transaction=True)
@pytest.mark.scaled
def test_server_with_fast_path_behaves_like_the_model(settings, connection, full_size):
    settings.BOOKING_MAX_SEATS = 0
    settings.HOLD_SECONDS, settings.HOLD_MAX_SECONDS = HOLD_SECONDS, HOLD_MAX_SECONDS
    profile = Profile(PROFILE, max_examples=EXAMPLES if full_size else EXAMPLES_BY_DEFAULT)
    run_state_machine_as_test(lambda: CinemaOverHttp(connection), settings=profile)
    print("Answered by views:", dict(connection.by_view.most_common()))
    print("Answered by the fast path:", dict(connection.by_fast_path.most_common()))
    assert connection.by_fast_path.keys() >= USUAL
    # Views answer the first requests of each kind, empty lists, and bookings with a key or a kind.
    by_view = sum(connection.by_view[call] for call in USUAL)
    assert sum(connection.by_fast_path[call] for call in USUAL) > 5 * by_view
