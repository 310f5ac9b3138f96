"""Sentry and OpenTelemetry: what a collector on this machine receives from a server, and missing packages."""

import gzip
import http.server
import json
import subprocess
import sys
import threading
import time
from importlib.util import find_spec

import pytest

from tests.live_server import ROOT, Server, environment
from tests.requirements import requires

pytestmark = pytest.mark.django_db(transaction=True)
installed = requires(
    find_spec("sentry_sdk") and find_spec("opentelemetry"), "requirements/telemetry.txt is not installed"
)
# Sent with each request in every place that a request has.
SECRETS = {
    "password": "plum-tart-42",
    "email": "zoe.q@cinema.example",
    "token": "eyJhbGciOiJIUzI1NiJ9.eyJ1c2VyIjoxfQ.c2lnbmF0dXJl",
    "cookie": "c00kie-of-a-session",
}


class Collector(http.server.ThreadingHTTPServer):
    """Answers 200 to each request, and keeps the paths and bodies."""

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.received = []
        self.url = f"127.0.0.1:{self.server_port}"

    def __enter__(self):
        threading.Thread(target=self.serve_forever).start()
        return self

    def __exit__(self, *_):
        self.shutdown()
        self.server_close()

    def bodies(self, path):
        return b"\n".join(body for received_path, body in self.received if received_path == path)

    def wait_for(self, path, *parts):
        deadline = time.monotonic() + 30
        while not all(part in self.bodies(path) for part in parts):
            assert time.monotonic() < deadline, self.received
            time.sleep(0.1)
        return self.bodies(path)


class Handler(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.headers["Content-Encoding"] == "gzip":
            body = gzip.decompress(body)
        self.server.received.append((self.path, body))
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, *_):
        pass


@pytest.fixture
def collector():
    with Collector() as collector:
        yield collector


class BrokenServer(Server):
    """A server whose database does not exist, so each request that needs it is an error."""

    def __init__(self, **settings):
        super().__init__(workers=1, DATABASE_URL="sqlite:////nonexistent/db.sqlite3", **settings)

    def wait_until_ready(self):
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            try:
                self.call("GET", "/livez")
            except OSError:
                time.sleep(0.1)
            else:
                return


def send_secrets(server):
    """Sends two failing requests with secrets, and returns their ids."""
    headers = {
        "Authorization": f"Bearer {SECRETS['token']}",
        "Cookie": f"sessionid={SECRETS['cookie']}",
        "X-Request-ID": "request-with-secrets",
    }
    account = {"username": SECRETS["email"], "password": SECRETS["password"]}
    query = f"?password={SECRETS['password']}&email={SECRETS['email']}"
    assert server.call("POST", f"/login{query}", account, headers=headers).status == 503
    assert server.call("GET", f"/movies/{query}", headers=headers).status == 503


def assert_no_secrets(body):
    for secret in SECRETS.values():
        assert secret.encode() not in body
        assert secret.replace("@", "%40").encode() not in body
    assert environment()["SECRET_KEY"].encode() not in body


@pytest.mark.slow
@installed
def test_sentry_gets_the_log_line_and_the_traceback_without_secrets(collector):
    with BrokenServer(SENTRY_DSN=f"http://key@{collector.url}/1") as server:
        send_secrets(server)
        body = collector.wait_for("/api/1/envelope/", b'"/login"', b'"/movies/"')
    assert_no_secrets(body)
    assert b"nonexistent" not in body
    events = [json.loads(line) for line in body.splitlines() if b'"logentry"' in line]
    tags = [event["tags"] for event in events if "tags" in event]
    fields = {"request_id": "request-with-secrets", "method": "POST", "path": "/login"}
    assert any(fields.items() <= event_tags.items() for event_tags in tags)
    for event in events:
        assert set(event) <= {
            *("event_id", "timestamp", "level", "logger", "platform", "release", "sdk", "server_name"),
            *("exception", "logentry", "tags"),
        }


LOG_AN_ERROR = """
import logging
try:
    local = "{password}"
    raise ValueError("The first line of {email}\\nDETAIL: Key (name)=({password})")
except ValueError:
    logging.getLogger("test").exception("Broken for %s with %s", "{email}", "{token}")
"""


@pytest.mark.slow
@installed
def test_sentry_gets_no_second_line_no_variable_and_no_argument_of_an_exception(collector):
    command = [sys.executable, "-W", "ignore", "manage.py", "shell", "--no-imports", "-c"]
    variables = environment(SENTRY_DSN=f"http://key@{collector.url}/1")
    script = LOG_AN_ERROR.format(**SECRETS)
    subprocess.run([*command, script], cwd=ROOT, env=variables, check=True, capture_output=True)
    body = collector.wait_for("/api/1/envelope/", b"The first line of [hidden]")
    assert b"Broken for [hidden] with [hidden]" in body
    assert b"DETAIL" not in body
    for name in ("password", "email", "token"):
        assert SECRETS[name].encode() not in body


@pytest.mark.slow
@installed
def test_opentelemetry_gets_method_route_and_status_without_secrets(collector):
    with BrokenServer(OTEL_EXPORTER_OTLP_ENDPOINT=f"http://{collector.url}") as server:
        send_secrets(server)
    # A stopping worker sends what it has.
    body = collector.wait_for("/v1/traces", b"POST login", b"GET movies/", b"request-with-secrets")
    assert_no_secrets(body)
    assert b"cinema" in body


@pytest.mark.parametrize(
    ("variable", "value", "module"),
    [
        ("SENTRY_DSN", "http://key@127.0.0.1:1/1", "sentry_sdk"),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:1", "opentelemetry"),
    ],
)
def test_missing_package_is_one_clear_line(tmp_path, variable, value, module):
    (tmp_path / f"{module}.py").write_text("raise ImportError")
    variables = environment(**{variable: value, "PYTHONPATH": str(tmp_path)})
    for command in (["manage.py", "check"], ["-m", "gunicorn", "cinema.asgi"]):
        result = subprocess.run(
            [sys.executable, *command], cwd=ROOT, env=variables, capture_output=True, text=True, timeout=60
        )
        assert result.returncode == 1
        expected = f"{variable} needs more packages. Run: pip install -r requirements/telemetry.txt\n"
        assert result.stderr == expected


@pytest.mark.slow
@installed
def test_invalid_dsn_is_one_clear_line():
    command = [sys.executable, "manage.py", "check"]
    result = subprocess.run(
        command, cwd=ROOT, env=environment(SENTRY_DSN="sentry"), capture_output=True, text=True
    )
    assert (result.returncode, result.stderr) == (1, "SENTRY_DSN must be like https://key@sentry.example/1.\n")
