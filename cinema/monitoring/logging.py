"""What a line of the log looks like, and what never stands in one.

A line has the fields below and no others, so that nothing slips in that somebody hung on a record. Secrets
stay out by what is not written: no headers, no query strings, no bodies, no values of variables. What looks
like a token, a password's hash or an e-mail address is blotted out besides, wherever it comes from.
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

# In the order of a line. What is not known is left out.
FIELDS = {
    "time": "When, in UTC.",
    "level": "`DEBUG`, `INFO`, `WARNING`, `ERROR` or `CRITICAL`.",
    "logger": "Who says so; `cinema.access` for the line of each request.",
    "message": "What happened.",
    "request_id": "The `X-Request-ID` of the answer, and `request_id` of an error's body.",
    "method": "Of the request under way.",
    "path": "Of the request under way, without its query.",
    "user": "The id of the user who asks, where it is known by then.",
    "status": "Of the answer.",
    "duration_ms": "How long the answer took.",
    "exception": "Where it happened, with the first line of each exception's message.",
}

SECRETS = re.compile(
    r"eyJ[\w-]*(?:\.[\w-]*){0,2}"  # a JSON web token, or its beginning: so that it is found in one pass
    r"|(?<=Bearer )[\w.~+/=-]+"
    r"|(?:argon2|pbkdf2_sha256|pbkdf2_sha1|scrypt|bcrypt\w*)\$[\w$=,+/.-]+"
    r"|(?<![\w.+%-])[\w.+%-]+@[\w.-]+",  # an e-mail address, from where a word begins: found in one pass
    re.ASCII,
)
CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")


def logging_config(form: str, level: str) -> dict[str, Any]:
    """Django's setting `LOGGING`, and gunicorn's."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"json": {"()": JsonFormatter}, "text": {"()": TextFormatter}},
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": form}},
        "root": {"handlers": ["stderr"], "level": level},
        "loggers": {
            # Django's own handlers would write all once more, or mail it.
            "django": {"handlers": [], "level": "NOTSET"},
            "gunicorn.error": {"handlers": [], "propagate": True},
            # A refused request is answered, not logged; what fails on our side is.
            "django.request": {"level": "ERROR"},
            # At DEBUG these write what people sent: as values in SQL, and in templates.
            "django.db.backends": {"level": "INFO"},
            "django.template": {"level": "INFO"},
        },
    }


class JsonFormatter(logging.Formatter):
    """One JSON object a line."""

    def format(self, record: logging.LogRecord) -> str:
        # Its escapes keep whatever is in it on the line.
        return _blot(json.dumps(fields(record)))


class TextFormatter(logging.Formatter):
    """For people at a terminal. No message can pass for a line of its own."""

    def format(self, record: logging.LogRecord) -> str:
        line = fields(record)
        exception = line.pop("exception", "")
        head = [line.pop(name) for name in ("time", "level", "logger", "message")]
        rest = [f"{name}={value}" for name, value in line.items()]
        below = [f"\n    {_escaped(part)}" for part in exception.split("\n") if part]
        return _blot(_escaped(" ".join(head + rest)) + "".join(below))


def fields(record: logging.LogRecord) -> dict[str, Any]:
    line: dict[str, Any] = {
        "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")[:-6] + "Z",
        "level": record.levelname,
        "logger": record.name,
        "message": record.getMessage(),
    }
    # Django says in the record which request it means, for it also logs when that is over.
    request = getattr(record, "request", None) or request_id.current.get()
    if isinstance(request, HttpRequest):
        line["request_id"] = request_id.id_of(request)
        line["method"], line["path"] = request.method, request.path
        line["user"] = request_id.user_id(request)
        line["status"] = getattr(record, "status_code", None)
        line["duration_ms"] = getattr(record, "duration_ms", None)
    if record.exc_info and record.exc_info[1]:
        line["exception"] = "".join(_trace(record.exc_info[1]))
    return {name: value for name, value in line.items() if value is not None}


def _trace(error: BaseException) -> Iterator[str]:
    """As Python prints it, with the first line of each message: a database's second line is the row itself."""
    if cause := error.__cause__ or (None if error.__suppress_context__ else error.__context__):
        yield from _trace(cause)
        yield "\n\nThen:\n\n"
    yield from traceback.format_tb(error.__traceback__)
    kind = f"{type(error).__module__}.{type(error).__qualname__}".removeprefix("builtins.")
    yield f"{kind}: {str(error).partition(chr(10))[0]}"


def _escaped(text: str) -> str:
    return CONTROL.sub(lambda sign: repr(sign[0])[1:-1], text)


def _blot(text: str) -> str:
    return SECRETS.sub("[hidden]", text)
