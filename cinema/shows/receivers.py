"""Signal receivers that check movies and shows before they are saved; `apps.py` connects them.

So the API, all forms of the admin and other code obey the same rules. A receiver's exception ends the save.
"""

from typing import Any

from cinema.shows import programme


def check_show(
    sender: Any, instance: Any, raw: bool, update_fields: frozenset[str] | None, **kwargs: Any
) -> None:
    if not raw:
        programme.check_show(instance, update_fields)


def check_movie(sender: Any, instance: Any, raw: bool, **kwargs: Any) -> None:
    if not raw:
        programme.check_movie(instance)
