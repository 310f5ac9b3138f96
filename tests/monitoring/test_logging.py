"""The fields and formats of the log, and the secrets that it never contains."""

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
from django.conf import settings
from django.db import IntegrityError, OperationalError, connection
from django.db.backends.utils import CursorWrapper
from django.template import Context, Template
from django.test.utils import CaptureQueriesContext
from rest_framework_simplejwt.tokens import RefreshToken

from cinema.monitoring.logging import FIELDS, JsonFormatter, TextFormatter, logging_config
from tests.deployment.guide import table
from tests.live_server import ROOT, Server, environment, wait_for
from tests.schema import schema_paths
from tests.selection import first_by_default

# A word that is sent wherever a secret could be, and that no log line may contain.
CANARY = "kanarienvogel"
EMAIL = f"{CANARY}@example.com"


@pytest.fixture
def log():
    """`log()` returns the lines so far, as dicts: at DEBUG level, from the settings' own configuration."""
    configuration = logging_config("json", "DEBUG")
    stream = configuration["handlers"]["stderr"]["stream"] = io.StringIO()
    root = logging.getLogger()
    handlers, level = root.handlers, root.level
    logging.config.dictConfig(configuration)
    yield lambda: [json.loads(line) for line in stream.getvalue().splitlines()]
    logging.config.dictConfig(settings.LOGGING)
    root.handlers, root.level = handlers, level


class LoggedServer(Server):
    """A server that appends its log to a file."""

    def __init__(self, file: Path, **environment: str) -> None:
        super().__init__(**environment)
        self.file = file

    def command(self):
        return ["sh", "-c", f'exec "$@" 2>>{self.file}', "sh", *super().command()]

    def lines(self):
        return [json.loads(line) for line in self.file.read_text().splitlines()]


@pytest.mark.django_db
def test_request_is_logged_with_every_field(log, as_alice, alice, show):
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
def test_logging_a_request_queries_no_user(log, admin_client, django_assert_num_queries):
    """Django loads a session's user with a query, and only on first use."""
    with django_assert_num_queries(0):
        admin_client.get("/nope")
    assert "user" not in log()[-1]


@pytest.mark.django_db
def test_crash_is_logged_with_its_traceback_and_request_id(log, anyone, show, monkeypatch):
    anyone.raise_request_exception = anyone.handler.raise_request_exception = False

    def crash(show):
        raise RuntimeError("the cause")

    monkeypatch.setattr("cinema.seats.seat_map.queries.seat_map", crash)
    body = anyone.get(f"/shows/{show.pk}/seats/").json()
    (line,) = [line for line in log() if line["level"] == "ERROR"]
    assert line["request_id"] == body["request_id"]
    assert line["exception"].endswith("RuntimeError: the cause")
    assert "cinema/seats/api/seat_maps.py" in line["exception"]
    assert line["status"] == 500


@pytest.mark.django_db
def test_unreachable_database_is_logged_once(log, anyone, show, monkeypatch):
    anyone.raise_request_exception = anyone.handler.raise_request_exception = False

    def fail(show):
        raise OperationalError("server closed the connection")

    monkeypatch.setattr("cinema.seats.seat_map.queries.seat_map", fail)
    body = anyone.get(f"/shows/{show.pk}/seats/").json()
    (line,) = [line for line in log() if line["level"] == "ERROR"]
    assert line["request_id"] == body["request_id"]
    assert "server closed the connection" in line["exception"]


@pytest.mark.django_db
def test_line_that_django_logs_after_the_request_has_its_request_id(log, anyone, monkeypatch):
    monkeypatch.setattr("cinema.monitoring.health.Ready.draining", True)
    body = anyone.get("/readyz").json()
    (line,) = [line for line in log() if line["level"] == "ERROR"]
    assert (line["request_id"], line["path"]) == (body["request_id"], "/readyz")


@pytest.mark.django_db
def test_path_with_control_characters_adds_no_line(log, anyone):
    anyone.get('/nope%0a{"level":%20"CRITICAL"}%0d%1b[2J\u2028')
    assert [line["level"] for line in log() if line["logger"] == "cinema.access"] == ["INFO"]


@pytest.mark.parametrize("character", ["\n", "\r", "\x1b", "\u2028", "\x85"])
def test_message_with_a_control_character_adds_no_line(character):
    logger = logging.getLogger("test")
    try:
        raise ValueError(f"a{character}b")
    except ValueError:
        record = logger.makeRecord("test", logging.ERROR, "", 0, f"one{character}two", (), sys.exc_info())
    first, *indented = TextFormatter().format(record).splitlines()
    escaped = repr(character).strip("'")
    assert first.endswith(f"ERROR test one{escaped}two")
    assert indented[-1] == "    ValueError: a" + ("" if character == "\n" else f"{escaped}b")
    assert all(line.startswith("    ") for line in indented)
    assert json.loads(JsonFormatter().format(record))["message"] == f"one{character}two"


@pytest.mark.parametrize(
    "secret",
    [
        str(RefreshToken()),
        f"Bearer {CANARY}",
        EMAIL,
        f"argon2$argon2id$v=19$m=102400,t=2,p=8${CANARY}$abc",
        f"pbkdf2_sha256$1000000${CANARY}$abc",
    ],
)
@pytest.mark.parametrize("formatter", [JsonFormatter(), TextFormatter()])
def test_secret_is_hidden(formatter, secret):
    record = logging.getLogger("test").makeRecord("test", logging.ERROR, "", 0, "It was %s!", (secret,), None)
    line = formatter.format(record)
    assert "[hidden]" in line
    assert CANARY not in line
    assert secret.partition(".")[2] not in line or "." not in secret


@pytest.mark.parametrize("part", ["a.", "eyJ", "a@", "Bearer ", "argon2$", "."])
def test_hiding_secrets_takes_linear_time(part):
    line = part * (1_000_000 // len(part))
    record = logging.getLogger("test").makeRecord("test", logging.ERROR, "", 0, line, (), None)
    began = time.process_time()
    JsonFormatter().format(record)
    assert time.process_time() - began < 2


def every_call(alice, show):
    """Yields method, path, body and headers of each operation, with a canary wherever one fits."""
    token = RefreshToken.for_user(alice)
    body = {
        "username": "carol",
        "password": CANARY,
        "email": EMAIL,
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
        for path, methods in schema_paths().items():
            path = path.replace("{show_id}", str(show.pk)).replace("{movie_id}", str(show.movie_id))
            if not path.endswith("/events/"):
                for method in methods:
                    path = path.replace("{booking_id}", "1")
                    yield method.upper(), f"{path}?search={CANARY}&token={CANARY}", body, headers
        yield "POST", "/admin/login/", body, headers
        yield "GET", f"/{CANARY}".replace(CANARY, f"nope?{CANARY}"), None, headers


@pytest.mark.django_db(transaction=True)
@pytest.mark.slow
def test_log_of_the_real_server_at_debug_level_contains_no_secret(tmp_path, alice, show):
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
def test_log_of_a_crash_contains_no_variables_and_no_database_row(log, anyone, alice, show, monkeypatch):
    anyone.raise_request_exception = anyone.handler.raise_request_exception = False
    calls = list(every_call(alice, show))

    def execute(self, sql, params=None):
        raise IntegrityError(f'null value in "x"\nDETAIL:  Failing row contains (1, {CANARY}, {params}).')

    monkeypatch.setattr(CursorWrapper, "execute", execute)
    for method, path, body, headers in calls:
        anyone.generic(method, path, json.dumps(body), "application/json", headers=headers)
    monkeypatch.undo()
    crashes = [line for line in log() if line["logger"] == "django.request" and line["level"] == "ERROR"]
    assert len(crashes) > 20
    assert all("null value in" in line["exception"] for line in crashes)
    assert CANARY not in json.dumps(log())


@pytest.mark.django_db
def test_log_contains_no_values_of_sql_and_of_templates(log, as_alice, show):
    """With `DEBUG` on, Django logs both at DEBUG level."""
    path, body = f"/shows/{show.pk}/book/", {"seat_number": 1}
    with CaptureQueriesContext(connection):
        assert as_alice.post(path, body, headers={"Idempotency-Key": CANARY}).status_code == 201
    Template("{{ missing.name }}").render(Context({"password": CANARY}))
    assert CANARY not in json.dumps(log())


@pytest.mark.django_db
def test_errors_are_not_mailed(log, settings, anyone, show, monkeypatch, mailoutbox):
    """Django's default handler mails the values of all variables to the ADMINS."""
    settings.ADMINS = [("A", "admin@example.com")]
    anyone.raise_request_exception = anyone.handler.raise_request_exception = False
    monkeypatch.setattr("cinema.seats.seat_map.queries.seat_map", lambda: None)
    assert anyone.get(f"/shows/{show.pk}/seats/").status_code == 500
    assert mailoutbox == []


@pytest.mark.django_db(transaction=True)
@pytest.mark.slow
def test_gunicorns_own_lines_have_the_same_format(tmp_path):
    server = LoggedServer(tmp_path / "log", workers=1)
    with server:
        children = Path(f"/proc/{server.process.pid}/task/{server.process.pid}/children").read_text()
        os.kill(int(children.split()[0]), signal.SIGKILL)
        wait_for(lambda: "gunicorn.error" in {line["logger"] for line in server.lines()})


@pytest.mark.parametrize(
    ("log_format", "first_byte"), first_by_default([("", b"2"), ("json", b"{"), ("text", b"2")])
)
def test_log_is_text_on_a_terminal_and_json_elsewhere_unless_a_format_is_set(log_format, first_byte):
    script = "import django, logging; django.setup(); logging.warning('Hello.')"
    command, variables = [sys.executable, "-c", script], environment(LOG_FORMAT=log_format)
    our_end, their_end = pty.openpty()
    subprocess.run(command, cwd=ROOT, env=variables, stderr=their_end, check=True)
    assert os.read(our_end, 1000)[:1] == first_byte
    piped = subprocess.run(command, cwd=ROOT, env=variables, capture_output=True, check=True).stderr
    assert piped[:1] == (first_byte if log_format else b"{")


def test_every_field_is_documented():
    rows = table("Logs")
    assert tuple(name.strip("`") for name, _ in rows) == FIELDS
    assert all(meaning for _, meaning in rows)
