"""`python -m cinema.server`: brings the database up to date and serves with gunicorn.

Reads `PORT` (default 8000) and `WORKERS` (default: one for each core) from the environment or
`.env`. A port in use is one line on stderr and exit status 1.
"""

import os
import socket
import sys

import django
from django.core.management import call_command

from cinema.server.command import HOST, command


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "cinema.settings")
    django.setup()  # Reads .env, so that PORT and WORKERS may stand in it.
    port = _number("PORT", 8000, most=65535)
    workers = _number("WORKERS", os.cpu_count() or 1, most=1000)
    _refuse_used_port(port)
    call_command("migrate", verbosity=0)
    call_command("load_demo")
    print(
        f"\n  Cinema serves on http://{HOST}:{port}/\n"
        f"    Swagger   http://{HOST}:{port}/swagger/\n"
        f"    Admin     http://{HOST}:{port}/admin/\n"
        f"  Ctrl-C stops it.\n",
        flush=True,
    )
    os.execv(sys.executable, command(port, workers))  # noqa: S606 - no shell is wanted


def _number(name: str, default: int, *, most: int) -> int:
    value = os.environ.get(name, "").strip() or str(default)
    if not (value.isascii() and value.isdecimal() and 1 <= int(value) <= most):
        sys.exit(f"{name} must be a number from 1 to {most}, not {value!r}.")
    return int(value)


def _refuse_used_port(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError as error:
            sys.exit(f"Can't serve on {HOST}:{port}: {error.strerror}. Choose another: PORT=8001 make run")


if __name__ == "__main__":
    main()
