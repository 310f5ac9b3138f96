"""Translates an ASGI scope into a WSGI environ."""

import io
import sys
from time import perf_counter
from typing import Any
from urllib.parse import unquote_to_bytes


def make_environ(scope: dict[str, Any], body: bytes) -> dict[str, Any]:
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
