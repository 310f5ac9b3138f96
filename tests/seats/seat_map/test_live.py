"""`GET /shows/<id>/events/`: whoever listens hears of every change, from wherever it comes."""

import json
import time
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
from tests.factories import BookingFactory, ShowFactory
from tests.seat_state import block, unblock

pytestmark = pytest.mark.django_db(transaction=True)


def path(show):
    return f"/shows/{show.pk}/events/"


def changed(event):
    return {seat["seat_number"]: seat["status"] for seat in event["seats"]}


@pytest.fixture
def listening(server, show):
    """A listener who has had the first event."""
    with server.listen(path(show)) as stream:
        stream.first = stream.event()
        yield stream


def test_the_first_event_is_the_present_state(listening, anyone, show):
    map_ = anyone.get(f"/shows/{show.pk}/seats/").json()
    assert listening.response.getheader("Content-Type") == "text/event-stream"
    assert listening.response.getheader("Cache-Control") == "no-store"
    assert listening.response.getheader("X-Accel-Buffering") == "no"
    assert listening.first == {
        "show": show.pk,
        "version": map_["version"],
        "counts": map_["counts"],
        "complete": True,
        "seats": [{"seat_number": number, "status": "available"} for number in range(1, 13)],
    }
    assert listening.last_id == str(map_["version"])


def test_a_sale_by_any_process_and_its_cancelling_are_heard(server, listening, alice, show):
    version = listening.first["version"]
    for number in (3, 4, 5, 6):  # Of three processes each gets a sale, most likely.
        booked = server.call("POST", f"/shows/{show.pk}/book/", {"seat_number": number}, user=alice)
        event = listening.event()
        assert changed(event) == {number: "taken"}
        assert event["version"] > version
        assert event["complete"] is False
        version = event["version"]
    assert event["counts"] == {"total": 12, "available": 8, "held": 0, "taken": 4, "blocked": 0}
    server.call("POST", f"/bookings/{booked.body['id']}/cancel/", user=alice)
    assert changed(listening.event()) == {6: "available"}


def test_a_change_by_another_node_is_heard(listening, alice, show):
    """This process stands for the node: it shares nothing with the server but the database."""
    block(show, 12)
    assert changed(listening.event()) == {12: "blocked"}
    unblock(show, 12)
    assert changed(listening.event()) == {12: "available"}
    services.hold_seats(user_id=alice.pk, show_id=show.pk, seat_numbers=[1, 2])
    assert changed(listening.event()) == {1: "held", 2: "held"}
    services.book_hold(user_id=alice.pk, show_id=show.pk)
    assert changed(listening.event()) == {1: "taken", 2: "taken"}


@pytest.mark.skipif(connection.vendor != "postgresql", reason="nothing keeps readers of SQLite waiting")
def test_after_a_database_that_stood_still_changes_are_heard_soon(server, listening, alice, show):
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("LOCK TABLE seats_seat IN ACCESS EXCLUSIVE MODE")
        time.sleep(3)
    server.call("POST", f"/shows/{show.pk}/book/", {"seat_number": 3}, user=alice)
    began = time.monotonic()
    assert changed(listening.event()) == {3: "taken"}
    assert time.monotonic() - began < 6


def test_a_hold_that_lapses_by_the_clock_is_heard(listening, alice, show):
    services.hold_seats(user_id=alice.pk, show_id=show.pk, seat_numbers=[7])
    assert changed(listening.event()) == {7: "held"}
    Seat.objects.filter(show=show, number=7).update(held_until=timezone.now() + timedelta(seconds=1.5))
    assert changed(listening.event()) == {7: "available"}


def test_what_changed_meanwhile_is_heard_on_coming_back(server, listening, show):
    BookingFactory(show=show, seat_number=2)
    known = listening.event()["version"]
    BookingFactory(show=show, seat_number=8)
    BookingFactory(show=show, seat_number=9)
    while (event := listening.event())["counts"]["taken"] < 3:
        pass
    # Each of the three processes has seen these changes, or has not: then it says all there is to know.
    for headers, query in (({"Last-Event-ID": str(known)}, ""), ({}, f"?since={known}")):
        with server.listen(path(show) + query, **headers) as again:
            news = again.event()
            assert news["version"] == event["version"]
            if not news["complete"]:
                assert changed(news) == {8: "taken", 9: "taken"}
            assert changed(news).items() >= {8: "taken", 9: "taken"}.items()


def test_a_process_that_has_seen_the_changes_says_only_these(server_with, show):
    server = server_with(workers=1)
    with server.listen(path(show)) as stream:
        known = stream.event()["version"]
        BookingFactory(show=show, seat_number=2)
        between = stream.event()["version"]
        BookingFactory(show=show, seat_number=8)
        stream.event()
        for since, numbers in ((known, {2, 8}), (between, {8})):
            with server.listen(path(show), **{"Last-Event-ID": str(since)}) as again:
                event = again.event()
                assert not event["complete"]
                assert set(changed(event)) == numbers


def test_a_state_from_between_two_looks_is_not_taken_for_known(server_with, show, alice):
    """Seats are held, and given back before this process looks again: whoever saw them held must hear of it."""
    server = server_with(workers=1)
    with server.listen(path(show)) as stream:
        stream.event()
        for _ in range(4):
            services.hold_seats(user_id=alice.pk, show_id=show.pk, seat_numbers=[5, 6])
            between = server.call("GET", f"/shows/{show.pk}/availability/").body
            services.hold_seats(user_id=alice.pk, show_id=show.pk, seat_numbers=[7, 8])
            stream.event()
            with server.listen(f"{path(show)}?since={between['version']}") as late:
                told = changed(late.event())
            assert {5: "available", 6: "available"}.items() <= told.items()
            services.release_hold(user_id=alice.pk, show_id=show.pk)
            while stream.event()["counts"]["held"]:
                pass


def test_a_slow_listener_misses_nothing(server_with, alice):
    """One who does not read while the seats of a large hall change, and then does."""
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
            state |= changed(event)
        state |= changed(event)
        assert state == {1: "taken"} | dict.fromkeys(range(2, 3001), "available")


@pytest.mark.parametrize("last", ["1", "99999999999999999", "nonsense", "-5", "٣", "9" * 40])
def test_whoever_knows_a_state_that_never_was_hears_all(server, listening, show, last):
    with server.listen(path(show), **{"Last-Event-ID": last.encode()}) as stream:
        event = stream.event()
        assert event["complete"]
        assert len(event["seats"]) == 12


def test_whoever_knows_the_present_state_hears_nothing_until_it_changes(server, listening, show):
    with server.listen(f"{path(show)}?since={listening.last_id}") as stream:
        assert stream.response.readline() == b"retry: 1000\n"
        assert stream.response.readline() == b"\n"
        assert stream.response.readline() == b": nothing new\n"
        BookingFactory(show=show, seat_number=5)
        assert changed(stream.event()) == {5: "taken"}


def test_a_bad_since_is_refused(anyone, show):
    for since in ("x", "-1", "1.5", str(2**63)):
        assert_invalid(anyone.get(f"{path(show)}?since={since}"), "since")


def test_a_hall_that_grows_is_heard_whole(listening, as_staff, show):
    as_staff.patch(f"/shows/{show.pk}/", {"total_seats": 15})
    event = listening.event()
    assert event["complete"]
    assert set(changed(event)) == set(range(1, 16))


def test_seats_that_only_move_are_an_event_without_seats(listening, show):
    Seat.objects.filter(show=show, number=1).update(x=99, changes=F("changes") + VERSION_STEP)
    event = listening.event()
    assert event["seats"] == []
    assert event["version"] > listening.first["version"]


def test_shows_do_not_hear_of_each_other(server, listening, show):
    other = ShowFactory()
    with server.listen(path(other)) as stream:
        assert stream.event()["show"] == other.pk
        BookingFactory(show=show, seat_number=1)
        assert changed(listening.event()) == {1: "taken"}
        BookingFactory(show=other, seat_number=2)
        assert changed(stream.event()) == {2: "taken"}


def test_a_deleted_show_ends_its_streams(server, listening, show):
    Show.objects.get(pk=show.pk).delete()
    assert listening.event() is None
    answer = server.call("GET", path(show))
    assert (answer.status, answer.code) == (404, "not_found")


def test_only_reading_is_allowed(server, show):
    answer = server.call("POST", path(show), {})
    assert (answer.status, answer.code) == (405, "method_not_allowed")
    assert server.call("HEAD", path(show)).status == 200


# --- where no stream can be kept open ------------------------------------------------


def test_plain_wsgi_answers_with_the_present_state_and_ends(anyone, show):
    """Django's test client is a WSGI server."""
    response = anyone.get(path(show))
    assert response["Content-Type"] == "text/event-stream"
    retry, event, end = response.content.decode().split("\n\n")
    assert (retry, end) == ("retry: 1000", "")
    id_, data = event.split("\n")
    assert id_ == f"id: {anyone.get(f'/shows/{show.pk}/seats/').json()['version']}"
    assert json.loads(data.removeprefix("data: "))["complete"]


def test_plain_wsgi_says_what_changed_to_those_who_come_back(anyone, alice, show):
    version = anyone.get(f"/shows/{show.pk}/availability/").json()["version"]
    back = {"Last-Event-ID": str(version)}
    assert anyone.get(path(show), headers=back).content == b"retry: 1000\n\n: nothing new\n\n"
    services.book(user_id=alice.pk, show_id=show.pk, seat_number=1)
    assert b'{"seat_number":1,"status":"taken"}' in anyone.get(path(show), headers=back).content


def test_plain_wsgi_knows_no_show_that_is_not_there(anyone):
    assert_problem(anyone.get("/shows/999/events/"), 404, "not_found")


def test_pages_of_other_origins_may_listen_where_the_settings_say_so(anyone, show, settings):
    settings.CORS_ALLOWED_ORIGINS = ["https://app.example"]
    response = anyone.get(path(show), headers={"Origin": "https://app.example"})
    assert response["Access-Control-Allow-Origin"] == "https://app.example"


def test_a_show_deleted_just_before_its_seats_are_looked_at_is_not_found(anyone, show):
    with rival_after_first_statement(show.delete):
        assert_problem(anyone.get(path(show)), 404, "not_found")
