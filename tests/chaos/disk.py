"""A small disk of its own for the database's files, so that tests can fill it up or cut its power."""

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
# EXT4_IOC_SHUTDOWN and EXT4_GOING_FLAGS_NOLOGFLUSH in Linux's ext4.h: shut the filesystem down at once, without
# flushing its journal.
SHUTDOWN, WITHOUT_FLUSH = 0x8004587D, 2


class Disk:
    """`with Disk(folder) as disk:` mounts an ext4 image at `disk.path`.

    Mounting needs root. Without it, `disk.path` is a plain folder, and `unavailable` says why.
    """

    def __init__(self, folder: Path) -> None:
        self.image, self.path = folder / "disk.img", folder / "disk"
        self.unavailable = ""

    def __enter__(self) -> "Disk":
        self.path.mkdir()
        try:
            with self.image.open("wb") as image:
                image.truncate(MEGABYTES * 1024 * 1024)
            # No blocks reserved for root (`-m 0`): the database's user could not fill the disk up otherwise.
            run("mkfs.ext4", "-q", "-F", "-m", "0", str(self.image))
            run("mount", "-o", "loop", str(self.image), str(self.path))
        except FileNotFoundError as error:
            self.unavailable = str(error)
        except subprocess.CalledProcessError as error:
            reason = error.stderr.splitlines()[0].rpartition(": ")[2]
            self.unavailable = f"no disk can be mounted here: {reason}"
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if not self.unavailable:
            run("umount", "--lazy", str(self.path))

    def cut_power(self) -> None:
        """Shuts the filesystem down, so that all data without an fsync is lost."""
        file = os.open(self.path, os.O_RDONLY)
        try:
            fcntl.ioctl(file, SHUTDOWN, struct.pack("=I", WITHOUT_FLUSH))
        finally:
            os.close(file)

    def restore_power(self) -> None:
        """Mounts the disk again, as it was at the power cut, once no process has open files on it."""
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
        """Fills the disk up while the block runs."""
        filler = self.path / "filler"
        try:
            with filler.open("wb", buffering=0) as file, suppress(OSError):
                # In ever smaller pieces, because a piece that does not fit is not written at all.
                for size in (1 << 20, 1 << 12, 1):
                    with suppress(OSError):
                        while file.write(bytes(size)) == size:
                            pass
            yield
        finally:
            filler.unlink(missing_ok=True)

    @contextmanager
    def read_only(self, *files: Path) -> Iterator[None]:
        """Makes writes to these files fail while the block runs, for open files and for root too."""
        existing = [str(file) for file in files if file.exists()]
        run("chattr", "+i", *existing)
        try:
            yield
        finally:
            run("chattr", "-i", *existing)


def run(*command: str) -> None:
    path = shutil.which(command[0], path="/usr/sbin:/sbin:/usr/bin:/bin")
    if path is None:
        raise FileNotFoundError(f"{command[0]} is missing")
    subprocess.run([path, *command[1:]], check=True, capture_output=True, text=True)
