"""Fixtures of the tests of shows."""

import pytest

from tests.factories import MovieFactory, ShowFactory, permit_to_manage_shows
from tests.shows.evening import SEVEN, new_show


@pytest.fixture
def manager(sam):
    """Sam, who may write movies and shows."""
    return permit_to_manage_shows(sam)


@pytest.fixture
def evening(db):
    """A show on the screen Studio from 19:00 to 21:00."""
    return ShowFactory(screen_name="Studio", date_time=SEVEN)


@pytest.fixture
def add(as_staff):
    """Adds a show of a movie of 100 minutes, by the API."""
    movie = MovieFactory(title="Vertigo", duration_minutes=100)
    return lambda *args, **changes: as_staff.post(f"/movies/{movie.pk}/shows/", new_show(*args, **changes))
