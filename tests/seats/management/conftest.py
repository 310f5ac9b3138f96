"""Fixtures that load rows and dump models, by the commands."""

import json

import pytest
from django.core.management import call_command
from django.db import transaction


@pytest.fixture
def load(tmp_path):
    """Loads rows as one file."""

    def load(*objects):
        path = tmp_path / "fixture.json"
        path.write_text(json.dumps(objects))
        # The savepoint stands for the transaction of the command, which the test's transaction hides.
        with transaction.atomic():
            call_command("loaddata", str(path), verbosity=0)

    return load


@pytest.fixture
def dump(tmp_path):
    """Dumps with these options; returns the path of the file."""

    def dump(*options):
        path = tmp_path / "dump.json"
        call_command("dumpdata", *options, "--output", str(path), verbosity=0)
        return path

    return dump
