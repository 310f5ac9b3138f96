"""Hides URLs in Django's debug pages, because the URL of a database or a cache may contain a password."""

import re

from django.views.debug import SafeExceptionReporterFilter


class HideUrls(SafeExceptionReporterFilter):
    hidden_settings = re.compile(
        SafeExceptionReporterFilter.hidden_settings.pattern + "|URL|LOCATION", re.IGNORECASE
    )
