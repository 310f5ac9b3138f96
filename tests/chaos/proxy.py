"""A TCP proxy that can reset connections in the middle of a response."""

import asyncio
import multiprocessing
import random
import socket
import struct
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from multiprocessing.sharedctypes import Synchronized
from typing import Any

from tests.ports import spare_port

# A value of SO_LINGER with which `close()` sends RST instead of FIN.
RESET_ON_CLOSE = struct.pack("ii", 1, 0)


class FaultyProxy:
    """Forwards connections to the port `target`.

    It runs in its own process, because in this one the clients' threads would slow it down.
    """

    def __init__(self, target: int) -> None:
        self.port, self.target = spare_port(), target
        # The probability that a chunk of a response is cut off. Shared between both processes.
        self.probability: Synchronized[float] = multiprocessing.Value("d", 0.0)
        self.process = multiprocessing.Process(
            target=_serve, args=(self.port, target, self.probability), daemon=True
        )

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> "FaultyProxy":
        self.process.start()
        for _ in range(100):
            with suppress(OSError), socket.create_connection(("127.0.0.1", self.port), timeout=5):
                break
        return self

    def __exit__(self, *_: Any) -> None:
        self.process.kill()
        self.process.join(10)

    @contextmanager
    def cutting_responses(self, probability: float) -> Iterator[None]:
        """Cuts off each chunk of a response with this probability while the block runs."""
        self.probability.value = probability
        try:
            yield
        finally:
            self.probability.value = 0.0


def _serve(port: int, target: int, probability: "Synchronized[float]") -> None:
    async def handle_connection(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            target_reader, target_writer = await asyncio.open_connection("127.0.0.1", target)
        except OSError:
            _reset(writer)
            writer.close()
            return
        directions = (_forward(reader, target_writer), _forward(target_reader, writer, probability))
        tasks = [asyncio.ensure_future(direction) for direction in directions]
        done, pending = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in pending:
            task.cancel()
        if any(task.result() for task in done):
            _reset(writer, target_writer)
        writer.close()
        target_writer.close()

    async def serve() -> None:
        server = await asyncio.start_server(handle_connection, "127.0.0.1", port, backlog=512)
        await server.serve_forever()

    asyncio.run(serve())


async def _forward(
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
    probability: "Synchronized[float] | None" = None,
) -> bool:
    """Forwards data in one direction. Returns whether a chunk was cut off."""
    with suppress(OSError):
        while data := await reader.read(65536):
            if probability is not None and random.random() < probability.value:
                # Send nothing of the chunk, or half of it.
                writer.write(data[: random.choice([0, len(data) // 2])])
                return True
            writer.write(data)
            await writer.drain()
    return False


def _reset(*writers: asyncio.StreamWriter) -> None:
    """Makes the connections end with RST when they are closed."""
    for writer in writers:
        with suppress(OSError):
            writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_ON_CLOSE)
