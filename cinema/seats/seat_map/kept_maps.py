"""Keeps the JSON of the latest map of each show, because a map costs several times as much as its version.

Each request reads the map's version from the database, and uses a kept map only if it has the ETag of that
version. So a map is never older than its request, and a process need not know about the sales of others.
"""

from django.conf import settings

from cinema.api.byte_cache import ByteCache

# ETag and content, by show.
_maps = ByteCache(settings.KEPT_ANSWERS_MB * 2**20)


def has_map(show_id: int) -> bool:
    """Tells whether a map of the show is kept, perhaps an old one."""
    return _maps.get(show_id) is not None


def kept_map(show_id: int, etag: str) -> bytes | None:
    kept_etag, content = _maps.get(show_id) or (None, None)
    return content if kept_etag == etag else None


def keep_map(show_id: int, etag: str, content: bytes) -> None:
    _maps.put(show_id, (etag, content), len(content))
