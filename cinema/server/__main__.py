"""`python -m cinema.server` migrates the database, loads the demo into an empty one, and starts gunicorn.

Reads `PORT` (default 8000) and `WORKERS` (default: one per CPU core) from the environment or `.env`. A setting
that is invalid, or a port that is in use, ends it with one line on stderr and exit status 1.
"""

import os
import socket
import sys

import django
from django.core.exceptions import ImproperlyConfigured
from django.core.management import call_command

from cinema.env import integer
from cinema.server.command import HOST, command


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "cinema.settings")
    try:
        port = integer("PORT", default=8000, maximum=65535)
        workers = integer("WORKERS", default=os.cpu_count() or 1, maximum=1000)
        django.setup()
    except ImproperlyConfigured as error:
        sys.exit(str(error))
    _require_free_port(port)
    call_command("migrate", verbosity=0)
    call_command("load_demo")
    print(
        f"\n  Cinema serves on http://{HOST}:{port}/\n"
        f"    Swagger   http://{HOST}:{port}/swagger/\n"
        f"    Admin     http://{HOST}:{port}/admin/\n"
        f"  Ctrl-C stops it.\n",
        flush=True,
    )
    os.execv(sys.executable, command(port, workers))  # noqa: S606 - needs no shell


def _require_free_port(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError as error:
            sys.exit(f"Can't serve on {HOST}:{port}: {error.strerror}. Choose another port: PORT=8001 make run")


if __name__ == "__main__":
    main()
