"""Filters of the admin's lists that make no sense."""

from typing import Any

from django.contrib import admin
from django.contrib.admin.options import IncorrectLookupParameters
from django.http import HttpRequest


class LookupErrorsHandled(admin.ModelAdmin):
    """A year that no calendar has is refused like any other value; Django itself would fail."""

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        try:
            return super().get_changelist_instance(request)
        except (OverflowError, ValueError) as error:
            raise IncorrectLookupParameters(str(error)) from error
