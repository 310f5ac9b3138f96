"""Many at once, each with a connection of its own: threads in here, and clients of the real server.

Every test ends with `check_seats`. The negative control runs the same race against a naive
look-then-write and must see a double sale, so that we know the race can show one.
"""

import random
import threading
from collections import Counter
from functools import partial

import pytest
from django.db import connection, transaction
from django.db.models.deletion import Collector
from django.utils import timezone

from cinema.seats import services
from cinema.seats.exceptions import SeatTaken
from cinema.seats.models import Booking, Seat
from cinema.shows.exceptions import HasBookings, SeatsInUse
from tests.asserts import assert_agreement
from tests.factories import BookingFactory, ShowFactory, UserFactory
from tests.races import at_once

pytestmark = pytest.mark.django_db(transaction=True)

CROWD = 50


@pytest.fixture
def crowd(db):
    return UserFactory.create_batch(CROWD)


def codes(answers):
    return Counter(answer.status if answer.status < 400 else answer.code for answer in answers)


# --- one seat -----------------------------------------------------------------------


def test_50_threads_want_one_seat_and_one_gets_it(show, crowd):
    results = at_once(
        [partial(services.book, user_id=user.pk, show_id=show.pk, seat_number=1) for user in crowd]
    )
    assert Counter(type(result) for result in results) == {Booking: 1, SeatTaken: 49}
    assert_agreement()


def test_50_clients_want_one_seat_and_one_gets_it(server, show, crowd):
    answers = at_once(
        [
            partial(server.call, "POST", f"/shows/{show.pk}/book/", {"seat_number": 1}, user=user)
            for user in crowd
        ]
    )
    assert codes(answers) == {201: 1, "seat_taken": 49}
    assert_agreement()


def test_the_same_race_shows_a_naive_sale_selling_twice(show, crowd):
    """The negative control: look, then write, in the same race. Had it sold once only, in so many rounds, the
    race above would prove nothing."""

    def naive(user):
        if Seat.objects.get(show=show, number=1).taken:
            return False
        Seat.objects.filter(show=show, number=1).update(taken=True)
        return True

    for _ in range(20):
        Seat.objects.filter(show=show).update(taken=False)
        sold = at_once([partial(naive, user) for user in crowd]).count(True)
        if sold > 1:
            break
    assert sold > 1


@pytest.mark.skipif("connection.vendor != 'postgresql'", reason="SQLite lets one writer in at a time")
def test_a_join_in_the_update_would_sell_twice(show):
    """Why the sale's other tables stand in EXISTS: Django makes `id IN (SELECT …)` of a join, and
    PostgreSQL does not evaluate that anew for the rival who has waited for the row."""
    first_has_taken, first_may_commit = threading.Event(), threading.Event()

    def joined():
        return Seat.objects.filter(show__date_time__gt=timezone.now(), show=show, number=1, taken=False).update(
            taken=True
        )

    def first():
        with transaction.atomic():
            sold = joined()
            first_has_taken.set()
            first_may_commit.wait(60)
        return sold

    def second():
        first_has_taken.wait(60)
        threading.Timer(0.5, first_may_commit.set).start()
        return joined()

    assert at_once([first, second]) == [1, 1]


def test_the_second_buyer_waits_and_is_refused(show, alice, bob):
    """The interleaving that the joined UPDATE fails, against ours: one sale."""
    first_has_taken, first_may_commit = threading.Event(), threading.Event()

    def first():
        with transaction.atomic():
            booking = services.book(user_id=alice.pk, show_id=show.pk, seat_number=1)
            first_has_taken.set()
            first_may_commit.wait(60)
        return booking

    def second():
        first_has_taken.wait(60)
        threading.Timer(0.5, first_may_commit.set).start()
        return services.book(user_id=bob.pk, show_id=show.pk, seat_number=1)

    sold, refused = at_once([first, second])
    assert isinstance(sold, Booking)
    assert isinstance(refused, SeatTaken)
    assert_agreement()


# --- selling out, storms ------------------------------------------------------------


def test_64_clients_sell_out_60_seats(server):
    show = ShowFactory(total_seats=60)
    buyers = UserFactory.create_batch(64)

    def buy_until_sold_out(user):
        path, answers = f"/shows/{show.pk}", []
        while True:
            statuses = server.call("GET", f"{path}/availability/").body["statuses"]
            free = [number for number, status in enumerate(statuses, start=1) if status == "a"]
            if not free:
                return answers
            answers.append(
                server.call("POST", f"{path}/book/", {"seat_number": random.choice(free)}, user=user)
            )

    answers = [
        answer
        for bought in at_once([partial(buy_until_sold_out, user) for user in buyers])
        for answer in bought
    ]

    assert set(codes(answers)) <= {201, "seat_taken", "already_yours"}
    sold = [answer.body["seat_number"] for answer in answers if answer.status == 201]
    assert sorted(sold) == list(range(1, 61))
    assert show.seats.taken().count() == 60
    assert_agreement()


def test_a_storm_of_booking_and_cancelling_ends_in_agreement(server):
    show = ShowFactory(total_seats=3)
    people = UserFactory.create_batch(12)

    def come_and_go(user):
        answers = []
        for _ in range(15):
            booked = server.call(
                "POST", f"/shows/{show.pk}/book/", {"seat_number": random.randint(1, 3)}, user=user
            )
            answers.append(booked)
            if booked.status == 201:
                answers.append(server.call("POST", f"/bookings/{booked.body['id']}/cancel/", user=user))
        return answers

    answers = [answer for each in at_once([partial(come_and_go, user) for user in people]) for answer in each]

    assert set(codes(answers)) <= {200, 201, "seat_taken"}
    assert codes(answers)[200] == codes(answers)[201] > 0
    assert not Booking.objects.live().exists()
    assert_agreement()


def test_20_cancels_of_one_booking_free_it_once(server, show, alice):
    booking = BookingFactory(user=alice, show=show)
    before = show.seats.get(number=1).changes
    answers = at_once([partial(server.call, "POST", f"/bookings/{booking.pk}/cancel/", user=alice)] * 20)
    assert codes(answers) == {200: 1, "already_cancelled": 19}
    assert show.seats.get(number=1).changes == before + 2
    assert_agreement()


# --- retries ------------------------------------------------------------------------


def test_one_idempotency_key_and_seat_many_times_is_one_booking(server, show, alice):
    again = partial(
        server.call,
        "POST",
        f"/shows/{show.pk}/book/",
        {"seat_number": 1},
        user=alice,
        headers={"Idempotency-Key": "k"},
    )
    answers = at_once([again] * 30)
    assert codes(answers) == {201: 30}
    assert len({answer.body["id"] for answer in answers}) == 1
    assert Booking.objects.count() == 1
    assert_agreement()


def test_one_idempotency_key_for_many_seats_is_one_booking(server, alice):
    show = ShowFactory(total_seats=30)
    answers = at_once(
        [
            partial(
                server.call,
                "POST",
                f"/shows/{show.pk}/book/",
                {"seat_number": number},
                user=alice,
                headers={"Idempotency-Key": "k"},
            )
            for number in range(1, 31)
        ]
    )
    assert codes(answers) == {201: 1, "idempotency_key_reused": 29}
    assert show.seats.taken().count() == 1
    assert_agreement()


# --- accounts -----------------------------------------------------------------------


def test_8_signups_of_one_name_make_one_account(server):
    names = ["carol", "Carol", "CAROL", "carol"] * 2
    answers = at_once(
        [
            partial(server.call, "POST", "/signup", {"username": name, "password": "plum-tart-42"})
            for name in names
        ]
    )
    assert codes(answers) == {201: 1, "invalid": 7}


def test_one_refresh_token_many_times_is_one_new_pair(server, alice):
    from rest_framework_simplejwt.tokens import RefreshToken

    refresh = str(RefreshToken.for_user(alice))
    answers = at_once([partial(server.call, "POST", "/login/refresh", {"refresh": refresh})] * 10)
    assert codes(answers) == {200: 1, "token_not_valid": 9}


# --- other doors --------------------------------------------------------------------


def test_shrinking_a_show_against_buyers(crowd):
    show = ShowFactory(total_seats=CROWD)

    def shrink():
        show.total_seats = 5
        show.save()

    results = at_once(
        [
            shrink,
            *(
                partial(services.book, user_id=user.pk, show_id=show.pk, seat_number=number)
                for number, user in enumerate(crowd, start=1)
            ),
        ]
    )
    assert results[0] is None or isinstance(results[0], SeatsInUse)
    assert_agreement()


def test_deleting_a_show_against_buyers(show, crowd):
    results = at_once(
        [
            show.delete,
            *(
                partial(services.book, user_id=user.pk, show_id=show.pk, seat_number=number % 12 + 1)
                for number, user in enumerate(crowd)
            ),
        ]
    )
    deleted = not isinstance(results[0], HasBookings)
    sold = sum(isinstance(result, Booking) for result in results[1:])
    assert deleted == (sold == 0)
    assert not [
        r
        for r in results
        if type(r).__name__ not in {"tuple", "HasBookings", "Booking", "SeatTaken", "ShowNotFound"}
    ]
    assert_agreement()


def test_deleting_a_show_waits_for_a_sale_under_way_and_sees_it(show, alice):
    sold, may_commit = threading.Event(), threading.Event()

    def buy():
        with transaction.atomic():
            booking = services.book(user_id=alice.pk, show_id=show.pk, seat_number=7)
            sold.set()
            may_commit.wait(60)
        return booking

    def delete():
        sold.wait(60)
        threading.Timer(0.5, may_commit.set).start()
        return show.delete()

    bought, refused = at_once([buy, delete])
    assert isinstance(bought, Booking)
    assert isinstance(refused, HasBookings)
    assert_agreement()


@pytest.mark.parametrize("doomed", ["show", "user"])
def test_a_booking_made_once_a_delete_has_collected_its_rows_goes_too(show, alice, monkeypatch, doomed):
    """The rival acts between Django's two steps: collect what to delete, delete it."""
    delete = Collector.delete

    def rival_first(collector):
        monkeypatch.setattr(Collector, "delete", delete)
        late = services.book(user_id=alice.pk, show_id=show.pk, seat_number=7)
        if doomed == "show":
            services.cancel(booking_id=late.pk)
        return delete(collector)

    monkeypatch.setattr(Collector, "delete", rival_first)
    (show if doomed == "show" else alice).delete()
    assert not Booking.objects.exists()
    assert_agreement()


def test_deleting_a_user_against_their_buying(show):
    for number in range(1, 9):
        user = UserFactory()
        buy = partial(services.book, user_id=user.pk, show_id=show.pk, seat_number=number)
        deleted, bought = at_once([user.delete, buy])
        assert isinstance(deleted, tuple), deleted
        assert type(bought).__name__ in {"Booking", "InvalidToken"}
    assert not show.seats.taken().exists()
    assert_agreement()


def test_two_resizes_at_once_end_with_one_of_them(show):
    def resize(total):
        copy = type(show).objects.get(pk=show.pk)
        copy.total_seats = total
        copy.save()

    for _ in range(5):
        at_once([partial(resize, total) for total in (20, 40, 8, 30)])
        assert_agreement()
    show.refresh_from_db()
    assert show.total_seats in {20, 40, 8, 30}


def test_connections_are_the_threads_own(db):
    """What all of the above rests on."""
    assert (
        len(
            set(
                map(
                    id,
                    at_once(
                        [
                            lambda: (
                                connection.connection or connection.ensure_connection() or connection.connection
                            )
                        ]
                        * 5
                    ),
                )
            )
        )
        == 5
    )
