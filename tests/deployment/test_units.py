"""The systemd units and scripts in `deploy/`."""

import os
import shutil
import subprocess
import sys

import pytest

from tests.live_server import ROOT
from tests.requirements import requires

DEPLOY = ROOT / "deploy"
SCRIPTS = ["install.sh", "upgrade", "restart", "restore", "backup", "manage"]


# Stands in for systemd-run, because systemd does not run here.
SYSTEMD_RUN = """#!/usr/bin/env python3
import json, os, sys
arguments = sys.argv[1:]
command = next(index for index, argument in enumerate(arguments) if not argument.startswith("--"))
properties = dict(option.split("=", 2)[1:] for option in arguments[:command] if "--property=" in option)
settings = dict(line.rstrip("\\n").split("=", 1) for line in open(properties["EnvironmentFile"]))
os.chdir(properties["WorkingDirectory"])
os.umask(int(properties["UMask"], 8))
os.environ.clear()
os.environ.update(settings)
print(properties["User"], flush=True)
os.execv(arguments[command], arguments[command:])
"""


@pytest.mark.slow
def test_manage_acts_on_the_database_of_the_unit(tmp_path):
    project = tmp_path / "project"
    (project / ".venv" / "bin").mkdir(parents=True)
    (project / ".venv" / "bin" / "python").write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')
    shutil.copytree(DEPLOY, project / "deploy")
    for name in ("cinema", "fixtures", "manage.py"):
        (project / name).symlink_to(ROOT / name)
    (tmp_path / "systemd-run").write_text(SYSTEMD_RUN)
    for program in (tmp_path / "systemd-run", project / ".venv" / "bin" / "python"):
        program.chmod(0o755)
    database = tmp_path / "unit.sqlite3"
    url = f"sqlite:///{database}?timeout=20&check_same_thread=False"
    (tmp_path / "cinema.env").write_text(f"SECRET_KEY={'$k&' * 20}\nDATABASE_URL={url}\n")
    unit = (DEPLOY / "cinema.service").read_text().replace("/etc/cinema.env", str(tmp_path / "cinema.env"))
    (tmp_path / "cinema.service").write_text(unit)
    environment = {"PATH": f"{tmp_path}:{os.environ['PATH']}", "UNIT": str(tmp_path / "cinema.service")}
    command = [project / "deploy" / "manage", "migrate", "--verbosity", "0"]
    result = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert (result.returncode, result.stdout, result.stderr) == (0, "cinema\n", "")
    assert database.stat().st_size > 100_000
    assert database.stat().st_mode & 0o077 == 0


def test_unit_does_not_migrate():
    assert "manage.py" not in (DEPLOY / "cinema.service").read_text()


# The exposure that systemd computes, times ten. 30 is "OK", 90 is "UNSAFE".
MAX_EXPOSURE = 30


@pytest.mark.slow
@requires(shutil.which("systemd-analyze"), "systemd is not installed")
@pytest.mark.parametrize("unit", sorted(DEPLOY.glob("*.service")), ids=lambda path: path.name)
def test_unit_is_confined(unit):
    command = [
        "systemd-analyze",
        "security",
        "--offline=yes",
        f"--threshold={MAX_EXPOSURE}",
        "--no-pager",
        unit,
    ]
    result = subprocess.run(command, capture_output=True, text=True)
    assert result.returncode == 0, result.stdout + result.stderr


@pytest.mark.parametrize("name", [*SCRIPTS, *(unit.name for unit in DEPLOY.glob("cinema*"))])
def test_guide_names_every_script_and_unit(name):
    assert f"({name})" in (DEPLOY / "README.md").read_text()


@pytest.mark.parametrize("script", SCRIPTS)
def test_script_has_valid_syntax(script):
    subprocess.run(["dash", "-n", DEPLOY / script], check=True)
