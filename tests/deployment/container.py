"""The image that `.ci/container` has built, with a read-only file system, on PostgreSQL.

`.ci/container` runs this file in a network without other servers. It is no part of the suite, because it needs
root, podman and minutes.
"""

import os
import secrets
import subprocess
import time
import urllib.request

import pytest

from tests.project.test_commands import paste_first_booking

IMAGE = "localhost/cinema"
# As in compose.yaml. podman mounts a tmpfs at /tmp.
OPTIONS = ["--read-only", "--cap-drop=all", "--security-opt=no-new-privileges", "--network=host"]
URL = "http://127.0.0.1:8000"


@pytest.fixture(scope="module")
def settings_of_service():
    variables = {
        "SECRET_KEY": secrets.token_urlsafe(50),
        "DATABASE_URL": os.environ["DATABASE_URL"],
        "HTTPS": "off",
        "METRICS_TOKEN": "metrics-of-the-container",
    }
    return [f"--env={name}={value}" for name, value in variables.items()]


def podman(*arguments, check=True):
    result = subprocess.run(["podman", *arguments], capture_output=True, text=True, timeout=120)
    assert not check or result.returncode == 0, result.stderr
    return result


@pytest.fixture(scope="module")
def database(settings_of_service):
    for command in ("migrate", "load_demo"):
        podman("run", "--rm", *OPTIONS, *settings_of_service, IMAGE, "python", "manage.py", command)


@pytest.fixture(scope="module")
def container(settings_of_service, database):
    """Starts the image's own command; yields the container's id as soon as its HEALTHCHECK succeeds."""
    container = podman("run", "--detach", *OPTIONS, *settings_of_service, IMAGE).stdout.strip()
    try:
        deadline = time.monotonic() + 60
        while podman("healthcheck", "run", container, check=False).returncode != 0:
            assert time.monotonic() < deadline, podman("logs", container).stderr
            time.sleep(0.5)
        yield container
    finally:
        podman("rm", "--force", "--time=0", container)


def test_first_booking_of_the_readme(container):
    signup, *_, booking, bookings, canceled = paste_first_booking(URL, times=1)
    assert signup["username"] == "alice"
    assert bookings["results"] == [booking]
    assert (canceled["id"], canceled["status"]) == (booking["id"], "cancelled")
    check = podman("exec", container, "python", "manage.py", "check_seats")
    assert check.stdout == "Shows, seats and bookings agree.\n"


def test_static_files_swagger_and_metrics_are_served(container):
    for path in ("/", "/swagger/", "/admin/login/", "/static/web/page.css", "/readyz"):
        with urllib.request.urlopen(URL + path) as answer:
            assert answer.status == 200
    request = urllib.request.Request(f"{URL}/metrics")
    request.add_header("Authorization", "Bearer metrics-of-the-container")
    with urllib.request.urlopen(request) as answer:
        assert b"# TYPE" in answer.read()


def test_processes_are_not_root_and_can_write_nothing_but_tmp(container):
    command = (
        "id -u; for file in /x /srv/cinema/x /opt/venv/x; do touch $file && echo $file; done; touch /tmp/x"
    )
    assert podman("exec", container, "sh", "-c", command).stdout == "10001\n"


def test_no_package_of_the_tests_is_installed(container):
    script = "from importlib.metadata import distributions; print(*[each.name for each in distributions()])"
    installed = set(podman("exec", container, "python", "-c", script).stdout.lower().split())
    assert "django" in installed
    assert not installed & {"pytest", "hypothesis", "factory-boy", "faker", "ruff", "mypy", "pip"}


@pytest.mark.parametrize("name", ["SECRET_KEY", "DATABASE_URL"])
def test_missing_secret_is_one_clear_line(settings_of_service, name):
    given = [option for option in settings_of_service if not option.startswith(f"--env={name}=")]
    result = podman("run", "--rm", *OPTIONS, *given, IMAGE, check=False)
    assert result.returncode != 0
    assert f"{name} must be set" in result.stderr
    assert "Traceback" not in result.stderr


def test_gunicorn_is_process_1_and_stops_without_an_error(container):
    """The last test, because it stops the container of the others."""
    assert "gunicorn" in podman("exec", container, "cat", "/proc/1/cmdline").stdout.split("\0")[1]
    started = time.monotonic()
    podman("stop", "--time=30", container)
    assert time.monotonic() - started < 10
    assert podman("inspect", "--format={{.State.ExitCode}}", container).stdout == "0\n"
