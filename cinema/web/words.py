"""The words of the pages, from the same tables as in the browser: `static/web/words/`."""

import json
from functools import cache
from pathlib import Path
from typing import Any

from django.utils.translation.trans_real import parse_accept_lang_header

LANGUAGES = ("en", "de", "hi")
FOLDER = Path(__file__).parent / "static" / "web" / "words"
# A table is a JavaScript module that exports one JSON object.
PREFIX, SUFFIX = "export default ", ";\n"


def language_of(accept_language: str) -> str:
    """Returns the language that an `Accept-Language` header prefers of those with a table, or English."""
    preferred = (
        locale.split("-")[0] for locale, quality in parse_accept_lang_header(accept_language) if quality
    )
    return next((language for language in preferred if language in LANGUAGES), "en")


@cache
def words_in(language: str) -> dict[str, Any]:
    """The table of a language: texts by group and name."""
    text = (FOLDER / f"{language}.js").read_text(encoding="utf-8")
    table: dict[str, Any] = json.loads(text.removeprefix(PREFIX).removesuffix(SUFFIX))
    return table
