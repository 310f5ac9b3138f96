"""The ASGI entry point: what `make run` serves, live events included.

Django's own ASGI handler hops between threads at every middleware, and halves the rate of a synchronous API.
Here the event loop reads a request, one thread of a pool answers it through the WSGI application, and the
loop sends the answer; an answer that is an asynchronous stream is sent as it comes. So a slow client or an
open stream costs a task, never a thread.
"""

import asyncio
import io
import logging
import sys
from collections.abc import Awaitable, Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import aclosing
from time import perf_counter
from typing import Any
from urllib.parse import unquote_to_bytes

from django.conf import settings

from cinema.server.wsgi_application import application as wsgi  # Sets Django up, so it goes first.

# isort: split
from cinema.api.problems import problem_response

Scope = dict[str, Any]
Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]

# Each thread answers one request at a time, and keeps one database connection. More of them wait for each other
# more than for the database: with 8, a fifth less is sold.
THREADS = 4
# How long a client may take to send a body (seconds).
PATIENCE = 30
# How long a client may wait for the answer, for a thread included (seconds). Time limits of the database end
# most waits sooner; but a database that stands still keeps none. Proxies give up after 60.
LONGEST = 50

logger = logging.getLogger(__name__)

_threads = ThreadPoolExecutor(THREADS, thread_name_prefix="request")
_streams: set[asyncio.Task[None]] = set()
_under_way = 0


async def drain() -> None:
    """For a server that stops: ends the open streams, and waits for the requests under way."""
    while _under_way:
        # One may have opened since.
        for stream in _streams:
            stream.cancel()
        await asyncio.sleep(0.05)


async def application(scope: Scope, receive: Receive, send: Send) -> None:
    global _under_way
    if scope["type"] == "websocket":
        await send({"type": "websocket.close"})
        return
    if scope["type"] != "http":
        raise NotImplementedError(f"HTTP is spoken here, not {scope['type']}.")
    _under_way += 1
    try:
        await _serve(scope, receive, send)
    finally:
        _under_way -= 1


async def _serve(scope: Scope, receive: Receive, send: Send) -> None:
    body = b""
    if _is_wanted(scope):
        try:
            async with asyncio.timeout(PATIENCE):
                body = await _body(receive)
        except TimeoutError:
            late = problem_response("request_timeout", seconds=PATIENCE)
            await _send(send, 408, _encoded(late.items()), late.content)
            return
        except ConnectionResetError:
            return
    loop = asyncio.get_running_loop()
    try:
        async with asyncio.timeout(LONGEST):
            status, headers, content = await loop.run_in_executor(_threads, _answer, _environ(scope, body))
    except TimeoutError:
        # What still waited for a thread is not begun any more; what was begun goes on, and nobody hears of it.
        logger.error("%s %s took longer than %d seconds.", scope["method"], scope["path"], LONGEST)
        late = problem_response("unavailable")
        await _send(send, 503, _encoded(late.items()), late.content)
        return
    if isinstance(content, bytes):
        await _send(send, status, headers, b"" if scope["method"] == "HEAD" else content)
    else:
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await _stream(content, receive, send)


def _is_wanted(scope: Scope) -> bool:
    """Whether there is a body, and not one that `cinema.intake` refuses for its length, unread."""
    length = dict(scope["headers"]).get(b"content-length", b"")
    return length.isdigit() and int(length) <= settings.DATA_UPLOAD_MAX_MEMORY_SIZE


async def _body(receive: Receive) -> bytes:
    """All of it. Raises `ConnectionResetError` when the client goes before it has sent that."""
    parts = []
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ConnectionResetError
        parts.append(message.get("body", b""))
        if not message.get("more_body"):
            return b"".join(parts)


def _environ(scope: Scope, body: bytes) -> dict[str, Any]:
    """The request as WSGI says it (PEP 3333): text is bytes, read as Latin-1."""
    host, port = scope.get("server") or ("localhost", 80)
    environ: dict[str, Any] = {
        "REQUEST_METHOD": scope["method"],
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote_to_bytes(_path(scope["raw_path"])).decode("latin-1"),
        "QUERY_STRING": scope["query_string"].decode("latin-1"),
        "SERVER_NAME": host,
        "SERVER_PORT": str(port),
        "SERVER_PROTOCOL": f"HTTP/{scope['http_version']}",
        "REMOTE_ADDR": (scope.get("client") or ("127.0.0.1",))[0],
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": scope["scheme"],
        "wsgi.input": io.BytesIO(body),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
        # Says that an asynchronous stream can be sent from here.
        "cinema.streams": True,
        # From here on the caller waits for us, be it for a thread.
        "cinema.began": perf_counter(),
    }
    for name, value in scope["headers"]:
        # With an underscore it would pass for the header with a dash, which a proxy has seen to.
        if b"_" in name:
            continue
        key = name.decode("latin-1").upper().replace("-", "_")
        if key not in {"CONTENT_TYPE", "CONTENT_LENGTH"}:
            key = f"HTTP_{key}"
        text = value.decode("latin-1")
        comma = "; " if key == "HTTP_COOKIE" else ","
        environ[key] = f"{environ[key]}{comma}{text}" if key in environ else text
    return environ


def _path(target: bytes) -> bytes:
    """What is asked for, without its query; a proxy's form of it names the host too."""
    path = target.partition(b"?")[0]
    return path if path.startswith(b"/") else b"/" + b"/".join(path.split(b"/")[3:])


def _answer(environ: dict[str, Any]) -> tuple[int, list[tuple[bytes, bytes]], Any]:
    """Status, headers, and the content: bytes, or Django's response where that is a stream."""
    started: list[Any] = []
    response = wsgi(environ, lambda status, headers, *_: started.append((status, headers)))
    status, headers = started[0]
    if getattr(response, "is_async", False):
        return int(status[:3]), _encoded(headers), response
    try:
        return int(status[:3]), _encoded(headers), b"".join(response)
    finally:
        response.close()


def _encoded(headers: Iterable[tuple[str, str]]) -> list[tuple[bytes, bytes]]:
    return [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers]


async def _send(send: Send, status: int, headers: list[tuple[bytes, bytes]], content: bytes) -> None:
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": content})


async def _stream(response: Any, receive: Receive, send: Send) -> None:
    """Sends the parts as they come, until they end, the client has gone, or the server stops."""

    async def parts() -> None:
        async with aclosing(response.streaming_content) as content:
            async for part in content:
                await send({"type": "http.response.body", "body": part, "more_body": True})

    stream = asyncio.create_task(parts())
    _streams.add(stream)
    stream.add_done_callback(_streams.discard)
    client = asyncio.create_task(_gone(receive))
    try:
        await asyncio.wait({stream, client}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        stream.cancel()
        client.cancel()
        ended, _ = await asyncio.gather(stream, client, return_exceptions=True)
        response.close()
    if isinstance(ended, Exception) and not isinstance(ended, OSError):
        logger.error("A stream broke off.", exc_info=ended)
    await send({"type": "http.response.body", "body": b""})


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
