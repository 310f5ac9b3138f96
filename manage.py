#!/usr/bin/env python
"""Runs Django's management commands for this project."""

import os
import sys


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "cinema.settings")
    try:
        from django.core.exceptions import ImproperlyConfigured
        from django.core.management import execute_from_command_line
        from django.db import DatabaseError

        from cinema.env import use_development_defaults
    except ImportError as error:
        raise SystemExit("Django is not installed here: run `make install` first.") from error
    use_development_defaults()
    if sys.argv[1:2] in (["migrate"], ["dumpdata"]):
        # A database file and a dump contain password hashes.
        os.umask(0o077)
    try:
        execute_from_command_line(sys.argv)
    except ImproperlyConfigured as error:
        sys.exit(str(error))
    except DatabaseError as error:
        if "--traceback" in sys.argv:
            raise
        from cinema.server.command_errors import explain

        sys.exit(explain(error))


if __name__ == "__main__":
    main()
