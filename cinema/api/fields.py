"""Serializer fields: numbers with only one spelling, and nested values in forms."""

import re
from typing import Any

from rest_framework import serializers
from rest_framework.utils import html, json

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


class JsonInForms(serializers.Field):
    """A mixin: reads a list or map from the JSON text of a form field, as OpenAPI describes it.

    A list may be one text, or one text for each item. DRF's own fields ignore these texts, and read only flat
    names, such as `prices[0]kind` and `kinds.5`.
    """

    def get_value(self, dictionary: Any) -> Any:
        texts = dictionary.getlist(self.field_name) if html.is_html_input(dictionary) else []
        if not any(texts):
            return super().get_value(dictionary)
        values = [_parse(text) for text in texts]
        has_items = isinstance(self, serializers.ListSerializer) and not isinstance(values[0], list)
        return values if has_items or len(values) > 1 else values[0]


def _parse(text: Any) -> Any:
    """The value of a JSON text. Returns anything else as it is, so that the field refuses it."""
    try:
        return json.loads(text)
    except (TypeError, ValueError, RecursionError):
        return text
