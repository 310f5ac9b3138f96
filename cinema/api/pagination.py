"""Pagination of all lists: `{"count", "next", "previous", "results"}`.

A list can be long: all movies ever shown, or all bookings of a school. So the last pages are read from the end
of the list, and the count of a long list is cached for a second.
"""

from functools import cached_property
from time import monotonic
from typing import Any

from django.core.paginator import Page, Paginator
from rest_framework.exceptions import ValidationError
from rest_framework.pagination import PageNumberPagination
from rest_framework.request import Request

# Counts below this are not cached, because counting that many rows is cheap.
MIN_CACHED_COUNT = 100
COUNT_CACHE_SECONDS = 1.0
# Limits the memory that clients can fill by sending many different search terms.
MAX_CACHED_COUNTS = 1000

# The time when a count expires, and the count, by the query and its parameters. Each process has its own.
_counts: dict[Any, tuple[float, int]] = {}


def known_count(key: Any) -> int | None:
    """The count of a long list, at most a second old, or None."""
    expires_at, count = _counts.get(key, (0.0, None))
    return None if expires_at < monotonic() else count


def remember_count(key: Any, count: int, began: float) -> None:
    """Keeps the count of a long list for a second from when its query `began`."""
    if count >= MIN_CACHED_COUNT:
        if len(_counts) >= MAX_CACHED_COUNTS:
            _counts.clear()
        _counts[key] = began + COUNT_CACHE_SECONDS, count


class LongListPaginator(Paginator):
    """Paginates an ordered queryset. The `count` of a long list may be one second old."""

    object_list: Any

    @cached_property
    def count(self) -> int:
        key = self.object_list.query.sql_with_params()
        count = known_count(key)
        if count is None:
            began = monotonic()
            count = self.object_list.count()
            remember_count(key, count, began)
        return count

    def page(self, number: int | str) -> Page[Any]:
        number = self.validate_number(number)
        start = (number - 1) * self.per_page
        end = min(start + self.per_page, self.count)
        if start <= self.count - end:
            rows = list(self.object_list[start:end])
        else:
            # OFFSET costs as much as the rows it skips, and fewer rows come after this page than before it.
            rows = list(self.object_list.reverse()[self.count - end : self.count - start])[::-1]
        return Page(rows, number, self)


class Pagination(PageNumberPagination):
    """Reads `?page=`, from 1, and `?page_size=`: 50 rows by default, at most 200."""

    django_paginator_class = LongListPaginator
    page_size = 50
    page_size_query_param = "page_size"
    max_page_size = 200
    last_page_strings = ()
    page_query_description = "The page number, from 1."
    page_size_query_description = "Rows per page; more than 200 count as 200."

    def get_page_number(self, request: Request, paginator: Any) -> int:
        """Raises `ValidationError` for a page that is no positive number."""
        return _positive_integer(request, self.page_query_param) or 1

    def get_page_size(self, request: Request) -> int:
        """Raises `ValidationError` for a size that is no positive number."""
        return min(_positive_integer(request, "page_size") or self.page_size, self.max_page_size)

    def get_schema_operation_parameters(self, view: Any) -> list[dict[str, Any]]:
        """DRF's schema of both parameters, with their minimum."""
        parameters = super().get_schema_operation_parameters(view)
        for parameter in parameters:
            parameter["schema"]["minimum"] = 1
        return parameters

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        """DRF's schema with all four members required, and the second page of three as its example."""
        page = super().get_paginated_response_schema(schema)
        for link in ("next", "previous"):
            # OpenAPI 3.1 has no `nullable`.
            del page["properties"][link]["nullable"]
            page["properties"][link]["type"] = ["string", "null"]
        page["required"] = list(page["properties"])
        for name, number in (("next", 3), ("previous", 1)):
            page["properties"][name]["example"] = f"http://127.0.0.1:8000/movies/?page={number}"
        return page


def _positive_integer(request: Request, name: str) -> int | None:
    """The value of a query parameter, or None if it is missing."""
    value = request.query_params.get(name)
    if value is None:
        return None
    if not (value.isascii() and value.isdecimal() and len(value) < 19 and int(value) > 0):
        raise ValidationError({name: ["Must be a whole number from 1."]})
    return int(value)
