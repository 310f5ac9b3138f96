"""Isolates names in texts, because a name in a right-to-left script reorders the text around it."""

from unicodedata import bidirectional

RIGHT_TO_LEFT = {"R", "AL", "RLE", "RLO", "LRO"}
FIRST_STRONG_ISOLATE, POP_DIRECTIONAL_ISOLATE = "\u2068", "\u2069"


def isolate(name: str) -> str:
    """Returns the name between the characters FSI and PDI if it needs them. In HTML, `<bdi>` does the same."""
    if any(bidirectional(character) in RIGHT_TO_LEFT for character in name):
        return f"{FIRST_STRONG_ISOLATE}{name}{POP_DIRECTIONAL_ISOLATE}"
    return name
