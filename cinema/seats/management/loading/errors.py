"""Errors of `loaddata`, which name the file, the object and the field."""

import json
from typing import Any

from django.core.management.base import CommandError
from rest_framework.exceptions import APIException

from cinema.shows.messages import problem_message


class LoadError(CommandError):
    """Ends the command with a message that names the file."""

    def __init__(self, file: str, text: str) -> None:
        prefix = f"Problem installing fixture '{file}': "  # Django adds it to some errors.
        super().__init__(f"Nothing was loaded. {prefix}{text.removeprefix(prefix)}")


class FixtureError(Exception):
    """The message names the object, and the field if one field is wrong."""

    def __init__(self, model: str, pk: Any, field: str, message: str) -> None:
        where = f"{model} {'without pk' if pk is None else shown(pk)}" + (f", field {field}" if field else "")
        super().__init__(f"{where}: {message}")


def no_row(field: Any, pk: Any, value: Any, advice: str = "") -> FixtureError:
    """The error for a reference to a row that does not exist."""
    message = f"There is no {field.related_model._meta.label_lower} {shown(value)}.{advice}"
    return FixtureError(field.model._meta.label_lower, pk, field.name, message)


def one_line(error: Exception) -> str:
    """The message in one line. Django's error for malformed JSON has none; its cause says what is wrong."""
    # Django has put the file into `args`, which some exceptions don't show.
    told = next((text for text in error.args if isinstance(text, str)), str(error))
    text = problem_message(error) if isinstance(error, APIException) else told
    if error.__cause__ and text.rstrip().endswith(":"):
        text += str(error.__cause__)
    return " ".join(text.split()) or type(error).__name__


def shown(value: Any) -> str:
    """The value as JSON, shortened for a message."""
    text = json.dumps(value, default=str)
    return text if len(text) <= 60 else f"{text[:60]}…"
