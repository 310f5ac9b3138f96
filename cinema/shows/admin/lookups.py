"""Handling of filter values that the database cannot use."""

from typing import Any

from django.contrib import admin
from django.contrib.admin.options import IncorrectLookupParameters
from django.http import HttpRequest


class LookupErrorsMixin(admin.ModelAdmin):
    """Handles a filter value that raises, such as the year 99999, like any other invalid filter.

    Django then redirects to the unfiltered list. Without this class it answers 500.
    """

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        try:
            return super().get_changelist_instance(request)
        except (OverflowError, ValueError) as error:
            raise IncorrectLookupParameters(str(error)) from error
