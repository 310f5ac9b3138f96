"""Where passwords and keys must not turn up: errors at the start, debug pages, answers. (For the log, see
`tests/monitoring/test_logging.py`.)"""

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.test import RequestFactory
from django.views.debug import ExceptionReporter, get_default_exception_reporter_filter

from tests.assertions import assert_problem
from tests.middleware.test_security_headers import KEY, manage

CANARY = "kanarienvogel"


@pytest.mark.parametrize(
    "environment",
    [
        {"DATABASE_URL": f"mysql://a:{CANARY}@127.0.0.1/b"},
        {"DATABASE_URL": f"postgres://a:{CANARY}@127.0.0.1:port/b"},
        {"DATABASE_URL": f"postgres:/a:{CANARY}@127.0.0.1/b"},
        {"DATABASE_URL": f"postgres://a:{CANARY}@127.0.0.1:1/b"},
        {"DATABASE_URL": f"postgres://a:{CANARY}@127.0.0.1:1/b?sslmode=nonsense"},
        {"DATABASE_URL": f"a:{CANARY}@127.0.0.1/b"},
        {"REDIS_URL": f"nonsense://:{CANARY}@127.0.0.1:1/0"},
        {"REDIS_URL": f"redis://:{CANARY}@127.0.0.1:1/0"},
        {"SECRET_KEY": CANARY},
        {"METRICS_TOKEN": CANARY},
    ],
    ids=lambda environment: "{}={}".format(*next(iter(environment.items()))),
)
def test_a_server_that_can_not_start_tells_no_password(environment):
    """Neither the settings, nor the database or the cache that does not answer."""
    script = (
        "from django.core.cache import cache; from django.db import connection; "
        "connection.ensure_connection(); cache.get(1)"
    )
    usual = {"SECRET_KEY": KEY, "LOG_LEVEL": "DEBUG", "DATABASE_URL": "sqlite://:memory:"}
    result = manage("shell", "--no-imports", "-c", script, **usual | environment)
    assert result.returncode != 0
    assert CANARY not in result.stdout + result.stderr


@pytest.mark.django_db
def test_no_answer_tells_a_secret_even_of_a_crash(client, settings, monkeypatch, show):
    settings.SECRET_KEY = CANARY * 4
    client.raise_request_exception = False

    def crash(*args, **kwargs):
        password = CANARY
        raise ImproperlyConfigured(f"{settings.SECRET_KEY} {password}")

    monkeypatch.setattr("cinema.shows.views.count_available_seats", crash)
    headers = {"Authorization": f"Bearer {CANARY}", "Cookie": f"a={CANARY}"}
    for path in (f"/shows/{show.pk}/", f"/movies/{show.movie_id}/shows/?a={CANARY}"):
        response = client.get(path, headers=headers)
        assert CANARY not in response.content.decode() + str(response.headers)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/login", {"username": "alice", "password": CANARY}),
        ("/signup", {"username": "", "password": CANARY}),
        ("/signup", {"username": CANARY, "password": CANARY}),
        ("/login/refresh", {"refresh": CANARY}),
    ],
)
def test_a_refusal_repeats_no_password(anyone, path, body):
    """It may be kept where answers are kept."""
    assert CANARY not in anyone.post(path, body).content.decode()


def test_a_debug_page_hides_what_is_secret(settings, monkeypatch):
    """`DEBUG` is for a machine of one's own; keys and passwords stay hidden there all the same."""
    settings.SECRET_KEY = settings.METRICS_TOKEN = CANARY
    settings.REDIS_URL = f"redis://:{CANARY}@127.0.0.1:6379/0"
    settings.CACHES = {"default": {"BACKEND": "x", "LOCATION": settings.REDIS_URL}}
    monkeypatch.setitem(settings.DATABASES["default"], "PASSWORD", CANARY)
    headers = {"Authorization": f"Bearer {CANARY}", "Cookie": f"sessionid={CANARY}"}
    request = RequestFactory().get("/", headers=headers)
    hides = get_default_exception_reporter_filter()
    assert CANARY not in str(hides.get_safe_settings())
    assert (
        f"Bearer {CANARY}"
        not in ExceptionReporter(request, ValueError, ValueError("x"), None).get_traceback_html()
    )


@pytest.mark.django_db
def test_figures_are_for_whoever_has_the_token(client, settings):
    settings.METRICS_TOKEN = CANARY * 2
    assert_problem(client.get("/metrics"), 401, "not_authenticated")
    assert_problem(client.get("/metrics", headers={"Authorization": "Bearer x"}), 401, "not_authenticated")
    body = client.get("/metrics", headers={"Authorization": f"Bearer {CANARY * 2}"})
    assert body.status_code == 200
    assert CANARY not in body.content.decode()
