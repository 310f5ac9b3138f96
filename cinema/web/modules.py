"""The modules of a page: those that it needs at once, and those that it loads later."""

import re
from functools import cache
from pathlib import Path

FOLDER = Path(__file__).parent / "static" / "web"
STATIC_IMPORT = re.compile(r'^(?:import|export) [^;]*? from "\./([\w-]+\.js)";', re.MULTILINE)
DYNAMIC_IMPORT = re.compile(r'\bimport\("\./([\w-]+\.js)"\)')


@cache
def modules_at_once(entry: str) -> list[str]:
    """The modules that the browser needs before it runs this one: itself, and all that they import."""
    return _with_imports([entry])


@cache
def modules_later(entry: str) -> list[str]:
    """The modules that these load with `import()`, and all that those import."""
    at_once = modules_at_once(entry)
    starts = [name for module in at_once for name in DYNAMIC_IMPORT.findall(_source(module))]
    return [module for module in _with_imports(starts) if module not in at_once]


def _with_imports(modules: list[str]) -> list[str]:
    """Each module is followed by what it imports, so that those of the first one come first."""
    found: list[str] = []
    waiting = modules[::-1]
    while waiting:
        module = waiting.pop()
        if module not in found:
            found.append(module)
            waiting += reversed(STATIC_IMPORT.findall(_source(module)))
    return found


def _source(module: str) -> str:
    return (FOLDER / module).read_text(encoding="utf-8")
