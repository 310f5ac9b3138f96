"""Calls a function of the benchmark in a new process, with its own environment and database.

One process can only measure one database, because `cinema.seats.booking` chooses its SQL at import time.
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
from bench.errors import BenchmarkError


def call_in_subprocess(function: str, *arguments: str, **environment: str) -> Any:
    """Returns the result of a function, named as `module.name`. Exits with status 1 if the subprocess fails."""
    with tempfile.NamedTemporaryFile("r") as result_file:
        command = [sys.executable, "-m", "bench.subprocesses", result_file.name, function, *arguments]
        if subprocess.run(command, cwd=ROOT, env=os.environ | environment).returncode:
            sys.exit(1)
        return json.load(result_file)


if __name__ == "__main__":
    result_path, function, *arguments = sys.argv[1:]
    module, name = function.split(".")
    django.setup()
    try:
        result = getattr(import_module(f"bench.{module}"), name)(*arguments)
    except BenchmarkError as error:
        sys.exit(f"bench, {function}: {error}")
    Path(result_path).write_text(json.dumps(result))
