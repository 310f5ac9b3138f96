"""Servers that are killed while they sell leave one notice of each booking."""

import http.client
import os
import signal
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import pytest

from cinema.notices.models import Notice
from cinema.seats.models import Booking
from tests.chaos.processes import children
from tests.factories import ShowFactory
from tests.live_server import Server, wait_for
from tests.notices.conftest import deliver

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.slow
def test_killed_workers_leave_one_notice_of_each_booking(alice, webhook, receiver):
    show = ShowFactory(total_seats=300)
    tried = []
    with Server(workers=2, THROTTLE_BOOKING="") as server:

        def buy(seat):
            tried.append(seat)
            with suppress(OSError, http.client.HTTPException, ValueError):
                server.call("POST", f"/shows/{show.pk}/book/", {"seat_number": seat}, user=alice)

        with ThreadPoolExecutor(4) as threads:
            bought = threads.map(buy, range(1, 301))
            for count in (80, 160, 240):
                wait_for(lambda count=count: len(tried) > count)
                for worker in children(server.process.pid):
                    os.kill(worker, signal.SIGKILL)
            list(bought)
    bookings = sorted(Booking.objects.values_list("pk", flat=True))
    assert len(bookings) > 200
    assert sorted(Notice.objects.values_list("data__booking", flat=True)) == bookings
    deliver()
    assert sorted(receiver.bookings) == bookings
