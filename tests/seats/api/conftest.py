"""A clerk who reads reports, and a price list."""

import pytest

from tests.conftest import Caller
from tests.factories import add_price_list, permit


@pytest.fixture
def clerk(sam):
    return Caller(permit(sam, "view_booking"))


@pytest.fixture
def prices(db):
    return add_price_list([("", "Adult", 1250), ("", "Child", 905)])
