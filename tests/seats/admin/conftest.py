"""A booking that staff see in the admin."""

import pytest

from tests.factories import BookingFactory


@pytest.fixture
def booking(alice, show):
    """Alice's booking of seat 5."""
    return BookingFactory(user=alice, show=show, seat_number=5)
