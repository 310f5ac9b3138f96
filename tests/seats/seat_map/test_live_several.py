"""`GET /events/` sends the changes of several shows in one stream."""

import json

import pytest

from cinema.seats.booking import services
from cinema.seats.status import STATUSES
from cinema.shows.models import Show
from tests.assertions import assert_invalid
from tests.factories import BookingFactory, ShowFactory
from tests.seat_state import block, statuses_of, version_of
from tests.seats.seat_map.events import changes

pytestmark = pytest.mark.django_db(transaction=True)


def shows_path(*shows, since=None):
    query = "?shows=" + ",".join(str(show.pk) for show in shows)
    return "/events/" + query + ("" if since is None else "&since=" + ",".join(map(str, since)))


def test_one_stream_sends_the_changes_of_several_shows(server, show):
    other, unwatched = ShowFactory(), ShowFactory()
    with server.listen(shows_path(show, other)) as stream:
        first = {event["show"]: event for event in (stream.event(), stream.event())}
        assert set(first) == {show.pk, other.pk}
        assert all(event["complete"] for event in first.values())
        BookingFactory(show=unwatched, seat_number=1)
        for changed, number in ((show, 3), (other, 4), (show, 5)):
            BookingFactory(show=changed, seat_number=number)
            event = stream.event()
            assert (event["show"], changes(event)) == (changed.pk, {number: "taken"})
            assert not event["complete"]


def test_stream_of_several_shows_sends_only_changes_since_the_versions_of_the_client(server_with, show):
    other = ShowFactory()
    server = server_with(workers=1)
    with server.listen(shows_path(show, other)) as stream:
        versions = {event["show"]: event["version"] for event in (stream.event(), stream.event())}
        BookingFactory(show=other, seat_number=2)
        stream.event()
        since = [versions[show.pk], versions[other.pk]]
        with server.listen(shows_path(show, other, since=since)) as later:
            event = later.event()
            assert (event["show"], event["complete"], changes(event)) == (other.pk, False, {2: "taken"})


def test_client_of_several_shows_that_reconnects_gets_only_later_changes(server_with, show):
    other = ShowFactory()
    server = server_with(workers=1)
    with server.listen(shows_path(show, other)) as stream:
        versions = {}
        for _ in range(2):
            event = stream.event()
            versions[event["show"]] = event["version"]
            # The client has no version of the other show before the second event.
            assert stream.last_id == f"{versions.get(show.pk, '')},{versions.get(other.pk, '')}"
        start = [versions[show.pk], versions[other.pk]]
        BookingFactory(show=other, seat_number=2)
        stream.event()
        last_id = stream.last_id
        BookingFactory(show=show, seat_number=3)
        stream.event()
        # A browser opens the URL that it had at first.
        with server.listen(shows_path(show, other, since=start), **{"Last-Event-ID": last_id}) as later:
            event = later.event()
            assert (event["show"], event["complete"], changes(event)) == (show.pk, False, {3: "taken"})
            BookingFactory(show=other, seat_number=4)
            event = later.event()
            assert (event["show"], changes(event)) == (other.pk, {4: "taken"})


@pytest.mark.parametrize("last_id", ["5", "5,5,5", "5,x", "-1,5", "5,٣", f"5,{'9' * 40}", ",", "5;5"])
def test_last_event_id_of_another_form_is_ignored_for_several_shows(anyone, show, last_id):
    shows = show, ShowFactory()
    since = [version_of(show) for show in shows]
    answer = anyone.get(
        shows_path(*shows, since=since), headers={"Last-Event-ID": last_id.encode().decode("latin-1")}
    )
    assert answer.content == b"retry: 1000\n\n: nothing new\n\n"


def test_last_event_id_of_several_shows_wins_over_since(anyone, alice, show):
    other = ShowFactory()
    since = [version_of(show), version_of(other)]
    services.book(user_id=alice.pk, show_id=show.pk, seat_number=1)
    last_id = f"{version_of(show)},"
    answer = anyone.get(shows_path(show, other, show, since=[*since, 1]), headers={"Last-Event-ID": last_id})
    assert answer.content == b"retry: 1000\n\n: nothing new\n\n"


def test_seats_of_several_shows_are_sent_in_the_order_of_their_numbers(anyone, as_staff, show):
    shows = show, ShowFactory()
    for total_seats, *numbers in ((30, 9, 4), (400, 399, 1)):
        for each in shows:
            as_staff.patch(f"/shows/{each.pk}/", {"total_seats": total_seats})
            block(each, *numbers)
    events = anyone.get(shows_path(*shows)).content.decode().split("data: ")[1:]
    for each, event in zip(shows, events, strict=True):
        statuses = [STATUSES[letter] for letter in statuses_of(each)]
        assert changes(json.loads(event.split("\n")[0])) == dict(enumerate(statuses, 1))
        assert statuses.count("blocked") == 4


def test_stream_of_several_shows_waits_until_its_process_has_polled_the_versions(server, alice, show):
    """A client that has a later version than the process must get no event of the earlier one."""
    other = ShowFactory()
    with server.listen(shows_path(show, other)) as stream:
        stream.event(), stream.event()
        for number in range(1, 9):
            services.book(user_id=alice.pk, show_id=show.pk, seat_number=number)
            map_ = server.call("GET", f"/shows/{show.pk}/availability/").body
            with server.listen(shows_path(other, show, since=[0, map_["version"]])) as later:
                assert later.event()["show"] == other.pk
            assert map_["version"] <= (event := stream.event())["version"], event


def test_stream_of_several_shows_ends_when_one_of_them_is_deleted(server, show):
    other = ShowFactory()
    with server.listen(shows_path(show, other)) as stream:
        stream.event(), stream.event()
        Show.objects.get(pk=other.pk).delete()
        assert stream.event() is None
    response = server.call("GET", shows_path(show, other))
    assert (response.status, response.code) == (404, "not_found")


def test_stream_has_at_most_50_shows(anyone, show):
    assert anyone.get("/events/?shows=" + ",".join([str(show.pk)] * 50)).status_code == 200
    for count in (51, 60):
        assert_invalid(anyone.get("/events/?shows=" + ",".join([str(show.pk)] * count)), "shows")


def test_events_of_several_shows_reject_versions_that_do_not_match_the_shows(anyone, show):
    assert_invalid(anyone.get(f"/events/?shows={show.pk}&since=1,2"), "since")
    for since in ("", "x", "-1"):
        assert_invalid(anyone.get(f"/events/?shows={show.pk}&since={since}"), "since.0")


def test_wsgi_server_sends_the_current_state_of_several_shows_and_ends(anyone, show):
    other = ShowFactory()
    retry, *events, end = anyone.get(shows_path(show, other)).content.decode().split("\n\n")
    assert (retry, end) == ("retry: 1000", "")
    assert [json.loads(event.split("data: ")[1])["show"] for event in events] == [show.pk, other.pk]
    versions = [anyone.get(f"/shows/{each.pk}/seats/").json()["version"] for each in (show, other)]
    assert [event.split("\n")[0] for event in events] == [
        f"id: {versions[0]},",
        f"id: {versions[0]},{versions[1]}",
    ]
