"""Starts the peer, in an environment that has only its own packages."""

import json
import os
import subprocess
import sys

from bench.database import ROOT
from bench.server import BenchServer

FOLDER = ROOT / "bench" / "peers"
REQUIREMENTS = FOLDER / "requirements.txt"
ENVIRONMENT = ROOT / ".venv-peers"
INSTALLED = ENVIRONMENT / "installed"


def install() -> None:
    """Makes the environment, unless it has these requirements already. Needs PyPI."""
    if INSTALLED.exists() and INSTALLED.read_text() == REQUIREMENTS.read_text():
        return
    print(f"Installing {REQUIREMENTS.relative_to(ROOT)} into {ENVIRONMENT.name} …", file=sys.stderr, flush=True)
    subprocess.run([sys.executable, "-m", "venv", "--clear", ENVIRONMENT], check=True)
    pip = [ENVIRONMENT / "bin" / "python", "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*pip, "--require-hashes", "-r", REQUIREMENTS], check=True)
    INSTALLED.write_text(REQUIREMENTS.read_text())


def statements() -> dict[str, tuple[str, list[str]]]:
    """The product's statements for PostgreSQL with `$1`, and the names of their parameters in that order."""
    from cinema.seats.booking.statements.holds import HOLD
    from cinema.seats.booking.statements.sales import BOOK, BOOK_HELD
    from cinema.seats.sql.fetch import _numbered

    numbered = {
        name: _numbered(text) for name, text in (("book", BOOK), ("hold", HOLD), ("book_held", BOOK_HELD))
    }
    return {name: (text.decode(), list(names)) for name, (text, names) in numbered.items()}


class PeerServer(BenchServer):
    """`with PeerServer() as peer:` serves this process's database, with as many workers as the service."""

    def __init__(self) -> None:
        super().__init__(
            DATABASE_URL=os.environ["DATABASE_URL"],
            PEER_STATEMENTS=json.dumps(statements()),
            PYTHONWARNINGS="ignore",
        )

    def command(self) -> list[str]:
        return [
            *(str(ENVIRONMENT / "bin" / "uvicorn"), "service:app", "--app-dir", str(FOLDER)),
            *("--host", "127.0.0.1", "--port", str(self.port), "--workers", str(self.workers)),
            *("--loop", "uvloop", "--http", "httptools", "--no-access-log", "--log-level", "error"),
        ]
