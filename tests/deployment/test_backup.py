"""Runs the backup and restore commands of docs/operations.md while users book."""

import os
import shutil
import subprocess
import sys
import threading
import time

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
    """Context manager whose four threads book seats, and cancel every fifth booking, until the block ends.

    `acknowledged` lists the ids of the bookings that `book` returned.
    """

    def __init__(self):
        self.users = UserFactory.create_batch(4)
        self.shows = ShowFactory.create_batch(4, total_seats=2000)
        self.acknowledged = []
        self.stop = threading.Event()

    def __enter__(self):
        self.threads = [
            threading.Thread(target=self.book, args=pair) for pair in zip(self.users, self.shows, strict=True)
        ]
        for thread in self.threads:
            thread.start()
        while len(self.acknowledged) < 100:
            assert all(thread.is_alive() for thread in self.threads)
            time.sleep(0.01)
        return self

    def book(self, user, show):
        for number in range(1, show.total_seats + 1):
            if self.stop.is_set():
                break
            booking = book(user_id=user.pk, show_id=show.pk, seat_number=number)
            self.acknowledged.append(booking.pk)
            if number % 5 == 0:
                cancel(booking_id=booking.pk, user_id=user.pk)
        connection.close()

    def __exit__(self, *_):
        self.stop.set()
        for thread in self.threads:
            thread.join(60)


@pytest.fixture
def folder(tmp_path):
    """A folder with the files that the commands use."""
    (tmp_path / ".venv" / "bin").mkdir(parents=True)
    python = tmp_path / ".venv" / "bin" / "python"
    python.write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')
    python.chmod(0o755)
    (tmp_path / "manage.py").symlink_to(ROOT / "manage.py")
    return tmp_path


def run(script, folder, **variables):
    result = subprocess.run(
        ["bash", "-euc", script],
        cwd=folder,
        env=environment(**variables),
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert result.returncode == 0, result.stderr
    return result.stdout


def back_up(script, folder):
    """Runs the script while a crowd books.

    Returns the ids of the bookings acknowledged before the backup, and all rows of bookings after it.
    """
    with Crowd() as crowd:
        acknowledged_before = set(crowd.acknowledged)
        run(script, folder)
        booked_meanwhile = len(crowd.acknowledged) - len(acknowledged_before)
    assert booked_meanwhile > 0
    return acknowledged_before, fetch_bookings(connection)


def assert_restored(restored, acknowledged_before, after):
    """Checks that the restored rows contain every acknowledged booking, unchanged."""
    assert acknowledged_before <= {booking[0] for booking in restored}
    assert set(restored) <= set(after)


def fetch_bookings(database):
    with database.cursor() as cursor:
        cursor.execute(BOOKINGS)
        return cursor.fetchall()


def connect(name):
    """Returns a connection to the restored database."""
    database = connections.create_connection("default")
    database.settings_dict = {**database.settings_dict, "NAME": name}
    return database


@pytest.mark.skipif(connection.vendor != "sqlite", reason="SQLite's backup")
def test_sqlite_backup_during_sales_restores_every_acknowledged_booking(folder):
    backup, restore = commands("SQLite")
    (folder / "db.sqlite3").symlink_to(connection.settings_dict["NAME"])
    acknowledged_before, after = back_up(backup, folder)
    assert (folder / "cinema-backup.sqlite3").stat().st_mode & 0o077 == 0

    (folder / "db.sqlite3").unlink()
    old_files = {"db.sqlite3", "db.sqlite3-wal", "db.sqlite3-shm"}
    for name in old_files:
        (folder / name).write_bytes(b"remains of a broken disk")
    output = run(restore, folder, DATABASE_URL=f"sqlite:///{folder}/db.sqlite3")
    assert "Shows, seats and bookings agree." in output
    assert {file.name for file in (folder / "old").iterdir()} == old_files
    restored = connect(str(folder / "db.sqlite3"))
    assert_restored(fetch_bookings(restored), acknowledged_before, after)
    restored.close()


@requires(shutil.which("pg_dump") and shutil.which("pg_restore"), "pg_dump is not installed")
@pytest.mark.skipif(connection.vendor != "postgresql", reason="PostgreSQL's backup")
def test_postgresql_backup_during_sales_restores_every_acknowledged_booking(folder):
    backup, restore = commands("PostgreSQL")
    acknowledged_before, after = back_up(backup, folder)
    assert (folder / "cinema.dump").stat().st_mode & 0o077 == 0
    url = environment()["DATABASE_URL"]
    name = f"restored_{os.getpid()}"
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE DATABASE {name}")
    restored = connect(name)
    try:
        output = run(restore, folder, RESTORE_URL=url.rpartition("/")[0] + f"/{name}")
        assert "Shows, seats and bookings agree." in output
        assert_restored(fetch_bookings(restored), acknowledged_before, after)
    finally:
        restored.close()
        with connection.cursor() as cursor:
            cursor.execute(f"DROP DATABASE {name}")


def test_crowd_books_and_cancels():
    """Otherwise the backups above would not contain both kinds of bookings."""
    with Crowd():
        pass
    assert Booking.objects.live().exists()
    assert Booking.objects.filter(status="cancelled").exists()
