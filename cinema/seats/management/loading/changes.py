"""Notes what a fixture changes, and makes seats, bookings and shows agree after its last object.

The receivers in `cinema/seats/receivers.py` ignore Django's `raw` saves, because the seats or bookings may come
further down in the fixture.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.contrib.auth.models import Group
from django.db.models.signals import post_save, pre_save

from cinema.seats.integrity import find_inconsistencies, renew_versions, repair
from cinema.seats.layout.materialize import materialize_seats_locked
from cinema.seats.management.loading.errors import LoadError
from cinema.seats.models import TEMPORARY_LABEL, Booking, Seat, SeatingPlan
from cinema.shows.models import Movie, Price, PriceList, Show
from cinema.shows.programme import Clash, upcoming_clashes
from cinema.shows.screens import existing_spelling

# Shows repaired by one set of statements.
BATCH = 200


class Changes:
    def __init__(self) -> None:
        # The file that is being loaded, and the last file of each show that the fixture concerns.
        self.file = ""
        self._files: dict[int, str] = {}
        # Ids of shows: those with seats in the fixture, with a new screen, and no longer called off.
        self._with_seats: set[int] = set()
        self._moved: set[int] = set()
        self._reopened: set[int] = set()
        # Labels that seats of these shows had before, by show and number.
        self._old_labels: dict[tuple[int, int], str] = {}
        # The largest version of each show before the load.
        self._versions: dict[int, int] = {}
        self._movies: set[int] = set()
        # Ids of the price lists whose prices are in the fixture.
        self._price_lists: set[int] = set()
        # Ids of the groups in the fixture, and the members of the group that the next one replaces.
        self._groups: set[int] = set()
        self._members: list[Any] = []

    @contextmanager
    def noted(self) -> Iterator[None]:
        """Notes each object that Django saves inside of this context. For bulk inserts, call `before_save`."""
        pre_save.connect(self.before_save)
        post_save.connect(self._after_save)
        try:
            yield
        finally:
            pre_save.disconnect(self.before_save)
            post_save.disconnect(self._after_save)

    def before_save(self, sender: Any, instance: Any, is_new: bool = False, **kwargs: Any) -> None:
        show_id = instance.pk if isinstance(instance, Show) else getattr(instance, "show_id", None)
        if show_id is not None and show_id not in self._versions:
            self._versions[show_id] = _locked_version(show_id)
        if isinstance(instance, Movie):
            self._movies.add(instance.pk)
        elif isinstance(instance, SeatingPlan):
            instance.screen_name = existing_spelling(instance.screen_name)
        elif isinstance(instance, Show):
            self._note_show(instance)
        elif isinstance(instance, Seat):
            # Older dumps have this number, which counts only in the database that it comes from.
            instance.changes = 1
            if instance.show_id not in self._with_seats:
                self._old_labels.update(_release_labels(instance.show_id))
            self._files[instance.show_id] = self.file
            self._with_seats.add(instance.show_id)
        elif isinstance(instance, Booking):
            self._files[instance.show_id] = self.file
            if not is_new:
                # The row may replace a booking of another show, whose seat then becomes available.
                old_shows = Booking.objects.filter(pk=instance.pk).values_list("show", flat=True)
                self._files.update(dict.fromkeys(old_shows, self.file))
        elif isinstance(instance, Group):
            self._members.extend(_release_name(instance, self._groups))

    def _note_show(self, show: Show) -> None:
        show.screen_name = existing_spelling(show.screen_name, show_id=show.pk)
        old = Show.objects.filter(pk=show.pk).first()
        if old is None:
            return
        if old.screen_name != show.screen_name:
            self._moved.add(show.pk)
        if old.is_cancelled and not show.is_cancelled:
            self._reopened.add(show.pk)

    def _after_save(self, sender: Any, instance: Any, **kwargs: Any) -> None:
        # A row without a primary key in the file has one only now.
        if isinstance(instance, Show):
            self._files[instance.pk] = self.file
        elif isinstance(instance, Price):
            self._price_lists.add(instance.price_list_id)
        elif isinstance(instance, Group):
            self._groups.add(instance.pk)
            instance.user_set.add(*self._members)
            self._members.clear()

    def finish(self) -> None:
        """Makes the loaded rows agree. Raises `LoadError` if they can't."""
        for price_list in PriceList.objects.filter(pk__in=self._price_lists):
            price_list.number_kinds()
        self._restore_labels()
        for show_id in self._reopened - self._with_seats:
            raise LoadError(
                self._files[show_id],
                f"show {show_id} was called off, so its seats stay blocked. Load its seats, too, or no status.",
            )
        for show_id in self._moved - self._with_seats:
            materialize_seats_locked(show_id, moved=True)
        self._repair()
        for show_id in self._files:
            renew_versions([show_id], above=self._versions.get(show_id, 0))

    def clashes(self) -> list[Clash]:
        """The upcoming shows that overlap another one on their screen because of the fixture."""
        return [
            clash
            for clash in upcoming_clashes()
            if any(show.pk in self._files or show.movie_id in self._movies for show in clash)
        ]

    def _restore_labels(self) -> None:
        """Gives the seats that the fixture did not contain their labels back.

        Raises `LoadError` if a seat of the fixture has such a label.
        """
        show_ids = {show_id for show_id, _ in self._old_labels}
        released = Seat.objects.filter(show__in=show_ids, label__startswith=TEMPORARY_LABEL)
        for show_id, number in list(released.values_list("show", "number")):
            label = self._old_labels[show_id, number]
            if Seat.objects.filter(show=show_id, label=label).exists():
                text = f"show {show_id}, seat {number}: Another seat has its label {label}."
                raise LoadError(self._files[show_id], text)
            Seat.objects.filter(show=show_id, number=number).update(label=label)

    def _repair(self) -> None:
        show_ids = sorted(self._files)
        for start in range(0, len(show_ids), BATCH):
            batch = show_ids[start : start + BATCH]
            repair(batch)
            if inconsistencies := list(find_inconsistencies(batch)):
                text = f"{inconsistencies[0]}."
                if more := len(inconsistencies) - 1:
                    text += f" {more} more {'inconsistency' if more == 1 else 'inconsistencies'} like this."
                raise LoadError(self._files[inconsistencies[0].show_id], text)


def _release_name(group: Group, loaded: set[int]) -> list[Any]:
    """Deletes the group that has the name under another id, and returns its members.

    `migrate` creates groups. The fixture may come from another database, where they have other ids. Groups that
    the fixture has `loaded` stay.
    """
    namesake = Group.objects.filter(name=group.name).exclude(pk__in=loaded | {group.pk}).first()
    if namesake is None:
        return []
    members = list(namesake.user_set.all())
    namesake.delete()
    return members


def _release_labels(show_id: int) -> dict[tuple[int, int], str]:
    """Lets the seats of a fixture have any labels, also those that other seats of the show still have.

    Returns the labels for `_restore_labels`, by show and number.
    """
    seats = Seat.objects.filter(show=show_id)
    labels = {(show_id, number): label for number, label in seats.values_list("number", "label")}
    seats.release_labels()
    return labels


def _locked_version(show_id: int) -> int:
    """Returns the largest version that the show can have now, and locks its seats until the load is committed.

    Without the lock a sale could give clients a later version in between. An expired hold counts 1.
    """
    seats = Seat.objects.values_list("changes", flat=True)
    return sum(changes + 1 for changes in Booking.objects.all().lock_with_show(show_id, seats))
