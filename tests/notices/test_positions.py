"""Notices get positions after their commit, and `GET /changes/` lists each of them once."""

import io
import json
from datetime import timedelta

import pytest
from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.db import connection
from django.utils import timezone

from cinema.notices.models import Delivery, Notice, Subscription
from cinema.notices.outbox import dispatch
from cinema.seats.booking import services
from tests.concurrency import run_while_uncommitted
from tests.conftest import Caller
from tests.factories import BookingFactory, ShowFactory, permit

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has one writer at a time.")
def test_notice_that_commits_later_gets_a_later_position(alice, bob, show, changes):
    def early():
        return services.book(user_id=alice.pk, show_id=show.pk, seat_number=1)

    def late():
        booking = services.book(user_id=bob.pk, show_id=show.pk, seat_number=2)
        dispatch()
        return booking

    first, second = run_while_uncommitted(early, late)
    dispatch()
    early_notice = Notice.objects.get(data__booking=first.pk)
    late_notice = Notice.objects.get(data__booking=second.pk)
    assert early_notice.pk < late_notice.pk
    assert early_notice.position > late_notice.position


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has one writer at a time.")
@pytest.mark.parametrize("is_deleted_first", [False, True])
def test_subscription_that_is_deleted_meanwhile_gets_no_deliveries(alice, show, is_deleted_first):
    shop = Subscription.objects.create(name="shop", kind="webhook", url="https://shop.example/")
    services.book(user_id=alice.pk, show_id=show.pk, seat_number=1)
    actions = [shop.delete, dispatch] if is_deleted_first else [dispatch, shop.delete]
    run_while_uncommitted(*actions)
    assert not Notice.objects.filter(position=None).exists()
    assert not Subscription.objects.exists()
    assert not Delivery.objects.exists()


def test_changes_lists_all_notices_once(alice, as_alice, sam, changes):
    client = Caller(permit(sam, "view_notice"))
    show = ShowFactory(total_seats=225)
    answer = client.get("/changes/").json()
    assert answer == {"is_recording": True, "after": 0, "results": []}
    bookings = []
    positions = []
    after = 0
    for seat in range(1, 226):
        bookings += [services.book(user_id=alice.pk, show_id=show.pk, seat_number=seat).pk]
    listed = []
    while (page := client.get(f"/changes/?after={after}").json())["results"]:
        listed += [change["data"]["booking"] for change in page["results"]]
        positions += [change["position"] for change in page["results"]]
        after = page["after"]
    assert listed == bookings
    assert positions == list(range(1, 226))
    assert page["after"] == 225


def test_changes_needs_the_permission(as_alice, sam, anyone):
    assert anyone.get("/changes/").status_code == 401
    assert as_alice.get("/changes/").status_code == 403
    assert Caller(sam).get("/changes/").status_code == 403
    response = Caller(permit(sam, "view_notice")).get("/changes/")
    assert (response.status_code, response.json()["is_recording"]) == (200, False)


@pytest.mark.parametrize("after", ["x", "-1", "9" * 30])
def test_odd_cursor_is_refused(sam, after):
    response = Caller(permit(sam, "view_notice")).get(f"/changes/?after={after}")
    assert (response.status_code, response.json()["code"]) == (400, "invalid")


def test_old_notices_are_deleted_and_positions_go_on(alice, show, changes):
    for seat in (1, 2):
        services.book(user_id=alice.pk, show_id=show.pk, seat_number=seat)
    dispatch()
    Notice.objects.update(created_at=timezone.now() - timedelta(days=31))
    call_command("deliver", "--once", stdout=io.StringIO())
    assert [notice.position for notice in Notice.objects.all()] == [2]
    services.book(user_id=alice.pk, show_id=show.pk, seat_number=3)
    dispatch()
    assert Notice.objects.latest("pk").position == 3


def test_deleted_user_is_only_a_number_in_notices(alice, show, changes):
    BookingFactory(user=alice, show=show, seat_number=1)
    get_user_model().objects.get(pk=alice.pk).delete()
    assert "alice" not in json.dumps(list(Notice.objects.values_list("data", flat=True)))
