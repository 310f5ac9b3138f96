"""An in-memory cache with a limit in bytes. It evicts the least recently used entries."""

from collections import OrderedDict
from collections.abc import Hashable
from threading import Lock
from typing import Any


class ByteCache:
    """Keeps entries of at most `max_bytes` in total. With 0 it keeps nothing."""

    def __init__(self, max_bytes: int) -> None:
        self.max_bytes = max_bytes
        self.size = 0
        # Values with their sizes. The most recently used one is at the end.
        self._entries: OrderedDict[Hashable, tuple[Any, int]] = OrderedDict()
        self._lock = Lock()

    def get(self, key: Hashable) -> Any:
        """The value, or None."""
        with self._lock:
            value, _ = self._entries.get(key, (None, 0))
            if value is not None:
                self._entries.move_to_end(key)
            return value

    def put(self, key: Hashable, value: Any, size: int) -> None:
        """Stores a value of `size` bytes, unless it would evict most others."""
        with self._lock:
            _, old_size = self._entries.pop(key, (None, 0))
            self.size -= old_size
            if size > self.max_bytes // 4:
                return
            self._entries[key] = value, size
            self.size += size
            while self.size > self.max_bytes:
                _, (_, oldest_size) = self._entries.popitem(last=False)
                self.size -= oldest_size

    def clear(self) -> None:
        with self._lock:
            self._entries.clear()
            self.size = 0
