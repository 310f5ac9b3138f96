"""`make run`, as a newcomer types it, in a copy of the project with an empty database; and the README's
first booking against it, as it is printed there."""

import os
import re
import shutil
import signal
import subprocess
import sys
import time
import urllib.request
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.live_server import ROOT, spare_port

pytestmark = pytest.mark.skipif(
    not (shutil.which("make") and shutil.which("curl")),
    reason="needs make and curl, as a reader of the README does",
)

TOP_LEVEL = [
    *("cinema", "fixtures", "manage.py", "Makefile", "README.md"),
    *("requirements.txt", "requirements-dev.txt", "openapi.yaml"),
]


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """A copy with the virtual environment of these tests, so that nothing is downloaded again."""
    copy = tmp_path_factory.mktemp("project")
    for name in TOP_LEVEL:
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


def environment(**more):
    """Nothing is configured, as on a fresh machine."""
    kept = {name: value for name, value in os.environ.items() if name in {"PATH", "HOME", "LANG"}}
    return kept | {"PYTHON": sys.executable} | more


def make(project, *arguments, **more):
    return subprocess.run(
        ["make", *arguments], cwd=project, env=environment(**more), capture_output=True, text=True, timeout=120
    )


@contextmanager
def running(project, port):
    """`make run` until the block ends, then Ctrl-C; yields the address."""
    process = subprocess.Popen(
        ["make", "run"],
        cwd=project,
        env=environment(PORT=str(port)),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    address = f"http://127.0.0.1:{port}"
    try:
        deadline = time.monotonic() + 60
        while True:
            try:
                urllib.request.urlopen(f"{address}/readyz", timeout=5).close()
                break
            except OSError:
                assert process.poll() is None, process.stdout.read()
                assert time.monotonic() < deadline
                time.sleep(0.2)
        yield address
    finally:
        os.killpg(process.pid, signal.SIGINT)
        process.output = process.communicate(timeout=60)[0]
    assert f"{address}/swagger/" in process.output


def first_booking(address):
    """The README's commands, run as they stand, against this address."""
    section = (ROOT / "README.md").read_text().split("## A first booking")[1].split("\n## ")[0]
    (script,) = re.findall(r"```bash\n(.*?)```", section, re.DOTALL)
    assert script.count("http://127.0.0.1:8000") == 8
    script = "set -e\n" + script.replace("http://127.0.0.1:8000", address).replace("\ncurl", "\necho; curl")
    result = subprocess.run(["bash", "-c", script], capture_output=True, text=True, timeout=60)
    assert result.returncode == 0, result.stderr
    return result.stdout


def test_make_run_serves_the_demo_and_keeps_what_was_done(project):
    port = spare_port()
    with running(project, port) as address:
        env_file = (project / ".env").read_text()
        assert re.search(r"^SECRET_KEY=\S{43,}$", env_file, re.MULTILINE)
        assert (project / ".env").stat().st_mode & 0o077 == 0

        output = first_booking(address)
        assert '"username":"alice"' in output
        assert '"title":"The Third Man"' in output
        assert '"seat_number":12,"seat_label":"A12","status":"booked"' in output
        assert output.rstrip().endswith("}")
        assert '"status":"cancelled"' in output

        busy = make(project, "run", PORT=str(port))
        assert busy.returncode != 0
        (line,) = [line for line in busy.stderr.splitlines() if not line.startswith("make")]
        assert str(port) in line
        assert "Address already in use" in line

    with running(project, port) as address:
        assert (project / ".env").read_text() == env_file
        mine = subprocess.run(
            ["curl", "-s", f"{address}/login", "-d", "username=alice", "-d", "password=plum-tart-42"],
            capture_output=True,
            text=True,
        )
        assert '"access"' in mine.stdout
    assert_well = subprocess.run(
        [str(project / ".venv/bin/python"), "manage.py", "check_seats"],
        cwd=project,
        env=environment(),
        capture_output=True,
        text=True,
    )
    assert assert_well.stdout == "Shows, seats and bookings agree.\n"


@pytest.mark.parametrize("wrong", [{"PORT": "http"}, {"PORT": "0"}, {"PORT": "70000"}, {"WORKERS": "0"}])
def test_a_number_that_makes_no_sense_is_one_clear_line(project, wrong):
    result = make(project, "run", **wrong)
    assert result.returncode != 0
    (line,) = [line for line in result.stderr.splitlines() if not line.startswith("make")]
    assert line.startswith(f"{next(iter(wrong))}: ")


def test_make_help_lists_every_target(project):
    result = make(project, "help")
    assert result.returncode == 0
    for target in ("install", "run", "test", "check", "help"):
        assert re.search(rf"^  make {target} +\S", result.stdout, re.MULTILINE)


def test_every_requirement_is_pinned():
    for name in ("requirements.txt", "requirements-dev.txt"):
        for line in (ROOT / name).read_text().splitlines():
            requirement = line.partition("#")[0].strip()
            if requirement and not requirement.startswith("-r "):
                assert re.fullmatch(r"[A-Za-z0-9_.-]+(\[[a-z]+\])?==[0-9][^ ;]*(; .+)?", requirement), line


def test_every_file_that_the_readme_names_is_there():
    readme = (ROOT / "README.md").read_text()
    for link in re.findall(r"\]\(([^)h#][^)]*)\)", readme):
        assert (ROOT / link).exists(), link
    for folder in re.findall(r"^\| `([a-z/]+/)`", readme, re.MULTILINE):
        assert (ROOT / folder).is_dir() or folder.startswith("/"), folder


def test_the_endpoint_table_is_the_schemas():
    import yaml

    paths = yaml.safe_load((ROOT / "openapi.yaml").read_text())["paths"]
    schema = set()
    for path, methods in paths.items():
        schema |= {f"{method.upper()} " + re.sub(r"\{\w+\}", "<id>", path) for method in methods}
    table = set()
    readme = (ROOT / "README.md").read_text()
    for cell in re.findall(r"^\| (`(?:GET|POST|PUT|PATCH|DELETE) .*?) \|", readme, re.MULTILINE):
        calls = re.findall(r"`([^`]+)`", cell)
        method = calls[0].split()[0]
        table |= {call if " " in call else f"{method} {call}" for call in calls}
    assert table - {"GET /", "GET /swagger/", "GET /redoc/", "GET /schema/"} == schema
    assert Path(ROOT / "fixtures" / "demo.json").exists()
