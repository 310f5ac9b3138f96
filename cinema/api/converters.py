"""How an id is written in a path."""

from django.urls.converters import IntConverter


class Id(IntConverter):
    """A positive integer that a bigint column can hold, in its one spelling; all else is no id, and a 404."""

    regex = "[1-9][0-9]{0,17}"
