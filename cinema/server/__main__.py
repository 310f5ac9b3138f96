"""`python -m cinema.server` migrates the database, loads the demo into an empty one, and starts gunicorn.

Reads `PORT` (default 8000) and `WORKERS` (default: one per CPU core) from the environment or `.env`. An
invalid setting, a port in use or a database that can't be migrated is one line on stderr and exit status 1.
"""

import fcntl
import os
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import django
from django.core.exceptions import ImproperlyConfigured
from django.core.management import CommandError, call_command
from django.db import DatabaseError

from cinema.env import BASE_DIR, integer, use_development_defaults
from cinema.server.command import HOST, command


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "cinema.settings")
    use_development_defaults()
    # The database file contains password hashes.
    os.umask(0o077)
    try:
        port = integer("PORT", default=8000, maximum=65535)
        workers = integer("WORKERS", default=os.cpu_count() or 1, maximum=1000)
        django.setup()
    except ImproperlyConfigured as error:
        sys.exit(str(error))
    listener = _listen(port)
    with _only_process():
        try:
            call_command("migrate", verbosity=0)
            call_command("load_demo")
        except (CommandError, DatabaseError) as error:
            from cinema.server.command_errors import explain

            sys.exit(explain(error))
    print(
        f"\n  Cinema serves on http://{HOST}:{port}/\n"
        f"    Swagger   http://{HOST}:{port}/swagger/\n"
        f"    Admin     http://{HOST}:{port}/admin/\n"
        f"  Ctrl-C stops it.\n",
        flush=True,
    )
    os.execv(sys.executable, command(port, workers, listener))  # noqa: S606 - needs no shell


def _listen(port: int) -> socket.socket:
    """Returns the server's socket. It listens already, so no other process can take the port."""
    try:
        listener = socket.create_server((HOST, port))
    except OSError as error:
        reason = os.strerror(error.errno or 0)
        sys.exit(f"Can't serve on {HOST}:{port}: {reason}. Choose another port: PORT=8001 make run")
    listener.set_inheritable(True)
    return listener


@contextmanager
def _only_process() -> Iterator[None]:
    """Waits until no other `make run` of this folder prepares the database, because two would collide."""
    with (BASE_DIR / "manage.py").open() as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


if __name__ == "__main__":
    main()
