"""Lists are answered in pages: `{"count", "next", "previous", "results"}`.

A list may be long: all movies there ever were, or the bookings of a school. So its last page is looked for from
its end, and the rows of a long one are not counted anew for each of its pages.
"""

from functools import cached_property
from time import monotonic
from typing import Any

from django.core.paginator import Page, Paginator
from rest_framework.pagination import PageNumberPagination

# From how many rows on a list is long, for how long (seconds) its count is kept, and of how many lists.
LONG = 1000
KEPT_FOR = 1.0
MAX_CACHED_COUNTS = 1000

_kept: dict[Any, tuple[float, int]] = {}


class LongListPaginator(Paginator):
    """For querysets that have an order. The `count` of a long list may be a second old."""

    object_list: Any

    @cached_property
    def count(self) -> int:
        key = self.object_list.query.sql_with_params()
        until, count = _kept.get(key, (0.0, 0))
        if until < monotonic():
            count = self.object_list.count()
            if count >= LONG:
                if len(_kept) >= MAX_CACHED_COUNTS:
                    _kept.clear()
                _kept[key] = monotonic() + KEPT_FOR, count
        return count

    def page(self, number: int | str) -> Page[Any]:
        number = self.validate_number(number)
        first = (number - 1) * self.per_page
        end = min(first + self.per_page, self.count)
        if first <= self.count - end:
            rows = list(self.object_list[first:end])
        else:
            # Skipping rows costs as many as are skipped: there are fewer after these than before.
            rows = list(self.object_list.reverse()[self.count - end : self.count - first])[::-1]
        return Page(rows, number, self)


class Pagination(PageNumberPagination):
    """`?page=` from 1, `?page_size=` rows (default 50, at most 200)."""

    django_paginator_class = LongListPaginator
    page_size = 50
    page_size_query_param = "page_size"
    max_page_size = 200
    last_page_strings = ()
    page_query_description = "Which page, from 1."
    page_size_query_description = "How many a page has, at most 200; 50 where it is none or makes no sense."

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        """As DRF has it, but that all four are always there; the examples are of the second page of three."""
        page = super().get_paginated_response_schema(schema)
        page["required"] = list(page["properties"])
        for name, number in (("next", 3), ("previous", 1)):
            page["properties"][name]["example"] = f"http://127.0.0.1:8000/movies/?page={number}"
        return page
