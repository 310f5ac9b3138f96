"""Every change of a booking writes its notice in the same transaction, if somebody listens."""

import json
from datetime import timedelta

import pytest
from django.core.management import call_command
from django.db import connection, transaction
from django.urls import reverse
from django.utils import timezone

from cinema.notices import triggers
from cinema.notices.models import Notice, Subscription
from cinema.seats.booking import services
from cinema.seats.halls.plan_json import places
from cinema.seats.layout.relayout import relayout
from cinema.seats.models import Booking, SeatingPlan
from tests.concurrency import run_concurrently
from tests.conftest import Caller
from tests.factories import BookingFactory, ShowFactory, UserFactory
from tests.seats.booking.test_statements import statements
from tests.seats.plan_samples import PLAN, without

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def boss(db):
    return UserFactory(username="boss", staff=True, is_superuser=True)


def written():
    """The event and the booking or show of each notice."""
    return [
        (notice.event, notice.data.get("booking", notice.data["show"]))
        for notice in Notice.objects.order_by("pk")
    ]


def book(client, show, seat=1):
    response = client.post(f"/shows/{show.pk}/book/", {"seat_number": seat})
    assert response.status_code == 201
    return response.json()["id"]


# Each returns the notices that it must have written, from a live booking of Alice for seat 1 of a show.


def by_book(show, booking, alice, boss):
    return [("booking.confirmed", book(Caller(alice), show, 5))]


def by_hold(show, booking, alice, boss):
    client = Caller(alice)
    client.put(f"/shows/{show.pk}/hold/", json.dumps({"seat_numbers": [6, 7]}), content_type="application/json")
    sold = client.post(f"/shows/{show.pk}/hold/book/").json()
    return [("booking.confirmed", one["id"]) for one in sold]


def by_till(show, booking, alice, boss):
    sold = Caller(boss).post(f"/shows/{show.pk}/sell/", {"seat_numbers": [8, 9]}).json()
    return [("booking.confirmed", one["id"]) for one in sold]


def by_cancel(show, booking, alice, boss):
    assert Caller(alice).post(f"/bookings/{booking.pk}/cancel/").status_code == 200
    return [("booking.cancelled", booking.pk)]


def by_move(show, booking, alice, boss):
    assert Caller(alice).post(f"/bookings/{booking.pk}/move/", {"seat_number": 4}).status_code == 200
    return [("booking.moved", booking.pk)]


def by_call_off(show, booking, alice, boss):
    assert Caller(boss).post(f"/shows/{show.pk}/cancel/", {"reason": "No power"}).status_code == 200
    return [("show.cancelled", show.pk), ("booking.cancelled", booking.pk)]


def by_new_time(show, booking, alice, boss):
    later = (show.date_time + timedelta(hours=1)).isoformat()
    response = Caller(boss).patch(f"/shows/{show.pk}/", {"date_time": later, "keep_bookings": True})
    assert response.status_code == 200, response.json()
    return [("show.changed", show.pk)]


def by_deleted_account(show, booking, alice, boss):
    alice.set_password("plum-tart-42")
    alice.save()
    response = Caller(alice).delete(
        "/me", json.dumps({"password": "plum-tart-42"}), content_type="application/json"
    )
    assert response.status_code == 204
    return [("booking.cancelled", booking.pk)]


def by_admin_cancel(show, booking, alice, boss):
    client = Caller()
    client.force_login(boss)
    form = {"action": "cancel", "post": "yes", "_selected_action": [booking.pk]}
    assert client.post(reverse("admin:seats_booking_changelist"), form, format="multipart").status_code == 302
    return [("booking.cancelled", booking.pk)]


def by_orm(show, booking, alice, boss):
    booking.status = Booking.Status.CANCELLED
    booking.cancelled_at, booking.cancelled_because = timezone.now(), "staff"
    booking.save()
    booking.status = Booking.Status.BOOKED
    booking.save()
    return [("booking.cancelled", booking.pk), ("booking.confirmed", booking.pk)]


DOORS = [
    *(by_book, by_hold, by_till, by_cancel, by_move, by_call_off, by_new_time),
    *(by_deleted_account, by_admin_cancel, by_orm),
]


@pytest.mark.parametrize("door", DOORS)
def test_each_way_to_change_a_booking_writes_its_notices(alice, boss, show, door):
    booking = BookingFactory(user=alice, show=show, seat_number=1)
    Subscription.objects.create(name="reader", kind="changes")
    assert written() == []
    expected = door(show, booking, alice, boss)
    assert written() == expected


@pytest.mark.parametrize("door", DOORS)
def test_nothing_is_written_after_the_last_subscription_is_gone(alice, boss, show, changes, door):
    booking = BookingFactory(user=alice, show=show, seat_number=1)
    changes.delete()
    Notice.objects.all().delete()
    door(show, booking, alice, boss)
    assert written() == []


def test_notice_tells_what_happened(alice, as_alice, show, changes):
    booking = book(as_alice, show)
    as_alice.post(f"/bookings/{booking}/move/", {"seat_number": 2})
    sold, moved = (notice.data for notice in Notice.objects.order_by("pk"))
    assert sold == {
        "booking": booking,
        "order": Booking.objects.get().order,
        "user": alice.pk,
        "seat_number": 1,
        "seat_label": "A1",
        "kind": None,
        "amount": None,
        "currency": None,
        "cancelled_because": None,
        "show": show.pk,
        "movie": show.movie_id,
        "title": show.movie.title,
        "screen_name": show.screen_name,
        "date_time": f"{show.date_time:%Y-%m-%dT%H:%M:%SZ}",
        "cancel_reason": "",
    }
    assert moved == sold | {"seat_number": 2, "seat_label": "A2", "old_seat_label": "A1"}


def test_new_numbers_of_a_re_layout_are_no_move(alice, changes):
    SeatingPlan.objects.create(screen_name="Screen 1", plan=PLAN)
    show = ShowFactory(screen_name="Screen 1", total_seats=6)
    BookingFactory(user=alice, show=show, seat_number=6)
    relayout(show, places(without("a2")))
    assert [event for event, _ in written()] == ["booking.confirmed"]


def test_sale_that_is_rolled_back_writes_nothing(alice, show, changes):
    with transaction.atomic():
        services.book(user_id=alice.pk, show_id=show.pk, seat_number=1)
        transaction.set_rollback(True)
    assert written() == []


def test_loaded_bookings_are_no_news(alice, show, changes, tmp_path):
    booking = BookingFactory(user=alice, show=show, seat_number=1)
    Notice.objects.all().delete()
    dump = tmp_path / "dump.json"
    call_command("dumpdata", "seats.booking", output=str(dump), verbosity=0)
    services.cancel(booking_id=booking.pk)
    Notice.objects.all().delete()
    call_command("loaddata", str(dump), verbosity=0)
    assert Booking.objects.get().is_live
    assert written() == []
    services.cancel(booking_id=booking.pk)
    assert written() == [("booking.cancelled", booking.pk)]


def test_loaded_subscription_takes_effect(alice, show, tmp_path):
    row = {
        "model": "notices.subscription",
        "fields": {"name": "x", "kind": "changes", "created_at": "2026-01-01T00:00Z"},
    }
    (tmp_path / "x.json").write_text(json.dumps([row]))
    call_command("loaddata", str(tmp_path / "x.json"), verbosity=0)
    BookingFactory(user=alice, show=show)
    assert len(written()) == 1


def test_loading_a_dump_with_its_subscriptions_writes_no_notices(alice, show, changes, tmp_path):
    """Otherwise users of a restored database would get a mail about each of their bookings."""
    Subscription.objects.create(name="inactive", kind="changes", is_active=False)
    booking = BookingFactory(user=alice, show=show, seat_number=1)
    dump = tmp_path / "dump.json"
    labels = ["notices.subscription", "seats.booking"]  # The subscriptions are loaded first.
    call_command("dumpdata", *labels, output=str(dump), verbosity=0)
    services.cancel(booking_id=booking.pk)
    Notice.objects.all().delete()
    Subscription.objects.update(is_active=True)
    for _ in range(2):
        call_command("loaddata", str(dump), verbosity=0)
        assert written() == []
        assert Subscription.objects.get(is_active=True) == changes
        Subscription.objects.all().delete()


def test_sale_runs_the_same_statements_with_and_without_subscriptions(alice, show):
    def sale(seat):
        return statements(lambda: services.book(user_id=alice.pk, show_id=show.pk, seat_number=seat))

    without_subscription = sale(1)
    Subscription.objects.create(name="reader", kind="changes")
    with_subscription = sale(2)
    assert (
        len(without_subscription) == len(with_subscription) == (1 if connection.vendor == "postgresql" else 2)
    )


def test_triggers_are_off_without_an_active_subscription(changes):
    def count():
        sql = (
            "SELECT COUNT(*) FROM pg_trigger WHERE tgname LIKE 'notice_of_%' AND tgenabled <> 'D'"
            if connection.vendor == "postgresql"
            else "SELECT COUNT(*) FROM sqlite_master WHERE type = 'trigger' AND name LIKE 'notice_of_%'"
        )
        with connection.cursor() as cursor:
            cursor.execute(sql)
            return cursor.fetchone()[0]

    assert count() == len(triggers.TRIGGERS)
    changes.is_active = False
    changes.save()
    assert count() == 0
    changes.is_active = True
    changes.save()
    assert count() == len(triggers.TRIGGERS)
    call_command("migrate", verbosity=0)
    assert count() == len(triggers.TRIGGERS)


@pytest.mark.slow
def test_notices_are_written_after_migrations_and_sales_go_on_without_the_tables(alice, show, changes):
    """SQLite rebuilds tables to alter them, which removes their triggers."""

    def sell(seat):
        services.book(user_id=alice.pk, show_id=show.pk, seat_number=seat)

    try:
        call_command("migrate", "seats", "0016", verbosity=0)
        call_command("migrate", "shows", "0006", verbosity=0)
    finally:
        call_command("migrate", verbosity=0)
    sell(1)
    assert len(written()) == 1
    try:
        call_command("migrate", "notices", "zero", verbosity=0)
        sell(2)
    finally:
        call_command("migrate", verbosity=0)
    assert written() == []


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has one writer at a time.")
def test_subscriptions_can_be_added_while_shows_are_called_off(sam):
    """Both lock the shows before the bookings. Another order deadlocks, which is an error."""
    shows = [ShowFactory() for _ in range(10)]
    for round_number, show in enumerate(shows):
        run_concurrently(
            [
                lambda show=show: services.call_off(show_id=show.pk),
                *(
                    lambda name=f"{round_number}-{number}": Subscription.objects.create(
                        name=name, kind="changes"
                    )
                    for number in range(3)
                ),
            ]
        )
        for subscription in Subscription.objects.all():
            subscription.delete()
    assert Notice.objects.filter(event="show.cancelled").count() <= len(shows)
