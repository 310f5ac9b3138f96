"""A clock that can be set while those who go by it run."""

import shutil
import struct
import subprocess
from pathlib import Path

SOURCE = Path(__file__).with_name("clock.c")


class Clock:
    """Its `environment` makes a process take the time of day from here. `why_not` says where that can't be."""

    def __init__(self, file: Path) -> None:
        self.file, library = file, file.with_suffix(".so")
        self.environment: dict[str, str] = {}
        self.why_not = ""
        compiler = shutil.which("cc") or shutil.which("gcc")
        if compiler is None:
            self.why_not = "there is no C compiler: install Debian's packages gcc and libc6-dev"
            return
        subprocess.run([compiler, "-O2", "-shared", "-fPIC", "-o", str(library), str(SOURCE)], check=True)
        self.set(0)
        self.environment = {"LD_PRELOAD": str(library), "CHAOS_CLOCK": str(file)}

    def set(self, seconds: int) -> None:
        """Off by so many seconds from the true time, at once."""
        # In place: who has it open shall see it.
        with self.file.open("r+b" if self.file.exists() else "wb") as file:
            file.write(struct.pack("=q", seconds))
