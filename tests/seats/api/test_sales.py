"""`GET /reports/sales/`: what was sold, by day, show, movie, screen or price, for staff."""

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from cinema.seats.booking import door, services
from cinema.seats.models import Booking
from tests.assertions import assert_invalid
from tests.factories import BookingFactory, MovieFactory, ShowFactory
from tests.seats.api.reports import CSV, SALES_FIELDS, book, sales_by

pytestmark = pytest.mark.django_db


NOTHING = {"sold": 0, "cancelled": 0, "admitted": 0, "seats": 12, "amount": 0}


@pytest.fixture
def berlin(settings):
    """Clocks go forward on 2031-03-30 at 02:00 and back on 2031-10-26 at 03:00."""
    settings.TIME_ZONE = "Europe/Berlin"


def test_sales_of_an_evening_agree_with_its_bookings_to_the_cent(clerk, prices):
    """Every grouping has the same totals."""
    shows = [ShowFactory(price_list=prices), ShowFactory(price_list=prices), ShowFactory(total_seats=20)]
    ids = [
        *book(shows[0], 1, 2, 3),
        *book(shows[0], 4, kind="Child"),
        *book(shows[1], 1, 2),
        *book(shows[2], 1),
    ]
    services.cancel(booking_id=ids[0])
    services.call_off(show_id=shows[1].pk)
    door.admit(show_id=shows[0].pk, code=Booking.objects.get(pk=ids[1]).ticket)

    by_show = sales_by(clerk, "show")
    assert by_show == {
        shows[0].pk: {"sold": 3, "cancelled": 1, "admitted": 1, "seats": 12, "amount": 2 * 1250 + 905},
        shows[1].pk: {"sold": 0, "cancelled": 2, "admitted": 0, "seats": 12, "amount": 0},
        shows[2].pk: {"sold": 1, "cancelled": 0, "admitted": 0, "seats": 20, "amount": 0},
    }
    assert sales_by(clerk, "movie") == {show.movie_id: by_show[show.pk] for show in shows}
    assert sales_by(clerk, "screen") == {show.screen_name: by_show[show.pk] for show in shows}
    assert sales_by(clerk, "kind") == {
        None: {"sold": 1, "cancelled": 0, "admitted": 0, "seats": None, "amount": 0},
        "Adult": {"sold": 2, "cancelled": 3, "admitted": 1, "seats": None, "amount": 2500},
        "Child": {"sold": 1, "cancelled": 0, "admitted": 0, "seats": None, "amount": 905},
    }
    (day,) = sales_by(clerk, "day").values()
    assert day == {"sold": 4, "cancelled": 3, "admitted": 1, "seats": 44, "amount": 3405}
    live = Booking.objects.live().exclude(amount=None)
    assert sum(live.values_list("amount", flat=True)) == day["amount"]


def test_days_are_those_of_the_show_by_the_clocks_of_the_cinema(clerk, berlin):
    """On 30 March the day has 23 hours in Berlin, and on 26 October 25."""
    starts = {
        "2031-03-29": ["2031-03-28T23:00", "2031-03-29T22:59"],
        "2031-03-30": ["2031-03-29T23:00", "2031-03-30T21:59"],
        "2031-03-31": ["2031-03-30T22:00"],
        "2031-10-26": ["2031-10-25T22:00", "2031-10-26T00:30", "2031-10-26T01:30", "2031-10-26T22:59"],
        "2031-10-27": ["2031-10-26T23:00"],
    }
    for day in starts:
        for start in starts[day]:
            book(ShowFactory(date_time=datetime.fromisoformat(start).replace(tzinfo=UTC)), 1)
    days = sales_by(clerk, "day")
    assert list(days) == list(starts)
    for day in starts:
        count = len(starts[day])
        assert days[day] == NOTHING | {"sold": count, "seats": 12 * count}
        assert sales_by(clerk, "day", f"&date={day}") == {day: days[day]}
        assert sales_by(clerk, "kind", f"&date={day}")[None]["sold"] == count
    assert list(sales_by(clerk, "day", "&from=2031-03-30&to=2031-10-26")) == list(starts)[1:4]
    until = "&from=2031-03-30T00:00&to=2031-03-30T23:59"
    assert sales_by(clerk, "day", until)["2031-03-30"]["sold"] == 1


def test_show_without_bookings_counts_its_seats_and_an_empty_report_is_an_empty_list(clerk, show):
    assert sales_by(clerk, "show") == {show.pk: NOTHING}
    assert sales_by(clerk, "kind") == {}
    assert clerk.get("/reports/sales/?date=2001-01-01").json() == []
    assert (
        clerk.get("/reports/sales/?date=2001-01-01&format=csv").getvalue()
        == b",".join(name.encode() for name in SALES_FIELDS) + b"\r\n"
    )


def test_report_is_by_day_by_default_and_a_plain_list_by_key(clerk):
    for days in (3, 1, 2):
        ShowFactory(date_time=timezone.now() + timedelta(days=days))
    rows = clerk.get("/reports/sales/").json()
    assert [list(row) for row in rows] == [SALES_FIELDS] * 3
    keys = [row["key"] for row in rows]
    assert keys == sorted(keys)
    assert rows == clerk.get("/reports/sales/?by=day").json()


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("by=week", "by"),
        ("from=yesterday", "from"),
        ("to=2031-02-30", "to"),
        ("movie=x", "movie"),
    ],
)
def test_filter_of_sales_that_makes_no_sense_is_invalid_in_every_format(clerk, query, field):
    assert_invalid(clerk.get(f"/reports/sales/?{query}"), field)
    assert_invalid(clerk.get(f"/reports/sales/?{query}", headers=CSV), field)


def test_reports_of_any_length_cost_the_same_queries(clerk, django_assert_num_queries):
    for _ in range(2):
        # Three of them are for the user and the permissions.
        for path, count in (("/shows/{}/guests/", 6), ("/reports/sales/", 5), ("/reports/sales/?by=kind", 4)):
            show = ShowFactory(total_seats=12, movie=MovieFactory())
            for number in range(1, 9):
                BookingFactory(show=show, seat_number=number)
            with django_assert_num_queries(count):
                assert clerk.get(path.format(show.pk)).status_code == 200
