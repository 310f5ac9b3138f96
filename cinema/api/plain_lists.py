"""The first page of a list by one SQL statement, without DRF and the ORM, which cost ten times as much.

Only plain requests get it: a GET whose query parameters are all known to the list and have plain values. The
ordinary view answers everything else, including errors and empty lists. Both answers are equal byte for byte,
which `tests/api/test_plain_lists.py` checks.
"""

import re
from collections.abc import Callable, Mapping
from time import monotonic
from typing import Any, NamedTuple

from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from rest_framework.utils.urls import replace_query_param

from cinema.api.pagination import Pagination, known_count, remember_count
from cinema.api.renderers import to_json
from cinema.api.representation import Representation

Row = tuple[Any, ...]
# Values that no client encodes in an address.
PLAIN_PARAMETER = re.compile(r"([a-z_]+)=([A-Za-z0-9_.:-]+)", re.ASCII)
PAGE_SIZE = re.compile(r"[1-9][0-9]{0,2}", re.ASCII)


class PlainList(NamedTuple):
    """The parts of a list's SELECT, the values of its parameters, and the function that makes its members."""

    columns: str
    source: str
    # Each row of the source has exactly one row of these tables, so the count needs none of them.
    joins: str
    condition: str
    order: str
    values: Mapping[str, Any]
    represent: Callable[[list[Row]], list[dict[str, Any]]]

    def statement(self, *, with_count: bool) -> str:
        where = f"WHERE {self.condition}"
        count = f", (SELECT COUNT(*) FROM {self.source} {where})" if with_count else ""  # noqa: S608
        rows = f"FROM {self.source} {self.joins} {where} ORDER BY {self.order} LIMIT %(limit)s"
        return f"SELECT {self.columns}{count} {rows}"


def fetch_with_django(statement: str, values: Mapping[str, Any]) -> list[Row]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return cursor.fetchall()


class PlainMixin:
    """A mixin for a view. Its `represent` returns the answer to a GET in the plain form, or None."""

    allowed_methods: list[str]

    def represent(self, request: HttpRequest, **kwargs: Any) -> Representation | None:
        raise NotImplementedError

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        plain = self.represent(request, **kwargs) if request.method == "GET" else None
        if plain is None:
            return super().dispatch(request, *args, **kwargs)  # type: ignore[misc]
        # In DRF's order, because the server's fast path repeats the headers of either.
        headers = {"Content-Type": "application/json", "Allow": ", ".join(self.allowed_methods)}
        return HttpResponse(plain.body, headers=headers)


class PlainListMixin(PlainMixin):
    """A mixin for a list view. Its `plain_list` returns the list for plain query parameters, or None."""

    fetch_rows: Callable[[str, Mapping[str, Any]], list[Row]] = staticmethod(fetch_with_django)

    def plain_list(self, request: HttpRequest, parameters: dict[str, str]) -> PlainList | None:
        raise NotImplementedError

    def represent(self, request: HttpRequest, **kwargs: Any) -> Representation | None:
        """The first page."""
        parameters = _plain_parameters(request.META["QUERY_STRING"])
        if parameters is None:
            return None
        size = parameters.pop("page_size", str(Pagination.page_size))
        if not PAGE_SIZE.fullmatch(size):
            return None
        page_size = min(int(size), Pagination.max_page_size)
        plain_list = self.plain_list(request, parameters)
        if plain_list is None:
            return None
        key = (plain_list.source, plain_list.condition, *plain_list.values.items())
        count, began = known_count(key), monotonic()
        # A row more than the page has tells whether there is a next page.
        values = {**plain_list.values, "limit": page_size + 1}
        rows = self.fetch_rows(plain_list.statement(with_count=count is None), values)
        if not rows:
            return None
        if count is None:
            count = rows[0][-1]
            remember_count(key, count, began)
            rows = [row[:-1] for row in rows]
        has_next = len(rows) > page_size
        page = {
            "count": max(count, len(rows)) if has_next else len(rows),
            "next": replace_query_param(request.build_absolute_uri(), "page", 2) if has_next else None,
            "previous": None,
            "results": plain_list.represent(rows[:page_size]),
        }
        return Representation("", to_json(page))


def _plain_parameters(query: str) -> dict[str, str] | None:
    """The query parameters, or None if one of them is not plain or comes twice."""
    parameters: dict[str, str] = {}
    for part in query.split("&") if query else ():
        match = PLAIN_PARAMETER.fullmatch(part)
        if match is None or match[1] in parameters:
            return None
        parameters[match[1]] = match[2]
    return parameters
