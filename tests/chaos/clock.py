"""A clock that can be changed while a process uses it."""

import shutil
import struct
import subprocess
from pathlib import Path

SOURCE = Path(__file__).with_name("clock.c")


class Clock:
    """A process started with `environment` reads the time of day from this clock.

    Without a C compiler, `unavailable` says why this is impossible, and `environment` is empty.
    """

    def __init__(self, file: Path) -> None:
        self.file, library = file, file.with_suffix(".so")
        self.environment: dict[str, str] = {}
        self.unavailable = ""
        compiler = shutil.which("cc") or shutil.which("gcc")
        if compiler is None:
            self.unavailable = "there is no C compiler: install Debian's packages gcc and libc6-dev"
            return
        subprocess.run([compiler, "-O2", "-shared", "-fPIC", "-o", str(library), str(SOURCE)], check=True)
        self.set(0)
        self.environment = {"LD_PRELOAD": str(library), "CHAOS_CLOCK": str(file)}

    def set(self, seconds: int) -> None:
        """Sets the clock this many seconds ahead of the true time, with immediate effect."""
        # Written in place, because running processes have mapped this file into memory.
        with self.file.open("r+b" if self.file.exists() else "wb") as file:
            file.write(struct.pack("=q", seconds))
