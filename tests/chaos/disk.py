"""A small disk of its own for a database's data, which can run full and be written to no more."""

import fcntl
import os
import shutil
import struct
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType

MEGABYTES = 200
# Linux' own words for it, in <linux/ext4.h>: the filesystem goes down at once, its journal included.
SHUTDOWN, WITHOUT_FLUSH = 0x8004587D, 2


class Disk:
    """`with Disk(folder) as disk:`; `disk.path` is where to write.

    Where nothing may be mounted (only root may) it is a plain folder; `why_not` says so, and it never fills up.
    """

    def __init__(self, folder: Path) -> None:
        self.image, self.path = folder / "disk.img", folder / "disk"
        self.why_not = ""

    def __enter__(self) -> "Disk":
        self.path.mkdir()
        try:
            with self.image.open("wb") as image:
                image.truncate(MEGABYTES * 1024 * 1024)
            # Without blocks that only root may fill.
            run("mkfs.ext4", "-q", "-F", "-m", "0", str(self.image))
            run("mount", "-o", "loop", str(self.image), str(self.path))
        except FileNotFoundError as error:
            self.why_not = str(error)
        except subprocess.CalledProcessError as error:
            self.why_not = f"no disk can be mounted here: {error.stderr.splitlines()[0].rpartition(': ')[2]}"
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if not self.why_not:
            run("umount", "--lazy", str(self.path))

    def lose_power(self) -> None:
        """From now on nothing reaches the disk, and what no fsync has brought there is lost."""
        file = os.open(self.path, os.O_RDONLY)
        try:
            fcntl.ioctl(file, SHUTDOWN, struct.pack("=I", WITHOUT_FLUSH))
        finally:
            os.close(file)

    def come_back(self) -> None:
        """As it was when the power went, once whoever had files open is gone."""
        deadline = time.monotonic() + 10
        while True:
            try:
                run("umount", str(self.path))
                break
            except subprocess.CalledProcessError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.05)
        run("mount", "-o", "loop", str(self.image), str(self.path))

    @contextmanager
    def full(self) -> Iterator[None]:
        filler = self.path / "filler"
        try:
            with filler.open("wb", buffering=0) as file, suppress(OSError):
                # To the last byte: what is written in a piece too large is not written at all.
                for size in (1 << 20, 1 << 12, 1):
                    with suppress(OSError):
                        while file.write(bytes(size)) == size:
                            pass
            yield
        finally:
            filler.unlink(missing_ok=True)

    @contextmanager
    def unwritable(self, *files: Path) -> Iterator[None]:
        """Files that can't be written to, whoever has them open already, root included."""
        there = [str(file) for file in files if file.exists()]
        run("chattr", "+i", *there)
        try:
            yield
        finally:
            run("chattr", "-i", *there)


def run(*command: str) -> None:
    path = shutil.which(command[0], path="/usr/sbin:/sbin:/usr/bin:/bin")
    if path is None:
        raise FileNotFoundError(f"{command[0]} is missing")
    subprocess.run([path, *command[1:]], check=True, capture_output=True, text=True)
