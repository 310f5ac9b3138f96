"""The ASGI application that `make run` serves. It answers requests in threads and streams on the event loop.

Django's own ASGI handler switches threads at every synchronous middleware, which halves the throughput of a
synchronous API. Here the event loop reads a whole request, one thread of a pool runs Django's WSGI handler, and
the event loop sends the response. The event loop also sends asynchronous streaming responses, so a slow client
or an open stream occupies a task and never a thread.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import aclosing, closing
from tempfile import SpooledTemporaryFile
from time import perf_counter
from typing import IO, Any

from django.conf import settings

from cinema.server.wsgi_application import application as wsgi_application  # Sets Django up, so it comes first.

# isort: split
from cinema.api.csv_files import PART_SIZE_BYTES, CsvResponse
from cinema.api.problems import problem_response
from cinema.server import fast_path
from cinema.server.environ import make_environ

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
    try:
        async with asyncio.timeout(RESPONSE_TIMEOUT):
            status, headers, content = await _answer(scope, body)
    except TimeoutError:
        # The timeout cancels a queued request. A running one finishes, but its response is dropped.
        logger.error("%s %s took longer than %d seconds.", scope["method"], scope["path"], RESPONSE_TIMEOUT)
        problem = problem_response("unavailable", accept=_accept(scope))
        await _send(send, 503, _encode(problem.items()), problem.content)
        return
    if isinstance(content, bytes):
        await _send(send, status, headers, content)
    elif isinstance(content, SpooledTemporaryFile):
        await _send_file(send, status, headers, content)
    else:
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await _stream(content, receive, send)


async def _answer(scope: Scope, body: bytes) -> tuple[int, Headers, Any]:
    """Returns status, headers and content: bytes, or Django's response if it is an asynchronous stream."""
    plain_request = fast_path.plain_request(scope, body)
    if plain_request and (answer := await fast_path.answer(plain_request)):
        return answer
    environ = make_environ(scope, body)
    if plain_request:
        environ |= plain_request.notes | {"cinema.began": plain_request.began}
    loop = asyncio.get_running_loop()
    status, headers, content = await loop.run_in_executor(_executor, _respond, environ)
    if plain_request:
        fast_path.learn(plain_request, status, headers)
    return status, headers, content


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


def _respond(environ: dict[str, Any]) -> tuple[int, Headers, Any]:
    """Returns status, headers and content.

    The content is bytes, a file, or Django's response if that is an asynchronous stream.
    """
    started: list[tuple[str, list[tuple[str, str]]]] = []
    response = wsgi_application(environ, lambda status, headers, *_: started.append((status, headers)))
    status, headers = started[0]
    if getattr(response, "is_async", False):
        return int(status[:3]), _encode(headers), response
    with closing(response):
        if environ["REQUEST_METHOD"] == "HEAD":
            return int(status[:3]), _encode(headers), b""
        if isinstance(response, CsvResponse):
            return int(status[:3]), _encode(headers), response.file
        return int(status[:3]), _encode(headers), b"".join(response)


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


async def _send_file(send: Send, status: int, headers: Headers, content: IO[bytes]) -> None:
    """Sends a file in parts, each after the client has read most of the earlier ones."""
    global _unread_answers
    _unread_answers += 1
    try:
        with content:
            await send({"type": "http.response.start", "status": status, "headers": headers})
            while part := content.read(PART_SIZE_BYTES):
                await send({"type": "http.response.body", "body": part, "more_body": True})
            await send({"type": "http.response.body", "body": b""})
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
