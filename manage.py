#!/usr/bin/env python
"""Runs Django's management commands for this project."""

import os
import sys


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "cinema.settings")
    try:
        from django.core.management import execute_from_command_line
    except ImportError as error:
        raise SystemExit("Django is not installed here: run `make install` first.") from error
    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
