"""The styles that the page at `/` has in its HTML, so that its first view waits for no second answer."""

import base64
import hashlib
from functools import cache
from pathlib import Path

from cinema.web.brand import brand_css

FOLDER = Path(__file__).parent / "static" / "web"
FILES = ("tokens.css", "page.css")


@cache
def first_style(color: str, bar_color: str) -> str:
    """The style sheets of all pages, and the cinema's colors."""
    sheets = [(FOLDER / name).read_text(encoding="utf-8") for name in FILES]
    if color or bar_color:
        sheets.append(brand_css(color, bar_color))
    return "\n".join(sheets)


@cache
def style_source(style: str) -> str:
    """The source of a Content-Security-Policy that allows exactly this text as an inline style."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()}'"
