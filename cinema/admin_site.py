"""A search in the admin looks for the first few words: each is a condition, and SQLite can't take thousands."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse

MAX_WORDS = 20
# That of a list, and that of a field which looks for its choices.
SEARCHES = ("q", "term")


def few_words(admin_view: Callable[..., Any]) -> Callable[..., Any]:
    """The site's `admin_view`, through which every page of the admin goes, whoever wrote it."""

    @wraps(admin_view)
    def protected(view: Callable[..., HttpResponse], *args: Any, **kwargs: Any) -> Any:
        @wraps(view)
        def searching_little(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            asked = request.GET.copy()
            for name in SEARCHES:
                words = asked.get(name, "").split(maxsplit=MAX_WORDS)
                if len(words) > MAX_WORDS:
                    asked[name] = " ".join(words[:MAX_WORDS])
                    request.GET = asked  # type: ignore[assignment]
            return view(request, *args, **kwargs)

        return admin_view(searching_little, *args, **kwargs)

    return protected
