"""A wire that breaks: passes everything on, and now and then resets a connection in the middle of an answer."""

import asyncio
import multiprocessing
import random
import socket
import struct
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from multiprocessing.sharedctypes import Synchronized
from typing import Any

from tests.chaos.processes import spare_port

RESET = struct.pack("ii", 1, 0)


class Wire:
    """Runs in a process of its own, for what it passes on would hold up those who send it."""

    def __init__(self, target: int) -> None:
        self.port, self.target = spare_port(), target
        # How likely each piece of an answer is to be the last. Memory that both processes see.
        self.odds: Synchronized[float] = multiprocessing.Value("d", 0.0)
        self.process = multiprocessing.Process(
            target=_pass_on, args=(self.port, target, self.odds), daemon=True
        )

    @property
    def base(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> "Wire":
        self.process.start()
        for _ in range(100):
            with suppress(OSError), socket.create_connection(("127.0.0.1", self.port), timeout=5):
                break
        return self

    def __exit__(self, *_: Any) -> None:
        self.process.kill()
        self.process.join(10)

    @contextmanager
    def breaking(self, odds: float) -> Iterator[None]:
        self.odds.value = odds
        try:
            yield
        finally:
            self.odds.value = 0.0


def _pass_on(port: int, target: int, odds: "Synchronized[float]") -> None:
    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            far_reader, far_writer = await asyncio.open_connection("127.0.0.1", target)
        except OSError:
            _reset(writer)
            writer.close()
            return
        ways = (_pump(reader, far_writer), _pump(far_reader, writer, odds))
        tasks = [asyncio.ensure_future(way) for way in ways]
        ended, others = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in others:
            task.cancel()
        if any(task.result() for task in ended):
            _reset(writer, far_writer)
        writer.close()
        far_writer.close()

    async def serve() -> None:
        server = await asyncio.start_server(connected, "127.0.0.1", port, backlog=512)
        await server.serve_forever()

    asyncio.run(serve())


async def _pump(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, odds: "Synchronized[float] | None" = None
) -> bool:
    """Whether the wire broke."""
    with suppress(OSError):
        while data := await reader.read(65536):
            if odds is not None and random.random() < odds.value:
                # Nothing of it, or half.
                writer.write(data[: random.choice([0, len(data) // 2])])
                return True
            writer.write(data)
            await writer.drain()
    return False


def _reset(*writers: asyncio.StreamWriter) -> None:
    for writer in writers:
        with suppress(OSError):
            writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
