"""Search in the admin that ignores letter case, composition and width."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from cinema.api.folding import fold


class FoldedSearchMixin(admin.ModelAdmin):
    """Searches for the folded words, in `search_fields` like `title_folded__contains`.

    It also searches for the words as typed, for those `search_fields` that are not folded.
    """

    def get_search_results(self, request: HttpRequest, queryset: QuerySet[Any], search_term: str) -> Any:
        typed, duplicates = super().get_search_results(request, queryset, search_term)
        if fold(search_term) == search_term:
            return typed, duplicates
        folded, _ = super().get_search_results(request, queryset, fold(search_term))
        return folded | typed, duplicates
