"""Calls a function of the benchmark in a process of its own, on a database of its own.

A process has one database: `cinema.seats.sale`, say, chooses its SQL when it is imported.
"""

import json
import os
import subprocess
import sys
import tempfile
from importlib import import_module
from pathlib import Path
from typing import Any

import django

from bench.database import ROOT
from bench.wrong import Wrong


def call_apart(function: str, *arguments: str, **environment: str) -> Any:
    """What the function, as `module.name`, returns. Where it fails, so does this process."""
    with tempfile.NamedTemporaryFile("r") as returned:
        command = [sys.executable, "-m", "bench.apart", returned.name, function, *arguments]
        if subprocess.run(command, cwd=ROOT, env=os.environ | environment).returncode:
            sys.exit(1)
        return json.load(returned)


if __name__ == "__main__":
    file, function, *arguments = sys.argv[1:]
    module, name = function.split(".")
    django.setup()
    try:
        returned = getattr(import_module(f"bench.{module}"), name)(*arguments)
    except Wrong as error:
        sys.exit(f"bench, {function}: {error}")
    Path(file).write_text(json.dumps(returned))
