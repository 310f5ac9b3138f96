"""The script of `cinema-backup.service`."""

import os
import shutil
import sqlite3
import subprocess
import time

import pytest
from django.db import connection

from tests.live_server import ROOT, environment
from tests.requirements import requires

DEPLOY = ROOT / "deploy"


@pytest.fixture
def backup_folder(tmp_path):
    old, recent = tmp_path / "cinema-20310101-030000.dump", tmp_path / "cinema-20310110-030000.dump"
    for file, days in ((old, 16), (recent, 12)):
        file.touch()
        os.utime(file, times=(time.time() - days * 86400,) * 2)
    return tmp_path


@requires(connection.vendor == "sqlite" or shutil.which("pg_dump"), "pg_dump is not installed")
@pytest.mark.django_db(transaction=True)
def test_backup_is_private_complete_and_replaces_those_older_than_14_days(backup_folder, show):
    subprocess.run([DEPLOY / "backup", backup_folder], env=environment(), check=True)
    kept, new = sorted(backup_folder.iterdir(), key=lambda file: file.stat().st_mtime)
    assert kept.name == "cinema-20310110-030000.dump"
    assert new.stat().st_mode & 0o077 == 0
    if connection.vendor == "sqlite":
        assert new.suffix == ".sqlite3"
        (title,) = sqlite3.connect(new).execute("SELECT title FROM shows_movie").fetchone()
    else:
        assert new.suffix == ".dump"
        command = ["pg_restore", "--data-only", "--table=shows_movie", "--file=-", new]
        title = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert show.movie.title in title


def test_failed_backup_deletes_no_older_one(backup_folder):
    env = environment(DATABASE_URL="postgres://127.0.0.1:1/cinema")
    result = subprocess.run([DEPLOY / "backup", backup_folder], env=env, capture_output=True)
    assert result.returncode != 0
    assert len(list(backup_folder.iterdir())) == 2
