"""Texts of problems outside the API, in the admin and in commands."""

from typing import Any

from rest_framework.exceptions import APIException


def problem_message(problem: APIException) -> str:
    """Joins all messages of a problem. A validation error has its messages in dictionaries and lists."""
    return _join(problem.detail)


def _join(detail: Any) -> str:
    if isinstance(detail, dict):
        detail = list(detail.values())
    return " ".join(_join(part) for part in detail) if isinstance(detail, list) else str(detail)
