"""The answer to a GET in its usual form, before it is an HTTP response."""

from typing import NamedTuple


class Representation(NamedTuple):
    """The ETag of an answer, empty if it has none, and its JSON, None if the client has it already."""

    etag: str
    body: bytes | None
