"""CSV files for programs and spreadsheets (RFC 4180, UTF-8), of any size.

Spreadsheets run a cell that begins with a formula's character, such as `=1+1`, although it is quoted. So such a
text gets an apostrophe in front: see https://owasp.org/www-community/attacks/CSV_Injection.
"""

import csv
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from functools import partial
from io import StringIO
from itertools import chain, islice
from tempfile import SpooledTemporaryFile
from typing import Any

from django.http import StreamingHttpResponse
from rest_framework import renderers

MEDIA_TYPE = "text/csv"
# Also the wide forms of these characters, which spreadsheets read as the usual ones.
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
# Excel reads a file without this mark in an old encoding. Programs read it as part of the first column's name.
BYTE_ORDER_MARK = "\ufeff"
ROWS_PER_PART = 500
# The size up to which a file waits in memory until it is sent. A larger one waits on disk.
MAX_SPOOLED_BYTES = 1_000_000
PART_SIZE_BYTES = 64 * 1024


class CsvRenderer(renderers.BaseRenderer):
    """Lets clients choose CSV with `Accept: text/csv` or `?format=csv`. Views answer with `csv_response`."""

    media_type = MEDIA_TYPE
    format = "csv"

    def render(self, data: Any, accepted_media_type: str | None = None, renderer_context: Any = None) -> bytes:
        raise NotImplementedError("A view that offers CSV answers with csv_response().")


class CsvResponse(StreamingHttpResponse):
    """Sends a file in parts. The server may read `file` itself, also after the response is closed."""

    def __init__(self, file: SpooledTemporaryFile[bytes], name: str) -> None:
        super().__init__(
            iter(partial(file.read, PART_SIZE_BYTES), b""),
            content_type=f"{MEDIA_TYPE}; charset=utf-8",
            headers={"Content-Disposition": f'attachment; filename="{name}"'},
        )
        self.file = file


def csv_response(
    name: str, columns: Sequence[str], rows: Iterable[Sequence[Any]], *, for_excel: bool = False
) -> CsvResponse:
    """Sends the rows as the file `name`, which is ASCII, below the names of the columns.

    It writes the whole file before the response begins. So an error in the middle is answered as a problem.
    A client that reads slowly occupies neither a thread nor a database cursor.
    """
    file = SpooledTemporaryFile[bytes](MAX_SPOOLED_BYTES)
    if for_excel:
        file.write(BYTE_ORDER_MARK.encode())
    for part in _parts(columns, rows):
        file.write(part.encode())
    file.seek(0)
    return CsvResponse(file, name)


def _parts(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> Iterator[str]:
    lines = chain([columns], rows)
    while part := list(islice(lines, ROWS_PER_PART)):
        text = StringIO()
        csv.writer(text).writerows(map(_cells, part))
        yield text.getvalue()


def _cells(row: Sequence[Any]) -> list[Any]:
    return [_cell(value) for value in row]


def _cell(value: Any) -> Any:
    """Returns the value as the CSV file has it: a time as in JSON, and None as an empty cell."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    if isinstance(value, str) and value.startswith(FORMULA_STARTS):
        return f"'{value}"
    return value
