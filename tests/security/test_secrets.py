"""Passwords and keys do not appear in startup errors, debug pages and responses.

`tests/monitoring/test_logging.py` checks the log.
"""

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.test import RequestFactory
from django.views.debug import ExceptionReporter, get_default_exception_reporter_filter

from tests.assertions import assert_problem
from tests.middleware.test_security_headers import KEY, manage
from tests.selection import first_by_default

SECRET = "kanarienvogel"


@pytest.mark.parametrize(
    "environment",
    first_by_default(
        [
            {"DATABASE_URL": f"mysql://a:{SECRET}@127.0.0.1/b"},
            {"DATABASE_URL": f"postgres://a:{SECRET}@127.0.0.1:port/b"},
            {"DATABASE_URL": f"postgres:/a:{SECRET}@127.0.0.1/b"},
            {"DATABASE_URL": f"postgres://a:{SECRET}@127.0.0.1:1/b"},
            {"DATABASE_URL": f"postgres://a:{SECRET}@127.0.0.1:1/b?sslmode=nonsense"},
            {"DATABASE_URL": f"a:{SECRET}@127.0.0.1/b"},
            {"REDIS_URL": f"nonsense://:{SECRET}@127.0.0.1:1/0"},
            {"REDIS_URL": f"redis://:{SECRET}@127.0.0.1:1/0"},
            {"SECRET_KEY": SECRET},
            {"METRICS_TOKEN": SECRET},
        ]
    ),
    ids=lambda environment: "{}={}".format(*next(iter(environment.items()))),
)
def test_startup_error_contains_no_secret(environment):
    """Covers invalid settings, and a database or cache that does not respond."""
    script = (
        "from django.core.cache import cache; from django.db import connection; "
        "connection.ensure_connection(); cache.get(1)"
    )
    defaults = {"SECRET_KEY": KEY, "LOG_LEVEL": "DEBUG", "DATABASE_URL": "sqlite://:memory:"}
    result = manage("shell", "--no-imports", "-c", script, **defaults | environment)
    assert result.returncode != 0
    assert SECRET not in result.stdout + result.stderr


@pytest.mark.django_db
def test_internal_server_error_contains_no_secret(client, settings, monkeypatch, show):
    settings.SECRET_KEY = SECRET * 4
    client.raise_request_exception = False

    def crash(*args, **kwargs):
        password = SECRET
        raise ImproperlyConfigured(f"{settings.SECRET_KEY} {password}")

    monkeypatch.setattr("cinema.shows.views.count_available_seats", crash)
    headers = {"Authorization": f"Bearer {SECRET}", "Cookie": f"a={SECRET}"}
    for path in (f"/shows/{show.pk}/", f"/movies/{show.movie_id}/shows/?a={SECRET}"):
        response = client.get(path, headers=headers)
        assert SECRET not in response.content.decode() + str(response.headers)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/login", {"username": "alice", "password": SECRET}),
        ("/signup", {"username": "", "password": SECRET}),
        ("/signup", {"username": SECRET, "password": SECRET}),
        ("/login/refresh", {"refresh": SECRET}),
    ],
)
def test_error_response_does_not_repeat_the_password_or_token(anyone, path, body):
    """Clients and proxies may log responses."""
    assert SECRET not in anyone.post(path, body).content.decode()


def test_debug_page_hides_secrets(settings, monkeypatch):
    """Even with `DEBUG`, which is for development only."""
    settings.SECRET_KEY = settings.METRICS_TOKEN = SECRET
    settings.REDIS_URL = f"redis://:{SECRET}@127.0.0.1:6379/0"
    settings.CACHES = {"default": {"BACKEND": "x", "LOCATION": settings.REDIS_URL}}
    monkeypatch.setitem(settings.DATABASES["default"], "PASSWORD", SECRET)
    headers = {"Authorization": f"Bearer {SECRET}", "Cookie": f"sessionid={SECRET}"}
    request = RequestFactory().get("/", headers=headers)
    reporter_filter = get_default_exception_reporter_filter()
    assert SECRET not in str(reporter_filter.get_safe_settings())
    page = ExceptionReporter(request, ValueError, ValueError("x"), None).get_traceback_html()
    assert f"Bearer {SECRET}" not in page


@pytest.mark.django_db
def test_metrics_need_the_token_and_do_not_contain_it(client, settings):
    settings.METRICS_TOKEN = SECRET * 2
    assert_problem(client.get("/metrics"), 401, "not_authenticated")
    assert_problem(client.get("/metrics", headers={"Authorization": "Bearer x"}), 401, "not_authenticated")
    response = client.get("/metrics", headers={"Authorization": f"Bearer {SECRET * 2}"})
    assert response.status_code == 200
    assert SECRET not in response.content.decode()
