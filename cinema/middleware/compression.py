"""Middleware that compresses answers that are the same for everybody: seat maps, the schema, static files."""

import gzip
import os
import re
from collections.abc import Callable
from functools import cache
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.cache import patch_vary_headers

from cinema.api.byte_cache import ByteCache

# A smaller answer fits into one packet anyway.
MIN_SIZE_BYTES = 1000
# The fastest level, for answers that change. The map of 20,000 seats costs 9 ms; the usual level 6 costs 60 ms
# and saves another 2 %.
LEVEL = 1
# The best level, for files, which a process compresses once. It saves a tenth of the bytes of the page.
FILE_LEVEL = 9
COMPRESSIBLE_TYPES = re.compile(r"text/|application/(json|javascript|vnd\.oai\.openapi)|image/svg")


def compression(get_response: Callable[[HttpRequest], HttpResponseBase]) -> Any:
    """Compresses an answer with gzip if the client accepts that and `Cache-Control` says `public`.

    Answers with secrets never say `public`. From the size of a compressed answer, an attacker who can put text
    into it could guess the secrets in it (BREACH).
    """

    def middleware(request: HttpRequest) -> HttpResponseBase:
        response: Any = get_response(request)
        if response.status_code != 200 or request.method not in {"GET", "HEAD"}:
            return response
        headers = response.headers
        if (
            "public" not in headers.get("Cache-Control", "")
            or int(headers.get("Content-Length", 0)) < MIN_SIZE_BYTES
            or not COMPRESSIBLE_TYPES.match(headers["Content-Type"])
            or "Content-Encoding" in headers
            # WhiteNoise opens no file for HEAD.
            or (response.streaming and request.method == "HEAD")
        ):
            return response
        patch_vary_headers(response, ["Accept-Encoding"])
        if accepts_gzip(request.META.get("HTTP_ACCEPT_ENCODING", "")):
            compressed = compress(b"".join(response), FILE_LEVEL if response.streaming else LEVEL)
            if response.streaming:
                response.streaming_content = [compressed]
            else:
                response.content = compressed
            headers["Content-Encoding"] = "gzip"
            headers["Content-Length"] = str(len(compressed))
        return response

    return middleware


@cache
def compressed_answers() -> ByteCache:
    """Returns the cache of compressed bodies, by content.

    A kept seat map is the same object each time, so Python hashes it only once. It is a function, because the
    settings import this module.
    """
    return ByteCache(settings.KEPT_ANSWERS_MB * 2**20)


def compress(content: bytes, level: int = LEVEL) -> bytes:
    """Compresses with gzip. Caches the results, because files and unchanged seat maps are sent many times."""
    kept = compressed_answers()
    compressed = kept.get(content)
    if compressed is None:
        compressed = gzip.compress(content, level, mtime=0)
        kept.put(content, compressed, len(content) + len(compressed))
    return compressed


def accepts_gzip(accept_encoding: str) -> bool:
    """Tells whether an Accept-Encoding header lists gzip, and not with `q=0`, which means "not acceptable"."""
    for coding in accept_encoding.lower().split(","):
        name, _, parameters = coding.partition(";")
        if name.strip() == "gzip":
            return not re.fullmatch(r"\s*q\s*=\s*0(\.0*)?\s*", parameters)
    return False


def static_file_headers(headers: Any, path: str, url: str) -> None:
    """Gives a static file a weak ETag, because a strong one must differ between compressed and plain bytes."""
    status = os.stat(path)
    headers["ETag"] = f'W/"{int(status.st_mtime):x}-{status.st_size:x}"'
    headers["Vary"] = "Accept-Encoding"
