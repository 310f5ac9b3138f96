"""What the log says, and what it never says."""

import io
import json
import logging
import logging.config
import os
import pty
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import yaml
from django.conf import settings
from django.db import IntegrityError, OperationalError, connection
from django.db.backends.utils import CursorWrapper
from django.template import Context, Template
from django.test.utils import CaptureQueriesContext
from rest_framework_simplejwt.tokens import RefreshToken

from cinema.monitoring.logging import FIELDS, JsonFormatter, TextFormatter, logging_config
from tests.deployment.guide import table
from tests.live_server import ROOT, Server, environment

CANARY = "kanarienvogel"
E_MAIL = f"{CANARY}@example.com"


@pytest.fixture
def log():
    """All that is logged, at DEBUG level, as the settings' own configuration writes it; a line is a dict."""
    configuration = logging_config("json", "DEBUG")
    written = configuration["handlers"]["stderr"]["stream"] = io.StringIO()
    root = logging.getLogger()
    before = root.handlers, root.level
    logging.config.dictConfig(configuration)
    yield lambda: [json.loads(line) for line in written.getvalue().splitlines()]
    logging.config.dictConfig(settings.LOGGING)
    root.handlers, root.level = before


class LoggedServer(Server):
    """Its log goes to a file."""

    def __init__(self, file: Path, **environment: str) -> None:
        super().__init__(**environment)
        self.file = file

    def command(self):
        return ["sh", "-c", f'exec "$@" 2>>{self.file}', "sh", *super().command()]

    def lines(self):
        return [json.loads(line) for line in self.file.read_text().splitlines()]


@pytest.mark.django_db
def test_the_line_of_a_request(log, as_alice, alice, show):
    response = as_alice.post(f"/shows/{show.pk}/book/?a=b", {"seat_number": 1})
    (line,) = [line for line in log() if line["logger"] == "cinema.access"]
    assert list(line) == [field for field in FIELDS if field != "exception"]
    assert line["time"].endswith("Z")
    assert line["request_id"] == response["X-Request-ID"]
    assert (line["method"], line["path"], line["status"]) == ("POST", f"/shows/{show.pk}/book/", 201)
    assert line["user"] == alice.pk
    assert 0 < line["duration_ms"] < 10_000
    assert line["level"] == "INFO"


@pytest.mark.django_db
def test_who_asks_is_not_looked_up_for_the_log(log, admin_client, django_assert_num_queries):
    """A session's user costs a query, which no log is worth."""
    with django_assert_num_queries(0):
        admin_client.get("/nope")
    assert "user" not in log()[-1]


@pytest.mark.django_db
def test_what_fails_says_where_and_in_which_request(log, anyone, show, monkeypatch):
    anyone.raise_request_exception = anyone.handler.raise_request_exception = False

    def crash(show):
        raise RuntimeError("the cause")

    monkeypatch.setattr("cinema.seats.seat_map.queries.seat_map", crash)
    body = anyone.get(f"/shows/{show.pk}/seats/").json()
    (line,) = [line for line in log() if line["level"] == "ERROR"]
    assert line["request_id"] == body["request_id"]
    assert line["exception"].endswith("RuntimeError: the cause")
    assert "cinema/seats/api/bookings.py" in line["exception"]
    assert line["status"] == 500


@pytest.mark.django_db
def test_a_database_that_is_away_is_one_line(log, anyone, show, monkeypatch):
    anyone.raise_request_exception = anyone.handler.raise_request_exception = False

    def away(show):
        raise OperationalError("server closed the connection")

    monkeypatch.setattr("cinema.seats.seat_map.queries.seat_map", away)
    body = anyone.get(f"/shows/{show.pk}/seats/").json()
    (line,) = [line for line in log() if line["level"] == "ERROR"]
    assert line["request_id"] == body["request_id"]
    assert "server closed the connection" in line["exception"]


@pytest.mark.django_db
def test_what_django_says_of_an_answer_afterwards_has_its_id_too(log, anyone, monkeypatch):
    monkeypatch.setattr("cinema.monitoring.health.Ready.draining", True)
    body = anyone.get("/readyz").json()
    (line,) = [line for line in log() if line["level"] == "ERROR"]
    assert (line["request_id"], line["path"]) == (body["request_id"], "/readyz")


@pytest.mark.django_db
def test_a_path_adds_no_line(log, anyone):
    anyone.get('/nope%0a{"level":%20"CRITICAL"}%0d%1b[2J\u2028')
    assert [line["level"] for line in log() if line["logger"] == "cinema.access"] == ["INFO"]


@pytest.mark.parametrize("sign", ["\n", "\r", "\x1b", "\u2028", "\x85"])
def test_text_adds_no_line_either(sign):
    logger = logging.getLogger("test")
    try:
        raise ValueError(f"a{sign}b")
    except ValueError:
        record = logger.makeRecord("test", logging.ERROR, "", 0, f"one{sign}two", (), sys.exc_info())
    first, *below = TextFormatter().format(record).splitlines()
    assert first.endswith(f"ERROR test one{sign!r}two".replace("'", ""))
    assert below[-1] == "    ValueError: a" + ("" if sign == "\n" else f"{sign!r}b".replace("'", ""))
    assert all(line.startswith("    ") for line in below)
    assert json.loads(JsonFormatter().format(record))["message"] == f"one{sign}two"


@pytest.mark.parametrize(
    "secret",
    [
        str(RefreshToken()),
        f"Bearer {CANARY}",
        E_MAIL,
        f"argon2$argon2id$v=19$m=102400,t=2,p=8${CANARY}$abc",
        f"pbkdf2_sha256$1000000${CANARY}$abc",
    ],
)
@pytest.mark.parametrize("formatter", [JsonFormatter(), TextFormatter()])
def test_what_looks_like_a_secret_is_blotted_out(formatter, secret):
    record = logging.getLogger("test").makeRecord("test", logging.ERROR, "", 0, "It was %s!", (secret,), None)
    line = formatter.format(record)
    assert "[hidden]" in line
    assert CANARY not in line
    assert secret.partition(".")[2] not in line or "." not in secret


@pytest.mark.parametrize("part", ["a.", "eyJ", "a@", "Bearer ", "argon2$", "."])
def test_to_blot_a_long_line_takes_no_time(part):
    line = part * (1_000_000 // len(part))
    record = logging.getLogger("test").makeRecord("test", logging.ERROR, "", 0, line, (), None)
    began = time.perf_counter()
    JsonFormatter().format(record)
    assert time.perf_counter() - began < 2


def every_call(alice, show):
    """Each operation of the schema as method, path, body, headers, with a canary wherever one can be put."""
    paths = yaml.safe_load((ROOT / "openapi.yaml").read_text())["paths"]
    token = RefreshToken.for_user(alice)
    body = {
        "username": "carol",
        "password": CANARY,
        "email": E_MAIL,
        "refresh": str(token),
        "seat_number": 1,
        "title": CANARY,
    }
    for bearer in (str(token.access_token), CANARY):
        headers = {
            "Authorization": f"Bearer {bearer}",
            "Idempotency-Key": CANARY,
            "Cookie": f"sessionid={CANARY}; csrftoken={CANARY}",
            "Referer": f"http://localhost/?{CANARY}",
            "User-Agent": CANARY,
        }
        for path, methods in paths.items():
            path = path.replace("{show_id}", str(show.pk)).replace("{movie_id}", str(show.movie_id))
            if not path.endswith("/events/"):
                for method in methods:
                    path = path.replace("{booking_id}", "1")
                    yield method.upper(), f"{path}?search={CANARY}&token={CANARY}", body, headers
        yield "POST", "/admin/login/", body, headers
        yield "GET", f"/{CANARY}".replace(CANARY, f"nope?{CANARY}"), None, headers


@pytest.mark.django_db(transaction=True)
def test_no_call_leaves_a_secret_in_the_log(tmp_path, alice, show):
    """Of the real server, at DEBUG level."""
    server = LoggedServer(tmp_path / "log", workers=1, LOG_LEVEL="DEBUG")
    with server:
        calls = list(every_call(alice, show))
        statuses = [
            server.call(method, path, body, headers=headers).status for method, path, body, headers in calls
        ]
    assert {200, 201, 401, 403, 404} <= set(statuses)
    text = (tmp_path / "log").read_text()
    assert len([line for line in server.lines() if line["logger"] == "cinema.access"]) > len(calls)
    assert CANARY not in text
    assert "eyJ" not in text


@pytest.mark.django_db
def test_nor_does_a_call_that_crashes(log, anyone, alice, show, monkeypatch):
    """Neither the frames' variables, nor the row that a database quotes."""
    anyone.raise_request_exception = anyone.handler.raise_request_exception = False
    calls = list(every_call(alice, show))

    def execute(self, sql, params=None):
        raise IntegrityError(f'null value in "x"\nDETAIL:  Failing row contains (1, {CANARY}, {params}).')

    monkeypatch.setattr(CursorWrapper, "execute", execute)
    for method, path, body, headers in calls:
        anyone.generic(method, path, json.dumps(body), "application/json", headers=headers)
    monkeypatch.undo()
    crashes = [line for line in log() if line["level"] == "ERROR"]
    assert len(crashes) > 20
    assert all("null value in" in line["exception"] for line in crashes)
    assert CANARY not in json.dumps(log())


@pytest.mark.django_db
def test_nor_do_statements_and_templates(log, as_alice, show):
    """With `DEBUG` on, Django would write both at that level, with the values in them."""
    sale = f"/shows/{show.pk}/book/", {"seat_number": 1}
    with CaptureQueriesContext(connection):
        assert as_alice.post(*sale, headers={"Idempotency-Key": CANARY}).status_code == 201
    Template("{{ missing.name }}").render(Context({"password": CANARY}))
    assert CANARY not in json.dumps(log())


@pytest.mark.django_db
def test_no_mail_tells_of_errors(log, settings, anyone, show, monkeypatch, mailoutbox):
    """Django would send the values of all variables to the ADMINS."""
    settings.ADMINS = [("A", "admin@example.com")]
    anyone.raise_request_exception = anyone.handler.raise_request_exception = False
    monkeypatch.setattr("cinema.seats.seat_map.queries.seat_map", lambda: None)
    assert anyone.get(f"/shows/{show.pk}/seats/").status_code == 500
    assert mailoutbox == []


@pytest.mark.django_db(transaction=True)
def test_gunicorns_own_lines_are_of_the_same_form(tmp_path):
    server = LoggedServer(tmp_path / "log", workers=1)
    with server:
        children = Path(f"/proc/{server.process.pid}/task/{server.process.pid}/children").read_text()
        os.kill(int(children.split()[0]), signal.SIGKILL)
        time.sleep(1)
    assert "gunicorn.error" in {line["logger"] for line in server.lines()}


@pytest.mark.parametrize(("form", "first"), [("json", b"{"), ("text", b"2"), ("", b"2")])
def test_it_is_text_on_a_terminal_and_json_elsewhere_unless_one_is_asked_for(form, first):
    script = "import django, logging; django.setup(); logging.warning('Hello.')"
    command, keys = [sys.executable, "-c", script], environment(LOG_FORMAT=form)
    ours, theirs = pty.openpty()
    subprocess.run(command, cwd=ROOT, env=keys, stderr=theirs, check=True)
    assert os.read(ours, 1000)[:1] == first
    piped = subprocess.run(command, cwd=ROOT, env=keys, capture_output=True, check=True).stderr
    assert piped[:1] == (first if form else b"{")


def test_every_field_is_documented():
    assert {row[0].strip("`"): row[1] for row in table("Logs")} == FIELDS
