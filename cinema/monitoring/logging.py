"""The log: its configuration, its two formats, and the redaction of secrets.

A line has the fields of `FIELDS` and no others, whatever attributes a log record has. No line contains headers,
query strings, bodies, or values of variables. `[hidden]` replaces other texts that look like a token, a
password hash or an e-mail address.

python-json-logger was tried for the JSON format. Its formatter needs 8 lines for the fixed fields and the
redaction, ours 5, and it takes 25 µs a line instead of 18.
"""

import json
import logging
import re
import traceback
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from django.http import HttpRequest

from cinema.api import request_id

# In their order in a line, which omits those without a value. docs/operations.md describes them.
FIELDS = (
    *("time", "level", "logger", "message"),
    *("request_id", "method", "path", "user", "status", "duration_ms"),
    "exception",
)

SECRETS = re.compile(
    r"eyJ[\w-]*(?:\.[\w-]*){0,2}"  # a JSON web token, or the start of one: so the search takes linear time
    r"|(?<=Bearer )[\w.~+/=-]+"
    r"|(?:argon2|pbkdf2_sha256|pbkdf2_sha1|scrypt|bcrypt\w*)\$[\w$=,+/.-]+"
    r"|(?<![\w.+%-])[\w.+%-]+@[\w.-]+",  # an e-mail address, from the start of a word: also linear
    re.ASCII,
)
CONTROL_CHARACTERS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")


def logging_config(log_format: str, level: str) -> dict[str, Any]:
    """Returns Django's setting `LOGGING`, which gunicorn uses too. `log_format` is `json` or `text`."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"json": {"()": JsonFormatter}, "text": {"()": TextFormatter}},
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": log_format}},
        "root": {"handlers": ["stderr"], "level": level},
        "loggers": {
            # Django's own handlers would write each line again, or mail it.
            "django": {"handlers": [], "level": "NOTSET"},
            "gunicorn.error": {"handlers": [], "propagate": True},
            # Django warns of each 4xx response. Only errors on our side belong in the log.
            "django.request": {"level": "ERROR"},
            # At DEBUG these write what users sent: as parameters of SQL, and in templates.
            "django.db.backends": {"level": "INFO"},
            "django.template": {"level": "INFO"},
        },
    }


class JsonFormatter(logging.Formatter):
    """Writes one JSON object per line."""

    def format(self, record: logging.LogRecord) -> str:
        return redact(json.dumps(record_fields(record)))


class TextFormatter(logging.Formatter):
    """Writes one line per record for a terminal, and an indented traceback below it.

    Control characters are escaped, so that no message can fake a line of its own.
    """

    def format(self, record: logging.LogRecord) -> str:
        fields = record_fields(record)
        traceback_lines = fields.pop("exception", "").split("\n")
        start = [fields.pop(name) for name in ("time", "level", "logger", "message")]
        rest = [f"{name}={value}" for name, value in fields.items()]
        indented = [f"\n    {_escape(line)}" for line in traceback_lines if line]
        return redact(_escape(" ".join(start + rest)) + "".join(indented))


def record_fields(record: logging.LogRecord) -> dict[str, Any]:
    """Returns the fields of a line, by the names and in the order of `FIELDS`."""
    fields: dict[str, Any] = {
        "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")[:-6] + "Z",
        "level": record.levelname,
        "logger": record.name,
        "message": record.getMessage(),
    }
    # Django also logs after the request has ended, and then names it in the record.
    request = getattr(record, "request", None) or request_id.current.get()
    if isinstance(request, HttpRequest):
        fields["request_id"] = request_id.id_of(request)
        fields["method"], fields["path"] = request.method, request.path
        fields["user"] = request_id.user_id(request)
        fields["status"] = getattr(record, "status_code", None)
        fields["duration_ms"] = getattr(record, "duration_ms", None)
    if record.exc_info and record.exc_info[1]:
        fields["exception"] = "".join(_format_exception(record.exc_info[1]))
    return {name: value for name, value in fields.items() if value is not None}


def _format_exception(error: BaseException) -> Iterator[str]:
    """Yields the parts of a traceback like Python's, with only the first line of each exception's message.

    The second line of a database error can quote the row, which holds what users sent.
    """
    if cause := error.__cause__ or (None if error.__suppress_context__ else error.__context__):
        yield from _format_exception(cause)
        yield "\n\nThen:\n\n"
    yield from traceback.format_tb(error.__traceback__)
    name = f"{type(error).__module__}.{type(error).__qualname__}".removeprefix("builtins.")
    yield f"{name}: {str(error).partition(chr(10))[0]}"


def _escape(text: str) -> str:
    return CONTROL_CHARACTERS.sub(lambda character: repr(character[0])[1:-1], text)


def redact(text: str) -> str:
    return SECRETS.sub("[hidden]", text)
