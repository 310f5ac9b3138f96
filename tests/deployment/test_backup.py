"""The commands of docs/operations.md, as they stand there: a backup while people book, and its restore."""

import os
import shutil
import subprocess
import sys
import threading

import pytest
from django.db import connection, connections

from cinema.seats.booking.services import book, cancel
from cinema.seats.models import Booking
from tests.deployment.guide import commands
from tests.factories import ShowFactory, UserFactory
from tests.live_server import ROOT, environment
from tests.requirements import requires

pytestmark = pytest.mark.django_db(transaction=True)

BOOKINGS = "SELECT id, user_id, show_id, seat_number, created_at FROM seats_booking ORDER BY id"


class Crowd:
    """`with Crowd() as crowd:` books, and cancels some of it, until the block ends."""

    def __init__(self):
        self.users = UserFactory.create_batch(4)
        self.shows = ShowFactory.create_batch(4, total_seats=2000)
        self.acknowledged = []
        self.enough = threading.Event()

    def __enter__(self):
        self.threads = [
            threading.Thread(target=self.book, args=pair) for pair in zip(self.users, self.shows, strict=True)
        ]
        for thread in self.threads:
            thread.start()
        while len(self.acknowledged) < 100:
            assert all(thread.is_alive() for thread in self.threads)
            self.enough.wait(0.01)
        return self

    def book(self, user, show):
        for number in range(1, show.total_seats + 1):
            if self.enough.is_set():
                break
            booking = book(user_id=user.pk, show_id=show.pk, seat_number=number)
            self.acknowledged.append(booking.pk)
            if number % 5 == 0:
                cancel(booking_id=booking.pk, user_id=user.pk)
        connection.close()

    def __exit__(self, *_):
        self.enough.set()
        for thread in self.threads:
            thread.join(60)


@pytest.fixture
def folder(tmp_path):
    """Where the commands run: it has what they name."""
    (tmp_path / ".venv" / "bin").mkdir(parents=True)
    python = tmp_path / ".venv" / "bin" / "python"
    python.write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')
    python.chmod(0o755)
    (tmp_path / "manage.py").symlink_to(ROOT / "manage.py")
    return tmp_path


def run(script, folder, **more):
    result = subprocess.run(
        ["bash", "-euc", script],
        cwd=folder,
        env=environment(**more),
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert result.returncode == 0, result.stderr
    return result.stdout


def back_up(script, folder):
    """Runs it while a crowd books; answers what was acknowledged before it began, and all there is after."""
    with Crowd() as crowd:
        before = set(crowd.acknowledged)
        run(script, folder)
        during = len(crowd.acknowledged) - len(before)
    with connection.cursor() as cursor:
        cursor.execute(BOOKINGS)
        after = cursor.fetchall()
    assert during > 0, "Nobody booked meanwhile."
    return before, after


def assert_whole(restored, before, after):
    """No booking is missing that was acknowledged, and none was changed."""
    assert before <= {booking[0] for booking in restored} <= {booking[0] for booking in after}
    assert set(restored) <= set(after)


def read(database):
    with database.cursor() as cursor:
        cursor.execute(BOOKINGS)
        return cursor.fetchall()


def at(**place):
    """A connection to the database that was restored."""
    there = connections.create_connection("default")
    there.settings_dict = {**there.settings_dict, **place}
    return there


@pytest.mark.skipif(connection.vendor != "sqlite", reason="SQLite's backup")
def test_sqlite_is_backed_up_while_people_book_and_comes_back_whole(folder):
    backup, restore = commands("SQLite")
    (folder / "db.sqlite3").symlink_to(connection.settings_dict["NAME"])
    before, after = back_up(backup, folder)
    assert (folder / "cinema-backup.sqlite3").stat().st_mode & 0o077 == 0

    (folder / "db.sqlite3").unlink()
    left = {"db.sqlite3", "db.sqlite3-wal", "db.sqlite3-shm"}
    for name in left:
        (folder / name).write_bytes(b"what is left of a disk that died")
    said = run(restore, folder, DATABASE_URL=f"sqlite:///{folder}/db.sqlite3")
    assert "Shows, seats and bookings agree." in said
    assert {file.name for file in (folder / "old").iterdir()} == left
    there = at(NAME=str(folder / "db.sqlite3"))
    assert_whole(read(there), before, after)
    there.close()


@requires(shutil.which("pg_dump") and shutil.which("pg_restore"), "pg_dump is not installed")
@pytest.mark.skipif(connection.vendor != "postgresql", reason="PostgreSQL's backup")
def test_postgresql_is_backed_up_while_people_book_and_comes_back_whole(folder):
    backup, restore = commands("PostgreSQL")
    before, after = back_up(backup, folder)
    url = environment()["DATABASE_URL"]
    name = f"restored_{os.getpid()}"
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE DATABASE {name}")
    there = at(NAME=name)
    try:
        said = run(restore, folder, RESTORE_URL=url.rpartition("/")[0] + f"/{name}")
        assert "Shows, seats and bookings agree." in said
        assert_whole(read(there), before, after)
    finally:
        there.close()
        with connection.cursor() as cursor:
            cursor.execute(f"DROP DATABASE {name}")


def test_what_was_booked_and_cancelled_is_told_apart():
    """The crowd does both, so that the copies have both."""
    with Crowd():
        pass
    assert Booking.objects.live().exists()
    assert Booking.objects.filter(status="cancelled").exists()
