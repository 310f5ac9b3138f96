"""The TypeScript client: its types match openapi.yaml, it compiles, and its example books a seat."""

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

pytestmark = [requires(not MISSING, MISSING), pytest.mark.npm, pytest.mark.xdist_group("npm")]


def run(*command):
    return subprocess.run(command, cwd=CLIENT, capture_output=True, text=True, timeout=300)


def test_npm_and_the_packages_of_the_client_are_installed():
    assert not MISSING


def test_types_match_the_schema_and_all_files_compile():
    result = run("npm", "run", "check")
    assert result.returncode == 0, result.stdout + result.stderr


def test_code_in_the_readme_compiles(tmp_path):
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
def test_example_books_a_seat(server):
    show = ShowFactory(total_seats=2)
    ShowFactory(movie=show.movie, begun=True)  # The example must skip it.

    first = run("npm", "run", "--silent", "book", "--", server.url, "carol", "plum-tart-42")
    second = run("node", "dist/book.js", server.url, "carol", "plum-tart-42")
    third = run("node", "dist/book.js", server.url, "dave", "plum-tart-42")
    assert (first.stdout.split(" for ")[0], first.returncode) == ("A1", 0), first.stderr
    assert (second.stdout.split(" for ")[0], second.returncode) == ("A2", 0), second.stderr
    assert (third.stderr, third.returncode) == ("No seat is available.\n", 1)
    bookings = Booking.objects.values_list("user__username", "show", "seat_number")
    assert sorted(bookings) == [("carol", show.pk, 1), ("carol", show.pk, 2)]
