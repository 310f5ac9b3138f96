"""Runs one part in a process of its own: `python -m bench.part NAME FILE` writes its figures there.

A process has one database (`cinema.seats.sale` chooses its SQL when it is imported), and the benchmark two.
"""

import json
import sys
from importlib import import_module
from pathlib import Path

import django

from bench.wrong import Wrong

if __name__ == "__main__":
    name, file = sys.argv[1:]
    django.setup()
    try:
        figures = import_module(f"bench.{name}").measure()
    except Wrong as error:
        sys.exit(f"bench {name}: {error}")
    Path(file).write_text(json.dumps(figures))
