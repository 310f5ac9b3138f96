"""Lists are answered in pages: `{"count", "next", "previous", "results"}`."""

from typing import Any

from rest_framework.pagination import PageNumberPagination


class Pages(PageNumberPagination):
    """`?page=` from 1, `?page_size=` rows (default 50, at most 200)."""

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
