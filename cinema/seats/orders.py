"""Order codes: all bookings of one call share one, such as `7K3M-Q9XT`.

People read a code aloud and type it. So its alphabet has only one of each group that looks alike: no 0 and O,
1, I and L, 2 and Z, 5 and S, 8 and B, U and V.
"""

import re
import secrets
from typing import Any

from django.db import models

ALPHABET = "23456789ACDEFGHJKMNPQRTVWXY"
LENGTH = 8
_GROUP = f"[{ALPHABET}]" * (LENGTH // 2)
_GROUP_AS_TYPED = f"[{ALPHABET}{ALPHABET.lower().lstrip('0123456789')}]{{{LENGTH // 2}}}"
# An order code in any letter case, with or without its dash.
AS_TYPED = f"^{_GROUP_AS_TYPED}-?{_GROUP_AS_TYPED}$"


def new_order() -> str:
    """A random code. Two of a million codes are the same about twice, so a code is no key of its own."""
    number = secrets.randbelow(len(ALPHABET) ** LENGTH)
    letters = ""
    for _ in range(LENGTH):
        number, place = divmod(number, len(ALPHABET))
        letters += ALPHABET[place]
    return f"{letters[:4]}-{letters[4:]}"


def read_order(typed: str) -> str | None:
    """The code as it is stored, from any letter case, with or without its dash. None if it is not a code."""
    typed = typed.strip()
    if not re.match(AS_TYPED, typed):
        return None
    letters = typed.replace("-", "").upper()
    return f"{letters[:4]}-{letters[4:]}"


class HasOrderForm(models.Func):
    """Tells a check constraint whether a column has the form of an order code."""

    arity = 1
    output_field = models.BooleanField()
    template = f"%(expressions)s ~ '^{_GROUP}-{_GROUP}$'"

    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> Any:
        return self.as_sql(
            compiler, connection, template=f"%(expressions)s GLOB '{_GROUP}-{_GROUP}'", **context
        )
