"""Reads and checks single values of a seating plan in JSON."""

import math
import re
from collections.abc import Iterator
from typing import Any

from cinema.seats.halls.plan_faults import Faults

MAX_DEPTH = 30
MAX_PATH_LENGTH = 500
MAX_COORDINATE = 1e6
# PostgreSQL stores neither NUL characters nor lone surrogates.
# NUL and lone surrogates, and the character that begins temporary labels.
NOT_STORABLE = re.compile("[\x00\x1f\ud800-\udfff]")


def is_coordinate(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < MAX_COORDINATE


class PlanValues:
    """Returns the values of a plan, and adds a fault with its path for each invalid one."""

    def __init__(self) -> None:
        self.faults = Faults()

    def objects(self, parent: dict[str, Any], path: str, name: str) -> Iterator[tuple[str, dict[str, Any]]]:
        """Yields the objects of the list `parent[name]` with their paths."""
        items = parent.get(name)
        path = f"{path}.{name}" if path else name
        if items is None and name in {"categories", "rows"}:
            return  # Optional: a hall without categories, a zone that has only areas.
        if not isinstance(items, list):
            self.faults.add(path, "must be a list")
            return
        for index, item in enumerate(items):
            if isinstance(item, dict):
                yield f"{path}[{index}]", item
            else:
                self.faults.add(f"{path}[{index}]", "must be an object")

    def text(
        self, parent: dict[str, Any], path: str, name: str, max_length: int, *, required: bool = True
    ) -> str:
        """Returns the text `parent[name]`, empty if it is missing or invalid. Integers are read as text."""
        value = parent.get(name)
        path = f"{path}.{name}" if path else name
        if isinstance(value, int) and not isinstance(value, bool):
            value = str(value)
        if value in (None, "") and not required:
            return ""
        if not isinstance(value, str) or not value.strip():
            self.faults.add(path, "must be text")
            return ""
        if len(value) > max_length:
            self.faults.add(path, f"must have at most {max_length} characters")
        return value

    def flag(self, parent: dict[str, Any], path: str, name: str) -> bool:
        """Returns the boolean `parent[name]`, false if it is missing or invalid."""
        value = parent.get(name, False)
        if not isinstance(value, bool):
            self.faults.add(f"{path}.{name}", "must be true or false")
        return value is True

    def position(self, parent: dict[str, Any], path: str) -> tuple[float, float]:
        """Returns `x` and `y` of `parent["position"]`, both 0 if it is missing or invalid."""
        position = parent.get("position")
        if position is None:
            return 0.0, 0.0
        if isinstance(position, dict):
            x, y = position.get("x", 0), position.get("y", 0)
            if is_coordinate(x) and is_coordinate(y):
                return float(x), float(y)
        self.faults.add(f"{path}.position", "must have numbers x and y")
        return 0.0, 0.0

    def check_storable(self, value: Any, path: str = "", depth: int = 0) -> None:
        """Checks all values of the plan, unknown keys included, because the database stores them all.

        PostgreSQL rejects NUL characters, lone surrogates, infinity and NaN in JSON.
        """
        # A key has any length, and a path repeats it for everything inside.
        path = path[:MAX_PATH_LENGTH]
        if depth > MAX_DEPTH:
            self.faults.add(path[:80], "nested too deeply")
        elif isinstance(value, dict):
            for key, item in value.items():
                self.check_storable(key, path, depth)
                item_path = f"{path}.{key[:MAX_PATH_LENGTH]}" if path else key
                self.check_storable(item, item_path, depth + 1)
        elif isinstance(value, list):
            for index, item in enumerate(value):
                self.check_storable(item, f"{path}[{index}]", depth + 1)
        elif isinstance(value, str) and NOT_STORABLE.search(value):
            self.faults.add(ascii(path)[1:-1], "has a character that cannot be stored")
        elif isinstance(value, float) and not math.isfinite(value):
            self.faults.add(path, "must be a finite number")
