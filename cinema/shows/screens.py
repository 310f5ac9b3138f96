"""The lock of the programme, the names of screens, and what is known about a screen by its name."""

from collections.abc import Iterable
from contextlib import suppress
from functools import reduce
from operator import or_
from typing import Any

from django.apps import apps
from django.db import connection
from django.db.models import Max, Q
from rest_framework.exceptions import ValidationError

from cinema.api.bidi import isolate
from cinema.api.folding import fold

# The number of an advisory lock. Other advisory locks of the project have larger numbers.
PROGRAMME_LOCK = 1_886_545_255
NOT_VISIBLE = "Use at least one visible character."


def lock_programme() -> None:
    """Makes other changes of the programme wait until the transaction ends.

    Take it before any other lock, because another order could deadlock. SQLite has one writer at a time and
    needs no lock. It is one lock for all screens, because a change of a movie's duration concerns several.
    """
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [PROGRAMME_LOCK])


def screen_key(name: str) -> str:
    """Returns the form in which names of screens are compared: without letter case, width forms and repeated
    spaces."""
    return " ".join(fold(name).split())


def existing_spelling(name: str, *, show_id: int | None = None) -> str:
    """Returns the spelling under which this screen is stored with its plan or its shows, or else `name`.

    So a screen is stored with one spelling, and the database can compare screens by equality. The show with the
    id `show_id` does not count, so the only show of a screen can correct its spelling. Call `lock_programme`
    first, because a new screen could otherwise get two spellings at once.
    """
    plans, shows = _names_of_plans_and_shows()
    shows = shows.exclude(pk=show_id)
    if plans.filter(screen_name=name).union(shows.filter(screen_name=name)):
        return name
    key = screen_key(name)
    return next((spelling for spelling in plans.union(shows) if screen_key(spelling) == key), name)


def _names_of_plans_and_shows() -> list[Any]:
    # Looked up by name, because `cinema.shows` must not import `cinema.seats`.
    models: list[Any] = [apps.get_model("seats.SeatingPlan"), apps.get_model("shows.Show")]
    return [model.objects.order_by().values_list("screen_name", flat=True) for model in models]


def screen_names() -> Any:
    """The names of all screens that have a plan or a show, sorted."""
    plans, shows = _names_of_plans_and_shows()
    return plans.union(shows).order_by("screen_name")


def describe_screens(names: Iterable[str]) -> list[dict[str, Any]]:
    """Returns `name`, `seats` and `has_plan` of these screens.

    `seats` are those of the latest show, or else of the plan, or None if the plan has faults. Reading a plan
    takes up to a second, so only the plans of screens without shows are read.
    """
    names = list(names)
    shows = apps.get_model("shows.Show").objects.filter(screen_name__in=names).order_by()
    last = [
        Q(screen_name=name, date_time=date_time)
        for name, date_time in shows.values_list("screen_name").annotate(Max("date_time"))
    ]
    seats: dict[str, Any] = {}
    if last:
        seats.update(shows.filter(reduce(or_, last)).values_list("screen_name", "total_seats"))
    plans: Any = apps.get_model("seats.SeatingPlan").objects.filter(screen_name__in=names)
    planned = set(plans.values_list("screen_name", flat=True))
    for name in planned.difference(seats):
        with suppress(ValidationError):  # The plan has faults.
            seats[name] = planned_seat_count(name)
    return [{"name": name, "seats": seats.get(name), "has_plan": name in planned} for name in names]


def no_plan_message(screen_name: str) -> str:
    return f"{isolate(screen_name)} has no seating plan. Enter its number of seats."


def planned_seat_count(screen_name: str) -> int | None:
    """Returns the number of seats of the screen's plan, or None if it has no plan.

    Raises `ValidationError` if the stored plan has faults.
    """
    plan: Any = apps.get_model("seats.SeatingPlan").objects.filter(screen_name=screen_name).first()
    return len(plan.read_for_show().places) if plan else None
