"""URL path converters."""

from django.urls.converters import IntConverter


class Id(IntConverter):
    """A positive integer that fits a bigint column, without leading zeros. Any other path segment is a 404."""

    regex = "[1-9][0-9]{0,17}"
