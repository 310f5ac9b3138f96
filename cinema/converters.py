"""How an id is written in a path."""

from django.urls.converters import IntConverter


class Id(IntConverter):
    """A positive integer that a bigint column can hold; anything longer is no id, and a 404."""

    regex = "[0-9]{1,18}"
