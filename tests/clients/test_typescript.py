"""The TypeScript client: its types are the schema's, all of it compiles, and its example books a seat."""

import json
import re
import shutil
import subprocess

import pytest

from cinema.seats.models import Booking
from tests.factories import ShowFactory
from tests.live_server import ROOT
from tests.requirements import requires

CLIENT = ROOT / "clients" / "typescript"


if not shutil.which("npm"):
    MISSING = "npm is not installed"
elif not (CLIENT / "node_modules").is_dir():
    MISSING = "`npm ci` has not been run in clients/typescript"
else:
    MISSING = ""

pytestmark = requires(not MISSING, MISSING)


def run(*command):
    return subprocess.run(command, cwd=CLIENT, capture_output=True, text=True, timeout=300)


def test_what_runs_the_client_is_here():
    assert not MISSING


def test_the_types_are_the_schemas_and_all_compiles():
    result = run("npm", "run", "check")
    assert result.returncode == 0, result.stdout + result.stderr


def test_what_the_readme_shows_compiles(tmp_path):
    blocks = re.findall(r"^```ts\n(.*?)^```", (CLIENT / "README.md").read_text(), re.MULTILINE | re.DOTALL)
    for number, block in enumerate(blocks):
        (tmp_path / f"{number}.ts").write_text(block.replace('"./client.js"', f'"{CLIENT}/client.js"'))
    config = {
        "extends": f"{CLIENT}/tsconfig.json",
        "compilerOptions": {"noEmit": True, "typeRoots": [f"{CLIENT}/node_modules/@types"]},
        "files": [f"{number}.ts" for number in range(len(blocks))],
    }
    (tmp_path / "tsconfig.json").write_text(json.dumps(config))
    (tmp_path / "package.json").write_text('{"type": "module"}')
    result = run("node_modules/.bin/tsc", "--project", tmp_path)
    assert result.returncode == 0, result.stdout + result.stderr
    assert len(blocks) == 2


@pytest.mark.django_db(transaction=True)
def test_the_example_books_a_seat(server):
    show = ShowFactory(total_seats=2)
    ShowFactory(movie=show.movie, begun=True)

    first = run("npm", "run", "--silent", "book", "--", server.url, "carol", "plum-tart-42")
    again, late = (run("node", "dist/book.js", server.url, name, "plum-tart-42") for name in ("carol", "dave"))
    assert (first.stdout.split(" for ")[0], first.returncode) == ("A1", 0), first.stderr
    assert (again.stdout.split(" for ")[0], again.returncode) == ("A2", 0), again.stderr
    assert (late.stderr, late.returncode) == ("There is no free seat.\n", 1)
    booked = Booking.objects.values_list("user__username", "show", "seat_number")
    assert sorted(booked) == [("carol", show.pk, 1), ("carol", show.pk, 2)]
