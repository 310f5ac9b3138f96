"""Dumps times with all their digits.

Django's JSON cuts times off after their milliseconds. A loaded time would be earlier than the dumped one. A
second dump would differ from the first wherever the milliseconds are zero.
"""

from datetime import datetime
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder


class ExactTimesEncoder(DjangoJSONEncoder):
    def default(self, o: Any) -> Any:
        if isinstance(o, datetime):
            return o.isoformat().replace("+00:00", "Z")
        return super().default(o)


class ExactTimesMixin:
    def serialize(self, *args: Any, **options: Any) -> Any:
        options.setdefault("cls", ExactTimesEncoder)
        return super().serialize(*args, **options)  # type: ignore[misc]
