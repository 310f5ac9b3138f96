"""The cinema as `make run` serves it, on a database of its own, and what its people do by the API."""

import itertools
import json
import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from datetime import UTC, datetime, timedelta

from tests.live_server import ROOT, spare_port

PASSWORD = "plum-tart-42"
names = (f"visitor{number}" for number in itertools.count())


class Cinema:
    """`with Cinema(folder) as cinema:` runs it until the block ends."""

    def __init__(self, folder, port=None, **environment):
        self.port = port or spare_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.environment = {
            **{name: value for name, value in os.environ.items() if name != "DJANGO_SETTINGS_MODULE"},
            "SECRET_KEY": "a key of the browser tests, which is long enough",
            "DATABASE_URL": f"sqlite:///{folder}/db.sqlite3",
            "HTTPS": "off",
            "PORT": str(self.port),
            "WORKERS": "2",
            **environment,
        }

    def __enter__(self):
        self.process = subprocess.Popen(
            [sys.executable, "-m", "cinema.server"], cwd=ROOT, env=self.environment, stdout=subprocess.DEVNULL
        )
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            try:
                urllib.request.urlopen(f"{self.url}/readyz", timeout=5)
                return self
            except OSError:
                time.sleep(0.1)
        self.__exit__()
        raise AssertionError("The server did not come up in a minute.")

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(30)

    def manage(self, *command, **environment):
        command = [sys.executable, "manage.py", *command]
        subprocess.run(command, cwd=ROOT, env=self.environment | environment, check=True, capture_output=True)

    def call(self, method, path, body=None, token=None):
        """What the API answers, or a dict with a `code`."""
        request = urllib.request.Request(self.url + path, method=method)
        if body is not None:
            request.data = json.dumps(body).encode()
            request.add_header("Content-Type", "application/json")
        if token:
            request.add_header("Authorization", f"Bearer {token}")
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return json.loads(answer.read() or "null")
        except urllib.error.HTTPError as error:
            return json.loads(error.read())

    def log_in(self, name):
        return self.call("POST", "/login", {"username": name, "password": PASSWORD})

    def visitor(self):
        """Somebody new: their name and access token."""
        name = next(names)
        self.call("POST", "/signup", {"username": name, "password": PASSWORD})
        return name, self.log_in(name)["access"]

    def staff(self):
        """The access token of a superuser called `boss`."""
        if not hasattr(self, "_staff"):
            account = {"DJANGO_SUPERUSER_PASSWORD": PASSWORD, "DJANGO_SUPERUSER_USERNAME": "boss"}
            self.manage("createsuperuser", "--noinput", "--email", "boss@example.com", **account)
            self._staff = self.log_in("boss")["access"]
        return self._staff

    def show(self, screen="Screen 9", seats=40):
        """The id of a new show of Metropolis, tomorrow."""
        movie = self.call("GET", "/movies/?search=metropolis")["results"][0]["id"]
        begins = datetime.now(UTC) + timedelta(days=1)
        hall = {"screen_name": screen, "date_time": begins.isoformat(), "total_seats": seats}
        return self.call("POST", f"/movies/{movie}/shows/", hall, self.staff())["id"]

    def book(self, show, number, token=None):
        token = token or self.visitor()[1]
        return self.call("POST", f"/shows/{show}/book/", {"seat_number": number}, token)

    def status(self, show, number):
        return self.call("GET", f"/shows/{show}/seats/")["seats"][number - 1]["status"]
