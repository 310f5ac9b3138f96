"""JSON rendering with orjson, which takes a tenth of the time of Python's `json`."""

from typing import Any

import orjson
from rest_framework import renderers
from rest_framework.utils.encoders import JSONEncoder

_encoder = JSONEncoder()


def to_json(data: Any) -> bytes:
    """Encodes as compact UTF-8, with times as ISO 8601 in UTC with `Z`. DRF encodes types unknown to orjson."""
    return orjson.dumps(data, default=_encoder.default, option=orjson.OPT_UTC_Z)


class JSONRenderer(renderers.JSONRenderer):
    """DRF's renderer with orjson as its encoder."""

    def render(self, data: Any, accepted_media_type: str | None = None, renderer_context: Any = None) -> bytes:
        return b"" if data is None else to_json(data)
