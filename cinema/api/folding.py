"""`fold` decides whether two texts are the same, whatever their letter case, composition and width.

Python decides, not the database: SQLite and PostgreSQL change letter case differently. So a text that the
database compares has a folded copy there, see `folded_field.py`.
"""

import re
from unicodedata import normalize

# Unicode's property Default_Ignorable_Code_Point: characters that are not displayed, such as soft hyphens,
# variation selectors and fillers. Without these ranges, one could imitate a name by adding such a character.
IGNORABLE = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164"
    "\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufff8\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)


def fold(text: str) -> str:
    """Returns the text in Unicode's form for caseless comparison, NFKC_Casefold (Unicode 3.13, D145 to D147).

    `ÉTÉ`, `été` and its spelling with combining accents have the same form, and so have `STRASSE` and `straße`,
    and `1` in every width. Folding a folded text does not change it.
    """
    folded = normalize("NFKC", normalize("NFD", text).casefold())
    return normalize("NFKC", IGNORABLE.sub("", folded.casefold()))
