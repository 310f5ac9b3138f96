"""Headers, hosts, origins, and what the settings refuse."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
KEY = "k" * 32


def manage(*arguments, **environment):
    """Runs manage.py in a process with only this environment; no `.env` is in the way."""
    clean = {name: value for name, value in os.environ.items() if name in {"PATH", "HOME", "LANG"}}
    script = (
        "import environs, sys; environs.Env.read_env = lambda *a, **k: None\n"
        "from django.core.management import execute_from_command_line as run; run(sys.argv)"
    )
    return subprocess.run(
        [sys.executable, "-W", "ignore", "-c", script, *arguments],
        cwd=ROOT,
        env=clean | {"DJANGO_SETTINGS_MODULE": "cinema.settings"} | environment,
        capture_output=True,
        text=True,
        timeout=60,
    )


@pytest.mark.parametrize("environment", [{}, {"SECRET_KEY": ""}, {"SECRET_KEY": "k" * 31}])
def test_nothing_starts_without_a_long_secret_key(environment):
    result = manage("check", **environment)
    assert result.returncode != 0
    assert "SECRET_KEY must be set and have at least 32 bytes" in result.stderr


def test_a_key_that_begins_with_a_dollar_is_a_key():
    script = "from django.conf import settings; print(settings.SECRET_KEY)"
    result = manage("shell", "--no-imports", "-c", script, SECRET_KEY="$" + KEY)
    assert result.stdout.strip() == "$" + KEY


@pytest.mark.parametrize(
    "environment",
    [
        {"HTTPS": "ture"},
        {"DEBUG": "maybe"},
        {"THROTTLE_LOGIN": "ten"},
        {"THROTTLE_SIGNUP": "1/year"},
        {"THROTTLE_BOOKING": "0/s"},
        {"NUM_PROXIES": "-1"},
        {"NUM_PROXIES": "abc"},
        {"HOLD_SECONDS": "0"},
        {"DATABASE_URL": "nonsense"},
        {"DATABASE_URL": "mysql://a@b/c"},
        {"CORS_ALLOWED_ORIGINS": "nonsense"},
        {"STATEMENT_TIMEOUT": "15s"},
        {"LOCK_TIMEOUT": "-1"},
        {"METRICS_TOKEN": "fifteen-letters"},
        {"LOG_FORMAT": "xml"},
        {"LOG_LEVEL": "info"},
        {"DEBUG": "on"},
        {"ALLOWED_HOSTS": "cinema.example,*"},
    ],
)
def test_a_setting_that_makes_no_sense_is_an_error(environment):
    result = manage("check", SECRET_KEY=KEY, **environment)
    assert result.returncode != 0
    assert next(iter(environment)) in result.stderr


def test_a_machine_of_ones_own_may_do_what_a_deployment_may_not():
    result = manage("check", SECRET_KEY=KEY, HTTPS="off", DEBUG="on", ALLOWED_HOSTS="*")
    assert result.returncode == 0, result.stderr


def test_with_nothing_configured_but_a_key_it_is_ready_to_deploy():
    key = "".join(chr(33 + number) for number in range(64))
    result = manage("check", "--deploy", "--fail-level", "WARNING", SECRET_KEY=key)
    assert result.returncode == 0, result.stderr
    assert "no issues" in result.stdout


def test_every_answer_carries_the_security_headers(client, db):
    response = client.get("/movies/")
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["X-Frame-Options"] == "DENY"
    assert response["Referrer-Policy"] == "same-origin"
    assert response["Cross-Origin-Opener-Policy"] == "same-origin"
    assert "frame-ancestors 'none'" in response["Content-Security-Policy"]
    assert "default-src 'self'" in response["Content-Security-Policy"]


def test_a_page_for_debugging_may_have_the_styles_that_are_inside_it(settings, client, db):
    settings.DEBUG = True
    response = client.get("/nope")
    assert response["Content-Type"].startswith("text/html")
    assert "Content-Security-Policy" not in response


def test_only_listed_origins_may_call_from_a_browser(client, db):
    listed = client.get("/movies/", headers={"Origin": "https://app.example"})
    assert listed["Access-Control-Allow-Origin"] == "https://app.example"
    assert "etag" in listed["Access-Control-Expose-Headers"]
    other = client.get("/movies/", headers={"Origin": "https://evil.example"})
    assert "Access-Control-Allow-Origin" not in other


def test_a_preflight_allows_what_booking_sends(client):
    response = client.options(
        "/shows/1/book/",
        headers={
            "Origin": "https://app.example",
            "Access-Control-Request-Method": "POST",
            "Access-Control-Request-Headers": "authorization, content-type, idempotency-key",
        },
    )
    assert response.status_code == 200
    allowed = response["Access-Control-Allow-Headers"]
    assert all(name in allowed for name in ("authorization", "content-type", "idempotency-key"))


def test_with_https_plain_http_is_sent_there_but_probes_are_answered(client, settings, db):
    settings.SECURE_SSL_REDIRECT = True
    response = client.get("/movies/", headers={"Host": "localhost"})
    assert (response.status_code, response["Location"]) == (301, "https://localhost/movies/")
    assert client.get("/livez").status_code == 200
    assert client.get("/readyz/").status_code == 200


def test_every_variable_is_documented_in_the_readme_and_the_example():
    modules = ("settings", "server/__main__", "server/worker")
    code = "".join((ROOT / "cinema" / f"{module}.py").read_text() for module in modules)
    import re

    read = set(re.findall(r"""(?:env\.\w+|boolean|choice|rate|integer)\(\s*"([A-Z_]+)\"""", code))
    assert {"SECRET_KEY", "DATABASE_URL", "PORT", "WORKERS", "HTTPS", "THROTTLE_LOGIN"} <= read
    readme = set(re.findall(r"^\| `([A-Z_]+)` \|", (ROOT / "README.md").read_text(), re.MULTILINE))
    example = set(re.findall(r"^#? ?([A-Z_]+)=", (ROOT / ".env.example").read_text(), re.MULTILINE))
    assert read == readme == example


def test_no_secret_is_in_the_repository():
    if not (ROOT / ".git").exists():
        pytest.skip("not a checkout")
    tracked = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert ".env\n" not in tracked
    assert not [name for name in tracked.split() if name.endswith((".sqlite3", ".pem", ".key"))]
