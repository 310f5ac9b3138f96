"""`make` in a copy of the project with an empty database, and the README's first booking on that server."""

import json
import os
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
import urllib.request
from contextlib import ExitStack, closing, contextmanager, suppress

import pytest

from tests.live_server import ROOT
from tests.ports import spare_port
from tests.selection import first_by_default

pytestmark = [
    pytest.mark.skipif(
        not (shutil.which("make") and shutil.which("curl")), reason="make or curl is not installed"
    ),
    pytest.mark.xdist_group("commands"),
]

COPIED = [
    *("cinema", "fixtures", "manage.py", "gunicorn.conf.py", "Makefile", "README.md"),
    *("requirements.txt", "pyproject.toml", "openapi.yaml"),
]


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    return copy_project(tmp_path_factory.mktemp("project"))


def copy_project(copy):
    """Copies the project. The copy uses the virtual environment of these tests and downloads nothing."""
    for name in COPIED:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy2(source, copy / name)
    (copy / ".venv" / "bin").mkdir(parents=True)
    (copy / ".venv" / "bin" / "python").write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')
    (copy / ".venv" / "bin" / "python").chmod(0o755)
    for name in ("bin/pip", "installed"):
        (copy / ".venv" / name).touch()
    return copy


def environment(**variables):
    """Returns environment variables without any configuration, as on a fresh machine."""
    inherited = {name: value for name, value in os.environ.items() if name in {"PATH", "HOME", "LANG"}}
    return inherited | {"PYTHON": sys.executable} | variables


def make(project, *arguments, **variables):
    return subprocess.run(
        ["make", *arguments],
        cwd=project,
        env=environment(**variables),
        capture_output=True,
        text=True,
        timeout=120,
    )


@contextmanager
def start_make_run(project, port):
    """Runs `make run` until the block ends, then presses Ctrl-C; yields the process."""
    process = subprocess.Popen(
        ["make", "run"],
        cwd=project,
        env=environment(PORT=str(port)),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    try:
        yield process
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGINT)
        process.output = process.communicate(timeout=60)[0]


def wait_for_server(url, processes):
    deadline = time.monotonic() + 60
    while True:
        try:
            urllib.request.urlopen(f"{url}/readyz", timeout=5).close()
            break
        except OSError:
            for process in processes:
                assert process.poll() is None, process.stdout.read()
            assert time.monotonic() < deadline
            time.sleep(0.2)


@contextmanager
def make_run(project, port):
    """Runs `make run` until the block ends; yields the server's URL."""
    url = f"http://127.0.0.1:{port}"
    with start_make_run(project, port) as process:
        wait_for_server(url, [process])
        yield url
    assert f"{url}/swagger/" in process.output


def paste_first_booking(url, *, times):
    """Pastes the README's commands into a shell; returns its output, one JSON value for each line."""
    section = (ROOT / "README.md").read_text().split("## A first booking")[1].split("\n## ")[0]
    (commands,) = re.findall(r"```bash\n(.*?)```", section, re.DOTALL)
    assert commands.count("http://127.0.0.1:8000") == 1
    commands = commands.replace("http://127.0.0.1:8000", url)
    shell = subprocess.run(
        ["bash"],
        input=commands * times,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=60,
    )
    return [json.loads(line) for line in shell.stdout.splitlines()]


@pytest.mark.slow
def test_make_run_serves_the_demo_and_keeps_data(project):
    port = spare_port()
    with make_run(project, port) as url:
        env_file = (project / ".env").read_text()
        assert re.search(r"^SECRET_KEY=\S{43,}$", env_file, re.MULTILINE)
        assert (project / ".env").stat().st_mode & 0o077 == 0

        signup, *_ = paste_first_booking(url, times=1)
        assert signup["username"] == "alice"

        second = make(project, "run", PORT=str(port))
        assert second.returncode != 0
        (line,) = [line for line in second.stderr.splitlines() if not line.startswith("make")]
        assert str(port) in line
        assert "Address already in use" in line

    with make_run(project, port) as url:
        assert (project / ".env").read_text() == env_file
        signup, *_ = paste_first_booking(url, times=1)
        assert (signup["code"], list(signup["errors"])) == ("invalid", ["username"])

    check = subprocess.run(
        [str(project / ".venv/bin/python"), "manage.py", "check_seats"],
        cwd=project,
        env=environment(),
        capture_output=True,
        text=True,
    )
    assert check.stdout == "Shows, seats and bookings agree.\n"


@pytest.mark.slow
def test_make_run_twice_at_once_prepares_the_database_once(tmp_path):
    """Two of the three want the same port. All of them want to migrate and to load the demo."""
    project = copy_project(tmp_path)
    shared, other = spare_port(), spare_port()
    with ExitStack() as stack:
        runs = [stack.enter_context(start_make_run(project, port)) for port in (shared, shared, other)]
        for port in (shared, other):
            wait_for_server(f"http://127.0.0.1:{port}", [])
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/movies/") as answer:
                assert json.load(answer)["count"] == 6
        (refused,) = [run for run in runs[:2] if run.poll() is not None]
        assert refused.returncode != 0
        (line,) = [line for line in refused.stdout.read().splitlines() if not line.startswith("make")]
        assert line.startswith(f"Can't serve on 127.0.0.1:{shared}: Address already in use. ")
    assert (project / "db.sqlite3").stat().st_mode & 0o077 == 0


def test_first_booking_of_the_readme_works_when_pasted_twice(project):
    with make_run(project, spare_port()) as url:
        answers = paste_first_booking(url, times=2)
    assert len(answers) == 14
    for signup, login, movies, shows, booking, bookings, canceled in (answers[:7], answers[7:]):
        assert signup.get("username") == "alice" or list(signup["errors"]) == ["username"]
        assert login["access"]
        assert movies["results"][0]["title"] == "The Third Man"
        assert shows["results"][0]["movie"] == movies["results"][0]["id"]
        assert booking["status"] == "booked"
        assert booking["show"]["id"] == shows["results"][0]["id"]
        assert bookings["results"][0] == booking
        assert canceled["status"] == "cancelled"
        assert canceled["id"] == booking["id"]
    assert answers[11]["id"] != answers[4]["id"]
    assert answers[11]["seat_number"] == answers[4]["seat_number"]


@pytest.mark.parametrize(
    ("given", "missing"),
    first_by_default([({}, "SECRET_KEY"), ({"HTTPS": "off", "SECRET_KEY": "k" * 32}, "DATABASE_URL")]),
)
def test_server_outside_make_run_ignores_the_env_file_and_refuses_to_start(project, given, missing):
    assert make(project, ".env").returncode == 0
    server = subprocess.run(
        [sys.executable, "-m", "gunicorn", "cinema.asgi", "--bind", f"127.0.0.1:{spare_port()}"],
        cwd=project,
        env=environment(**given),
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert server.returncode != 0
    (line,) = server.stderr.splitlines()
    assert line.startswith(f"{missing} must be set")


@pytest.mark.parametrize(
    "variable", first_by_default([{"PORT": "http"}, {"PORT": "0"}, {"PORT": "70000"}, {"WORKERS": "0"}])
)
def test_invalid_number_in_the_environment_is_one_clear_line(project, variable):
    result = make(project, "run", **variable)
    assert result.returncode != 0
    (line,) = [line for line in result.stderr.splitlines() if not line.startswith("make")]
    assert line.startswith(f"{next(iter(variable))}: ")


@pytest.mark.slow
def test_users_with_the_same_name_end_make_run_with_one_clear_line(tmp_path):
    project = copy_project(tmp_path)
    assert make(project, ".env").returncode == 0
    migrate = [".venv/bin/python", "manage.py", "migrate"]
    for migrations in ([], ["cinema_auth", "0002"]):
        subprocess.run([*migrate, *migrations, "-v0"], cwd=project, env=environment(), check=True)
    with closing(sqlite3.connect(project / "db.sqlite3")) as database, database:
        for name in ("stra\u00dfe", "strasse"):
            columns = "is_superuser, first_name, last_name, email, is_staff, is_active, date_joined"
            database.execute(
                f"INSERT INTO auth_user (username, password, {columns}) "
                "VALUES (?, '!', 0, '', '', '', 0, 1, '2029-01-01')",
                [name],
            )
    run = make(project, "run", PORT=str(spare_port()))
    command = subprocess.run(migrate, cwd=project, env=environment(), capture_output=True, text=True)
    for result in (run, command):
        assert result.returncode != 0
        (line,) = [line for line in result.stderr.splitlines() if not line.startswith("make")]
        assert "These users have the same name: 'stra\u00dfe' (id 1) and 'strasse' (id 2)." in line


@pytest.mark.slow
def test_unreachable_database_ends_make_run_with_one_clear_line(project):
    result = make(project, "run", PORT=str(spare_port()), DATABASE_URL="postgres://x@127.0.0.1:1/x")
    assert result.returncode != 0
    (line,) = [line for line in result.stderr.splitlines() if not line.startswith("make")]
    assert line.startswith("The database answered: connection failed")


def test_make_help_lists_the_targets(project):
    result = make(project, "help")
    assert result.returncode == 0
    for target in ("install", "run", "test", "check", "help"):
        assert re.search(rf"^  make {target} +\S", result.stdout, re.MULTILINE)
