"""What Django's debug pages hide: besides what they know by its name, addresses with a password in them."""

import re

from django.views.debug import SafeExceptionReporterFilter


class HideAddresses(SafeExceptionReporterFilter):
    hidden_settings = re.compile(
        SafeExceptionReporterFilter.hidden_settings.pattern + "|URL|LOCATION", re.IGNORECASE
    )
