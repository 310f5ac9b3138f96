"""A running cinema for browser tests: the server of `make run`, a database, and shortcuts to the API."""

import itertools
import json
import math
import os
import sqlite3
import subprocess
import sys
import time
import urllib.error
import urllib.request
from contextlib import closing
from datetime import UTC, datetime, timedelta

from tests.live_server import ROOT
from tests.ports import spare_port

PASSWORD = "plum-tart-42"
SUPERUSER = "boss"
STAFF_TOKEN_SECONDS = 300
new_shows = itertools.count()
new_usernames = (f"visitor{number}" for number in itertools.count())


class Cinema:
    """`with Cinema(folder) as cinema:` runs the server until the block ends.

    Its database is in `folder`; `environment` adds environment variables.
    """

    # Databases as the server prepared them, with a superuser, by time zone, because the demo depends on it.
    # Copying one saves the migrations of all later servers.
    prepared = {}
    _staff_token_at = -math.inf  # When the token was issued.

    def __init__(self, folder, port=None, **environment):
        self.folder = folder
        self.port = port or spare_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.database = folder / "db.sqlite3"
        self.environment = {
            **{name: value for name, value in os.environ.items() if name != "DJANGO_SETTINGS_MODULE"},
            "SECRET_KEY": "a key of the browser tests, which is long enough",
            "DATABASE_URL": f"sqlite:///{self.database}",
            "HTTPS": "off",
            "PORT": str(self.port),
            "WORKERS": "2",
            **environment,
        }

    def __enter__(self):
        time_zone, is_new = self.environment.get("TIME_ZONE"), not self.database.exists()
        if is_new and time_zone in self.prepared:
            with closing(sqlite3.connect(self.database)) as file:
                self.prepared[time_zone].backup(file)
        self.start()
        if is_new and time_zone not in self.prepared:
            account = {"DJANGO_SUPERUSER_PASSWORD": PASSWORD, "DJANGO_SUPERUSER_USERNAME": SUPERUSER}
            self.manage("createsuperuser", "--noinput", "--email", "boss@example.com", **account)
            self.prepared[time_zone] = sqlite3.connect(":memory:")
            with closing(sqlite3.connect(self.database)) as file:
                file.backup(self.prepared[time_zone])
        return self

    def start(self):
        self.process = subprocess.Popen(
            [sys.executable, "-m", "cinema.server"], cwd=ROOT, env=self.environment, stdout=subprocess.DEVNULL
        )
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            try:
                urllib.request.urlopen(f"{self.url}/readyz", timeout=5)
                return
            except OSError:
                time.sleep(0.1)
        self.__exit__()
        raise AssertionError("The server was not ready within a minute.")

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(30)

    def manage(self, *arguments, **environment):
        """Runs a management command."""
        command = [sys.executable, "manage.py", *arguments]
        subprocess.run(command, cwd=ROOT, env=self.environment | environment, check=True, capture_output=True)

    def call(self, method, path, body=None, token=None):
        """Sends a request; returns the JSON of the response, which may be a problem with a `code`."""
        request = urllib.request.Request(self.url + path, method=method)
        if body is not None:
            request.data = json.dumps(body).encode()
            request.add_header("Content-Type", "application/json")
        if token:
            request.add_header("Authorization", f"Bearer {token}")
        try:
            with urllib.request.urlopen(request, timeout=30) as response:
                return json.loads(response.read() or "null")
        except urllib.error.HTTPError as error:
            return json.loads(error.read())

    def log_in(self, username):
        """Returns the tokens of a user whose password is `PASSWORD`."""
        return self.call("POST", "/login", {"username": username, "password": PASSWORD})

    def new_visitor(self):
        """Signs up a new user; returns their username and access token."""
        username = next(new_usernames)
        self.call("POST", "/signup", {"username": username, "password": PASSWORD})
        return username, self.log_in(username)["access"]

    def staff_token(self):
        """Returns an access token of the superuser."""
        # All browser tests together take longer than a token is valid.
        if time.monotonic() - self._staff_token_at > STAFF_TOKEN_SECONDS:
            self._staff_token = self.log_in(SUPERUSER)["access"]
            self._staff_token_at = time.monotonic()
        return self._staff_token

    def new_show(self, screen="Screen 9", seats=40, **fields):
        """Creates a show of Metropolis, which overlaps none that was created before; returns its id."""
        movie = self.call("GET", "/movies/?search=metropolis")["results"][0]["id"]
        date_time = datetime.now(UTC) + timedelta(days=10, hours=3 * next(new_shows))
        data = {"screen_name": screen, "date_time": date_time.isoformat(), "total_seats": seats, **fields}
        return self.call("POST", f"/movies/{movie}/shows/", data, self.staff_token())["id"]

    def add_hall(self, plan, screen, title):
        """Imports a plan, and creates a movie of this title and a show on the screen: `movie_id`, `show_id`."""
        (self.folder / "plan").write_text(plan if isinstance(plan, str) else json.dumps(plan))
        self.manage("import_plan", str(self.folder / "plan"), "--screen", screen)
        movie = {"title": title, "duration_minutes": 90}
        self.movie_id = self.call("POST", "/movies/", movie, self.staff_token())["id"]
        show = {"screen_name": screen, "date_time": "2035-01-01T18:00:00Z"}
        self.show_id = self.call("POST", f"/movies/{self.movie_id}/shows/", show, self.staff_token())["id"]

    def book(self, show, seat_number, token=None):
        """Books a seat, by default for a new user."""
        token = token or self.new_visitor()[1]
        return self.call("POST", f"/shows/{show}/book/", {"seat_number": seat_number}, token)

    def seat_status(self, show, seat_number):
        return self.call("GET", f"/shows/{show}/seats/")["seats"][seat_number - 1]["status"]
