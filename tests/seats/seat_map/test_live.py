"""`GET /shows/<id>/events/` sends every change of a seat, made by any process, as a server-sent event."""

import json
import time
import urllib.request
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.db.models import F
from django.utils import timezone

from cinema.seats.booking import services
from cinema.seats.models import VERSION_STEP, Seat
from cinema.shows.models import Show
from tests.assertions import assert_invalid, assert_problem
from tests.concurrency import rival_after_first_statement
from tests.factories import UNUSED_ID, BookingFactory, ShowFactory
from tests.seat_state import block, unblock
from tests.seats.seat_map.events import changes

pytestmark = pytest.mark.django_db(transaction=True)


def path(show):
    return f"/shows/{show.pk}/events/"


@pytest.fixture
def stream(server, show):
    """An open stream from which the first event has been read; it is `stream.first`."""
    with server.listen(path(show)) as stream:
        stream.first = stream.event()
        yield stream


def test_first_event_is_the_current_state(stream, anyone, show):
    seat_map = anyone.get(f"/shows/{show.pk}/seats/").json()
    assert stream.response.getheader("Content-Type") == "text/event-stream"
    assert stream.response.getheader("Cache-Control") == "no-store"
    assert stream.response.getheader("X-Accel-Buffering") == "no"
    assert stream.first == {
        "show": show.pk,
        "version": seat_map["version"],
        "counts": seat_map["counts"],
        "complete": True,
        "seats": [{"seat_number": number, "status": "available"} for number in range(1, 13)],
    }
    assert stream.last_id == str(seat_map["version"])


def test_client_that_wants_one_answer_gets_the_current_state_and_the_end(server, show):
    for address in (f"{path(show)}?once=true", f"/events/?shows={show.pk}&once=true"):
        with urllib.request.urlopen(server.url + address, timeout=20) as response:
            assert response.read().count(b"data: ") == 1


def test_booking_and_cancel_by_any_process_are_sent(server, stream, alice, show):
    version = stream.first["version"]
    # Four bookings, so that most likely each of the three processes gets one.
    for number in (3, 4, 5, 6):
        booked = server.call("POST", f"/shows/{show.pk}/book/", {"seat_number": number}, user=alice)
        event = stream.event()
        assert changes(event) == {number: "taken"}
        assert event["version"] > version
        assert event["complete"] is False
        version = event["version"]
    assert event["counts"] == {"total": 12, "available": 8, "held": 0, "taken": 4, "blocked": 0}
    server.call("POST", f"/bookings/{booked.body['id']}/cancel/", user=alice)
    assert changes(stream.event()) == {6: "available"}


def test_change_by_another_node_is_sent(stream, alice, show):
    """The test's process stands for the other node, because it shares only the database with the server."""
    block(show, 12)
    assert changes(stream.event()) == {12: "blocked"}
    unblock(show, 12)
    assert changes(stream.event()) == {12: "available"}
    services.hold_seats(user_id=alice.pk, show_id=show.pk, seat_numbers=[1, 2])
    assert changes(stream.event()) == {1: "held", 2: "held"}
    services.book_hold(user_id=alice.pk, show_id=show.pk)
    assert changes(stream.event()) == {1: "taken", 2: "taken"}


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite cannot make readers wait")
def test_changes_are_sent_soon_after_the_database_was_blocked(server, stream, alice, show):
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("LOCK TABLE seats_seat IN ACCESS EXCLUSIVE MODE")
        time.sleep(6)
    server.call("POST", f"/shows/{show.pk}/book/", {"seat_number": 3}, user=alice)
    booked_at = time.monotonic()
    assert changes(stream.event()) == {3: "taken"}
    # The pause after a poll is at most 3 seconds. Four times the poll that waited would be 24.
    assert time.monotonic() - booked_at < 20


def test_expiry_of_a_hold_is_sent(stream, alice, show):
    services.hold_seats(user_id=alice.pk, show_id=show.pk, seat_numbers=[7])
    assert changes(stream.event()) == {7: "held"}
    Seat.objects.filter(show=show, number=7).update(held_until=timezone.now() + timedelta(seconds=1.5))
    assert changes(stream.event()) == {7: "available"}


def test_client_that_reconnects_gets_the_changes_that_it_missed(server, stream, show):
    BookingFactory(show=show, seat_number=2)
    known = stream.event()["version"]
    BookingFactory(show=show, seat_number=8)
    BookingFactory(show=show, seat_number=9)
    while (event := stream.event())["counts"]["taken"] < 3:
        pass
    # A process that has not polled these versions sends a complete event instead of the changes.
    for headers, query in (({"Last-Event-ID": str(known)}, ""), ({}, f"?since={known}")):
        with server.listen(path(show) + query, **headers) as reconnected:
            missed = reconnected.event()
            assert missed["version"] == event["version"]
            if not missed["complete"]:
                assert changes(missed) == {8: "taken", 9: "taken"}
            assert changes(missed).items() >= {8: "taken", 9: "taken"}.items()


def test_process_that_has_polled_the_known_version_sends_only_later_changes(server_with, show):
    server = server_with(workers=1)
    with server.listen(path(show)) as stream:
        known = stream.event()["version"]
        BookingFactory(show=show, seat_number=2)
        between = stream.event()["version"]
        BookingFactory(show=show, seat_number=8)
        stream.event()
        for since, numbers in ((known, {2, 8}), (between, {8})):
            with server.listen(path(show), **{"Last-Event-ID": str(since)}) as reconnected:
                event = reconnected.event()
                assert not event["complete"]
                assert set(changes(event)) == numbers


def test_client_that_knows_a_version_between_two_polls_gets_all_changes_since(server_with, show, alice):
    """The process does not see seats that are held and released between two polls. A client that has read them
    as held must still learn that they are available."""
    server = server_with(workers=1)
    with server.listen(path(show)) as stream:
        stream.event()
        for _ in range(4):
            services.hold_seats(user_id=alice.pk, show_id=show.pk, seat_numbers=[5, 6])
            between = server.call("GET", f"/shows/{show.pk}/availability/").body
            services.hold_seats(user_id=alice.pk, show_id=show.pk, seat_numbers=[7, 8])
            stream.event()
            with server.listen(f"{path(show)}?since={between['version']}") as new_stream:
                new_changes = changes(new_stream.event())
            assert {5: "available", 6: "available"}.items() <= new_changes.items()
            services.release_hold(user_id=alice.pk, show_id=show.pk)
            while stream.event()["counts"]["held"]:
                pass


@pytest.mark.slow
def test_client_that_reads_slowly_misses_no_change(server_with, alice):
    """The slow client reads nothing while the seats of a large hall change, and then all events."""
    show = ShowFactory(total_seats=3000)
    server = server_with(workers=1)
    with server.listen(path(show)) as slow, server.listen(path(show)) as quick:
        quick.event()
        for status in ("blocked", "available") * 8:
            (block if status == "blocked" else unblock)(show, *range(1, 3001))
            quick.event()
        services.book(user_id=alice.pk, show_id=show.pk, seat_number=1)
        version = quick.event()["version"]
        state = {}
        while (event := slow.event())["version"] < version:
            state |= changes(event)
        state |= changes(event)
        assert state == {1: "taken"} | dict.fromkeys(range(2, 3001), "available")


@pytest.mark.parametrize("last_id", ["1", "99999999999999999", "nonsense", "-5", "٣", "9" * 40])
def test_client_with_an_unknown_last_event_id_gets_a_complete_event(server, stream, show, last_id):
    with server.listen(path(show), **{"Last-Event-ID": last_id.encode()}) as new_stream:
        event = new_stream.event()
        assert event["complete"]
        assert len(event["seats"]) == 12


def test_client_that_knows_the_current_version_gets_no_event_until_a_change(server, stream, show):
    with server.listen(f"{path(show)}?since={stream.last_id}") as new_stream:
        assert new_stream.response.readline() == b"retry: 1000\n"
        assert new_stream.response.readline() == b"\n"
        assert new_stream.response.readline() == b": nothing new\n"
        BookingFactory(show=show, seat_number=5)
        assert changes(new_stream.event()) == {5: "taken"}


def test_events_reject_an_invalid_since(anyone, show):
    for since in ("x", "-1", "1.5", str(2**63)):
        assert_invalid(anyone.get(f"{path(show)}?since={since}"), "since")


def test_hall_that_grows_is_sent_as_a_complete_event(stream, as_staff, show):
    as_staff.patch(f"/shows/{show.pk}/", {"total_seats": 15})
    event = stream.event()
    assert event["complete"]
    assert set(changes(event)) == set(range(1, 16))


def test_seat_that_only_moves_is_sent_as_an_event_without_seats(stream, show):
    Seat.objects.filter(show=show, number=1).update(x=99, changes=F("changes") + VERSION_STEP)
    event = stream.event()
    assert event["seats"] == []
    assert event["version"] > stream.first["version"]


def test_stream_sends_only_changes_of_its_own_show(server, stream, show):
    other = ShowFactory()
    with server.listen(path(other)) as other_stream:
        assert other_stream.event()["show"] == other.pk
        BookingFactory(show=show, seat_number=1)
        assert changes(stream.event()) == {1: "taken"}
        BookingFactory(show=other, seat_number=2)
        assert changes(other_stream.event()) == {2: "taken"}


def test_stream_of_a_deleted_show_ends(server, stream, show):
    Show.objects.get(pk=show.pk).delete()
    assert stream.event() is None
    response = server.call("GET", path(show))
    assert (response.status, response.code) == (404, "not_found")


def test_events_allow_only_get_and_head(server, show):
    response = server.call("POST", path(show), {})
    assert (response.status, response.code) == (405, "method_not_allowed")
    assert server.call("HEAD", path(show)).status == 200


def test_wsgi_server_sends_the_current_state_and_ends(anyone, show):
    """Django's test client acts as a WSGI server."""
    response = anyone.get(path(show))
    assert response["Content-Type"] == "text/event-stream"
    retry, event, end = response.content.decode().split("\n\n")
    assert (retry, end) == ("retry: 1000", "")
    id_, data = event.split("\n")
    assert id_ == f"id: {anyone.get(f'/shows/{show.pk}/seats/').json()['version']}"
    assert json.loads(data.removeprefix("data: "))["complete"]


def test_wsgi_server_sends_the_changes_since_the_last_event_id(anyone, alice, show):
    version = anyone.get(f"/shows/{show.pk}/availability/").json()["version"]
    last_event_id = {"Last-Event-ID": str(version)}
    assert anyone.get(path(show), headers=last_event_id).content == b"retry: 1000\n\n: nothing new\n\n"
    services.book(user_id=alice.pk, show_id=show.pk, seat_number=1)
    assert b'{"seat_number":1,"status":"taken"}' in anyone.get(path(show), headers=last_event_id).content


def test_events_of_an_unknown_show_are_not_found(anyone):
    assert_problem(anyone.get(f"/shows/{UNUSED_ID}/events/"), 404, "not_found")


def test_allowed_cors_origin_may_read_events(anyone, show, settings):
    settings.CORS_ALLOWED_ORIGINS = ["https://app.example"]
    response = anyone.get(path(show), headers={"Origin": "https://app.example"})
    assert response["Access-Control-Allow-Origin"] == "https://app.example"


def test_events_of_a_show_deleted_before_its_seats_are_read_are_not_found(anyone, show):
    with rival_after_first_statement(show.delete):
        assert_problem(anyone.get(path(show)), 404, "not_found")
