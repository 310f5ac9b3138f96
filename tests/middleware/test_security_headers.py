"""Security headers, CORS and HTTPS redirects; and the settings reject unsafe or malformed values."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.selection import first_by_default

ROOT = Path(__file__).resolve().parents[2]
KEY = "k" * 32


def manage(*arguments, **environment):
    """Runs a command in a new process with only this environment. Unlike manage.py, it doesn't read `.env`."""
    inherited = {name: value for name, value in os.environ.items() if name in {"PATH", "HOME", "LANG"}}
    inherited |= {"DJANGO_SETTINGS_MODULE": "cinema.settings", "DATABASE_URL": "sqlite:///unused.sqlite3"}
    return subprocess.run(
        [sys.executable, "-W", "ignore", "-m", "django", *arguments],
        cwd=ROOT,
        env=inherited | environment,
        capture_output=True,
        text=True,
        timeout=60,
    )


@pytest.mark.parametrize("environment", first_by_default([{}, {"SECRET_KEY": ""}, {"SECRET_KEY": "k" * 31}]))
def test_every_command_needs_a_long_secret_key(environment):
    result = manage("check", **environment)
    assert result.returncode != 0
    assert "SECRET_KEY must be set and have at least 32 bytes" in result.stderr


@pytest.mark.slow
def test_secret_key_may_begin_with_a_dollar_sign():
    script = "from django.conf import settings; print(settings.SECRET_KEY)"
    result = manage("shell", "--no-imports", "-c", script, SECRET_KEY="$" + KEY)
    assert result.stdout.strip() == "$" + KEY


@pytest.mark.parametrize(
    "environment",
    first_by_default(
        [
            {"HTTPS": "ture"},
            {"DEBUG": "maybe"},
            {"THROTTLE_LOGIN": "ten"},
            {"THROTTLE_SIGNUP": "1/year"},
            {"THROTTLE_BOOKING": "0/s"},
            {"NUM_PROXIES": "-1"},
            {"NUM_PROXIES": "abc"},
            {"HOLD_SECONDS": "0"},
            {"HOLD_MAX_SECONDS": "599"},
            {"DATABASE_URL": ""},
            {"DATABASE_URL": "nonsense"},
            {"DATABASE_URL": "mysql://a@b/c"},
            {"DATABASE_URL": "sqlite://x"},
            {"REDIS_URL": "foo"},
            {"REDIS_URL": "http://127.0.0.1:6379"},
            {"CORS_ALLOWED_ORIGINS": "nonsense"},
            {"CINEMA_COLOR": "red"},
            {"CINEMA_COLOR": "#ffcc00"},
            {"CINEMA_BAR_COLOR": "#777777"},
            {"CINEMA_LOGO": "/nowhere/logo.svg"},
            {"CINEMA_LOGO": "/etc/passwd"},
            {"POSTER_ORIGINS": "http://posters.example"},
            {"POSTER_ORIGINS": "https://posters.example; script-src *"},
            {"STATEMENT_TIMEOUT": "15s"},
            {"LOCK_TIMEOUT": "-1"},
            {"METRICS_TOKEN": "fifteen-letters"},
            {"LOG_FORMAT": "xml"},
            {"LOG_LEVEL": "info"},
            {"HSTS": "on"},
            {"DEBUG": "on"},
            {"ALLOWED_HOSTS": "cinema.example,*"},
            {"ALLOWED_HOSTS": "*", "HTTPS": "off", "EMAIL_URL": "smtp://localhost"},
            {"EMAIL_URL": "nonsense"},
        ]
    ),
)
def test_malformed_or_unsafe_variable_is_an_error_that_names_it(environment):
    result = manage("check", SECRET_KEY=KEY, **environment)
    assert result.returncode != 0
    assert next(iter(environment)) in result.stderr


@pytest.mark.slow
def test_admin_and_authenticator_apps_have_the_name_of_the_cinema():
    script = "from django.conf import settings; from django.contrib.admin import site;"
    script += "print(settings.OTP_TOTP_ISSUER, site.site_header, site.site_title)"
    result = manage("shell", "--no-imports", "-c", script, SECRET_KEY=KEY, CINEMA_NAME="Rex")
    assert result.stdout.split() == ["Rex"] * 3


@pytest.mark.slow
def test_debug_and_any_host_are_allowed_without_https():
    result = manage("check", SECRET_KEY=KEY, HTTPS="off", DEBUG="on", ALLOWED_HOSTS="*")
    assert result.returncode == 0, result.stderr


@pytest.mark.slow
def test_default_settings_pass_the_deployment_check():
    key = "".join(chr(33 + number) for number in range(64))
    result = manage("check", "--deploy", "--fail-level", "WARNING", SECRET_KEY=key)
    assert result.returncode == 0, result.stderr
    assert "no issues" in result.stdout


def test_every_response_has_the_security_headers(client, db):
    response = client.get("/movies/")
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["X-Frame-Options"] == "DENY"
    assert response["Referrer-Policy"] == "same-origin"
    assert response["Cross-Origin-Opener-Policy"] == "same-origin"
    assert "frame-ancestors 'none'" in response["Content-Security-Policy"]
    assert "default-src 'self'" in response["Content-Security-Policy"]


def test_policy_of_a_response_is_the_setting(settings, client, db):
    assert client.get("/movies/")["Content-Security-Policy"] == settings.CONTENT_SECURITY_POLICY


@pytest.mark.parametrize("path", ["/", "/swagger/", "/admin/login/"])
def test_html_pages_may_not_use_the_camera(client, db, path):
    assert client.get(path)["Permissions-Policy"] == "camera=(), microphone=(), geolocation=()"


def test_only_the_door_may_use_the_camera(client):
    assert client.get("/door/")["Permissions-Policy"] == "camera=(self), microphone=(), geolocation=()"


@pytest.mark.parametrize("path", ["/swagger/", "/redoc/"])
def test_policy_of_docs_pages_adds_inline_styles_and_workers(settings, client, path):
    added = "; style-src 'self' 'unsafe-inline'; worker-src 'self' blob:"
    assert client.get(path)["Content-Security-Policy"] == settings.CONTENT_SECURITY_POLICY + added


def test_debug_404_page_has_no_policy_because_its_styles_are_inline(settings, client, db):
    settings.DEBUG = True
    response = client.get("/nope")
    assert response["Content-Type"].startswith("text/html")
    assert "Content-Security-Policy" not in response


def test_debug_500_page_has_no_policy_because_its_scripts_are_inline(settings, client, show, monkeypatch):
    settings.DEBUG = True
    client.raise_request_exception = client.handler.raise_request_exception = False

    def crash(show):
        raise RuntimeError("a fault")

    monkeypatch.setattr("cinema.seats.seat_map.queries.seat_map", crash)
    response = client.get(f"/shows/{show.pk}/seats/", headers={"Accept": "text/html"})
    assert (response.status_code, response["Content-Type"]) == (500, "text/html; charset=utf-8")
    assert "Content-Security-Policy" not in response


def test_other_responses_have_the_policy_in_debug_mode_too(settings, client, db):
    settings.DEBUG = True
    assert client.get("/movies/")["Content-Security-Policy"] == settings.CONTENT_SECURITY_POLICY


def test_only_listed_origins_get_cors_headers(client, db):
    listed = client.get("/movies/", headers={"Origin": "https://app.example"})
    assert listed["Access-Control-Allow-Origin"] == "https://app.example"
    assert "etag" in listed["Access-Control-Expose-Headers"]
    other = client.get("/movies/", headers={"Origin": "https://evil.example"})
    assert "Access-Control-Allow-Origin" not in other


def test_preflight_allows_the_headers_of_a_booking(client):
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


def test_http_is_redirected_to_https_except_for_health_probes(client, settings, db):
    settings.SECURE_SSL_REDIRECT = True
    response = client.get("/movies/", headers={"Host": "localhost"})
    assert (response.status_code, response["Location"]) == (301, "https://localhost/movies/")
    assert client.get("/livez").status_code == 200
    assert client.get("/readyz/").status_code == 200


# A call that reads a variable: `env.str("NAME"`, `integer("NAME"`, `ENVIRON.get("NAME"` and the like.
READ_VARIABLE = re.compile(
    r"""\b(?:env\.\w+|boolean|choice|rate|integer|text|time_zone|_number|ENVIRON\.get)\(\s*"([A-Z_]+)\""""
)


def test_every_environment_variable_is_documented_in_the_docs_and_in_the_example():
    code = "".join(file.read_text() for file in (ROOT / "cinema").rglob("*.py"))
    read = set(READ_VARIABLE.findall(code))
    assert {"SECRET_KEY", "DATABASE_URL", "PORT", "WORKERS", "HTTPS", "THROTTLE_LOGIN", "DRAIN_SECONDS"} <= read
    docs = "".join(file.read_text() for file in [ROOT / "README.md", *(ROOT / "docs").glob("*.md")])
    documented = set(re.findall(r"^\| `([A-Z_]+)` \|", docs, re.MULTILINE))
    example = set(re.findall(r"^#? ?([A-Z_]+)=", (ROOT / ".env.example").read_text(), re.MULTILINE))
    assert read == documented == example


def test_repository_contains_no_env_file_database_or_key():
    if not (ROOT / ".git").exists():
        pytest.skip("not a checkout")
    tracked = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert ".env\n" not in tracked
    assert not [name for name in tracked.split() if name.endswith((".sqlite3", ".pem", ".key"))]
