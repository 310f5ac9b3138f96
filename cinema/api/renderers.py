"""How answers become JSON: by orjson, which takes a tenth of the time of Python's own."""

from typing import Any

import orjson
from rest_framework import renderers
from rest_framework.utils.encoders import JSONEncoder

_encoder = JSONEncoder()


def to_json(data: Any) -> bytes:
    """Compact UTF-8; times are ISO 8601, in UTC with `Z`. What orjson does not know is written as DRF does."""
    return orjson.dumps(data, default=_encoder.default, option=orjson.OPT_UTC_Z)


class JSONRenderer(renderers.JSONRenderer):
    """DRF's media type and charset, orjson's speed."""

    def render(self, data: Any, accepted_media_type: str | None = None, renderer_context: Any = None) -> bytes:
        return b"" if data is None else to_json(data)
