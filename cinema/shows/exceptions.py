"""Problems of changing or deleting a movie or a show. `cinema/api/problem_types.py` has their texts."""

from typing import Any, NamedTuple

from cinema.api.bidi import isolate
from cinema.api.problems import Problem
from cinema.shows.times import format_local

# A message lists at most this many values.
MAX_LISTED = 5


class ShowNotFound(Problem):
    """Has the same text as all other answers about a missing show: see `MISSING_ROW` in `api/problems.py`."""

    code = "not_found"

    def __init__(self) -> None:
        super().__init__("There is no such show.")


class HasBookings(Problem):
    code = "has_bookings"


class ShowCancelled(Problem):
    code = "show_cancelled"


class SeatsInUse(Problem):
    code = "seats_in_use"


class ShowArchived(Problem):
    """A show without seats can't be changed."""

    code = "show_archived"


class Archived(Problem):
    """The seats of the show were removed."""

    code = "archived"


class PriceListInUse(Problem):
    code = "price_list_in_use"


class Clash(NamedTuple):
    """Two shows that overlap on one screen, the earlier one first."""

    first: Any
    second: Any

    def __str__(self) -> str:
        return f"{_describe(self.second)} overlaps {_describe(self.first)}"


class ScreenBusy(Problem):
    """`clashes` are the ids of the shows that overlap the show to save, which has the id `show_id` or none.

    After a change of a movie they are the ids of all shows that would overlap.
    """

    code = "screen_busy"

    def __init__(
        self,
        clashes: list[Clash],
        show_id: int | None = None,
        *,
        advice: str = "Choose another time or screen.",
    ) -> None:
        ids = {show.pk for clash in clashes for show in clash} - {show_id, None}
        listed = join_first(list(map(str, clashes)), "; ")
        super().__init__(f"The screen is in use: {listed}. {advice}", clashes=sorted(ids))


def _describe(show: Any) -> str:
    number = "" if show.pk is None else f"show {show.pk}, "
    return f"{number}{isolate(show.movie.title)} at {format_local(show.date_time)}"


def join_first(values: list[str], separator: str = ", ") -> str:
    """Joins the first `MAX_LISTED` values and says how many more there are."""
    more = len(values) - MAX_LISTED
    return separator.join(values[:MAX_LISTED]) + (f" and {more} more" if more > 0 else "")
