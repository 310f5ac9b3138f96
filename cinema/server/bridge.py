"""The ASGI application that `make run` serves. It answers requests in threads and streams on the event loop.

Django's own ASGI handler switches threads at every synchronous middleware, which halves the throughput of a
synchronous API. Here the event loop reads a whole request, one thread of a pool runs Django's WSGI handler, and
the event loop sends the response. The event loop also sends asynchronous streaming responses, so a slow client
or an open stream occupies a task and never a thread.
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

from cinema.server.wsgi_application import application as wsgi_application  # Sets Django up, so it comes first.

# isort: split
from cinema.api.problems import problem_response

Scope = dict[str, Any]
Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]
Headers = list[tuple[bytes, bytes]]

# Each thread answers one request at a time and keeps one database connection. With 8 threads, a worker sells a
# fifth less than with 4, because threads compete for the interpreter lock.
MAX_THREADS = 4
# Seconds in which a client must have sent its request body.
BODY_TIMEOUT = 30
# Seconds after which a client gets 503, its time in the queue included. Database timeouts end most requests
# earlier, but a frozen database enforces none. Proxies usually give up after 60 seconds.
RESPONSE_TIMEOUT = 50
# Seconds in which a stopping worker still waits for clients to read their answers.
DRAIN_UNREAD_TIMEOUT = 3

logger = logging.getLogger(__name__)

_executor = ThreadPoolExecutor(MAX_THREADS, thread_name_prefix="request")
_open_streams: set[asyncio.Task[None]] = set()
_active_requests = 0
# Requests whose answer waits until the client reads it. They are active, too.
_unread_answers = 0


async def drain() -> None:
    """Ends the open streams and waits for the active requests. A stopping worker awaits it.

    When only unread answers are left, it waits for DRAIN_UNREAD_TIMEOUT seconds more.
    """
    unread_since = None
    while _active_requests:
        # On each pass, because a request may have opened a new stream since the last one.
        for stream in _open_streams:
            stream.cancel()
        if _active_requests == _unread_answers:
            unread_since = unread_since or perf_counter()
            if perf_counter() - unread_since > DRAIN_UNREAD_TIMEOUT:
                return
        await asyncio.sleep(0.05)


async def application(scope: Scope, receive: Receive, send: Send) -> None:
    global _active_requests
    if scope["type"] != "http":
        raise NotImplementedError(f"This application serves HTTP only, not {scope['type']}.")
    _active_requests += 1
    try:
        await _serve(scope, receive, send)
    finally:
        _active_requests -= 1


async def _serve(scope: Scope, receive: Receive, send: Send) -> None:
    body = b""
    if _should_read_body(scope):
        try:
            async with asyncio.timeout(BODY_TIMEOUT):
                body = await _read_body(receive)
        except TimeoutError:
            problem = problem_response("request_timeout", accept=_accept(scope), seconds=BODY_TIMEOUT)
            await _send(send, 408, _encode(problem.items()), problem.content)
            return
        except ConnectionResetError:
            return
    loop = asyncio.get_running_loop()
    try:
        async with asyncio.timeout(RESPONSE_TIMEOUT):
            status, headers, content = await loop.run_in_executor(_executor, _respond, _environ(scope, body))
    except TimeoutError:
        # The timeout cancels a queued request. A running one finishes, but its response is dropped.
        logger.error("%s %s took longer than %d seconds.", scope["method"], scope["path"], RESPONSE_TIMEOUT)
        problem = problem_response("unavailable", accept=_accept(scope))
        await _send(send, 503, _encode(problem.items()), problem.content)
        return
    if isinstance(content, bytes):
        await _send(send, status, headers, b"" if scope["method"] == "HEAD" else content)
    else:
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await _stream(content, receive, send)


def _should_read_body(scope: Scope) -> bool:
    """Tells whether there is a body, and whether it is small enough for the `body_limit` middleware.

    That middleware rejects a larger one by its Content-Length, so it is never read.
    """
    length = dict(scope["headers"]).get(b"content-length", b"")
    return length.isdigit() and 0 < int(length) <= settings.DATA_UPLOAD_MAX_MEMORY_SIZE


def _accept(scope: Scope) -> str:
    return dict(scope["headers"]).get(b"accept", b"").decode("latin-1")


async def _read_body(receive: Receive) -> bytes:
    """Returns the whole body. Raises `ConnectionResetError` if the client disconnects before its end."""
    parts = []
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ConnectionResetError
        parts.append(message.get("body", b""))
        if not message.get("more_body"):
            return b"".join(parts)


def _environ(scope: Scope, body: bytes) -> dict[str, Any]:
    """Returns the WSGI environ of an ASGI scope (PEP 3333). Its strings are bytes decoded as Latin-1."""
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
        # Tells the events view that this server can send an asynchronous stream.
        "cinema.streams": True,
        # Request durations count from here, so that they include the wait for a thread.
        "cinema.began": perf_counter(),
    }
    for name, value in scope["headers"]:
        # X_Forwarded_Proto and X-Forwarded-Proto would get the same key. A proxy overwrites only the second, so
        # a client could forge it with the first.
        if b"_" in name:
            continue
        key = name.decode("latin-1").upper().replace("-", "_")
        if key not in {"CONTENT_TYPE", "CONTENT_LENGTH"}:
            key = f"HTTP_{key}"
        text = value.decode("latin-1")
        separator = "; " if key == "HTTP_COOKIE" else ","
        environ[key] = f"{environ[key]}{separator}{text}" if key in environ else text
    return environ


def _path(target: bytes) -> bytes:
    """Returns the path of a request target, which is `/path?query` or, from a proxy, `http://host/path?query`."""
    path = target.partition(b"?")[0]
    return path if path.startswith(b"/") else b"/" + b"/".join(path.split(b"/")[3:])


def _respond(environ: dict[str, Any]) -> tuple[int, Headers, Any]:
    """Returns status, headers and content: bytes, or Django's response if it is an asynchronous stream."""
    started: list[tuple[str, list[tuple[str, str]]]] = []
    response = wsgi_application(environ, lambda status, headers, *_: started.append((status, headers)))
    status, headers = started[0]
    if getattr(response, "is_async", False):
        return int(status[:3]), _encode(headers), response
    try:
        return int(status[:3]), _encode(headers), b"".join(response)
    finally:
        response.close()


def _encode(headers: Iterable[tuple[str, str]]) -> Headers:
    return [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers]


async def _send(send: Send, status: int, headers: Headers, content: bytes) -> None:
    global _unread_answers
    _unread_answers += 1
    try:
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": content})
    finally:
        _unread_answers -= 1


async def _stream(response: Any, receive: Receive, send: Send) -> None:
    """Sends each part of a stream, until the stream ends, the client disconnects or the server stops."""

    async def send_parts() -> None:
        async with aclosing(response.streaming_content) as content:
            async for part in content:
                await send({"type": "http.response.body", "body": part, "more_body": True})

    stream = asyncio.create_task(send_parts())
    _open_streams.add(stream)
    stream.add_done_callback(_open_streams.discard)
    disconnect = asyncio.create_task(_wait_for_disconnect(receive))
    try:
        await asyncio.wait({stream, disconnect}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        stream.cancel()
        disconnect.cancel()
        error, _ = await asyncio.gather(stream, disconnect, return_exceptions=True)
        response.close()
    if isinstance(error, Exception) and not isinstance(error, OSError):
        logger.error("A stream failed.", exc_info=error)
    await send({"type": "http.response.body", "body": b""})


async def _wait_for_disconnect(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
