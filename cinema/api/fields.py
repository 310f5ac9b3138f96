"""Serializer fields that accept only one spelling of a value."""

import re
from typing import Any

from rest_framework import serializers

DECIMAL = re.compile(r"-?(0|[1-9][0-9]{0,30})", re.ASCII)


class WholeNumberField(serializers.IntegerField):
    """An integer as a JSON number or as its canonical decimal string: `12` or `"12"`.

    DRF's own field also accepts `"012"`, `"1_2"`, `12.0` and digits of other scripts, so one seat could be
    written in many ways.
    """

    def to_internal_value(self, data: Any) -> int:
        if isinstance(data, int) and not isinstance(data, bool):
            return data
        if isinstance(data, str) and DECIMAL.fullmatch(data) and data != "-0":
            return int(data)
        raise serializers.ValidationError(self.error_messages["invalid"], code="invalid")
