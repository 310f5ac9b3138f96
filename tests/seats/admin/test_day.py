"""The admin's pages of a day's shows and of a show's guests, and their CSV files for spreadsheets."""

import csv
import io
import re
from datetime import UTC, datetime, timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from cinema.seats.booking import door, services
from cinema.seats.models import Booking
from tests.conftest import Caller
from tests.factories import UNUSED_ID, BookingFactory, ShowFactory, UserFactory, add_price_list
from tests.seats.staff import log_in

pytestmark = pytest.mark.django_db
DAY = reverse("admin:seats_booking_day")


def table(response):
    """The texts of the cells, row by row."""
    content = response.content.decode().partition('id="content"')[2]
    rows = re.findall(r"<tr[^>]*>(.*?)</tr>", content, re.DOTALL)
    cells = [re.findall(r"<t[hd].*?</t[hd]>", row, re.DOTALL) for row in rows]
    return [[" ".join(re.sub("<[^>]*>", "", cell).split()) for cell in row] for row in cells]


def spreadsheet(response):
    """The lines of a CSV file as dictionaries. Excel needs the byte order mark."""
    text = response.getvalue().decode()
    assert text.startswith("\ufeff")
    return list(csv.DictReader(io.StringIO(text[1:])))


@pytest.fixture
def berlin(settings):
    settings.TIME_ZONE = "Europe/Berlin"


@pytest.fixture
def evening(berlin):
    """Two shows of 2031-03-30 in Berlin, one with three bookings, and one of the day before."""
    prices = add_price_list([("", "Adult", 1250), ("", "Child", 905)])
    late = ShowFactory(
        date_time=datetime(2031, 3, 30, 21, 59, tzinfo=UTC), movie__title="Metropolis", price_list=prices
    )
    ShowFactory(date_time=datetime(2031, 3, 29, 23, tzinfo=UTC), movie__title="M", screen_name="Studio")
    ShowFactory(date_time=datetime(2031, 3, 29, 22, 59, tzinfo=UTC), movie__title="Nosferatu")
    user = UserFactory(username="@zoë")
    for number, kind in ((1, "Adult"), (2, "Child"), (3, None)):
        services.book(user_id=user.pk, show_id=late.pk, seat_number=number, kind=kind)
    services.cancel(booking_id=Booking.objects.get(seat_number=3).pk)
    door.admit(show_id=late.pk, code=Booking.objects.get(seat_number=2).ticket)
    return late


def test_day_has_its_shows_with_what_was_sold_admitted_and_paid(admin_client, evening):
    Caller(UserFactory()).put(f"/shows/{evening.pk}/hold/", {"seat_numbers": [4]})
    rest = ["2 of 12 (17 %)", "1", "9"]
    response = admin_client.get(DAY, {"date": "2031-03-30"})
    assert table(response)[1:] == [
        ["00:00", "M", "Studio", "0 of 12 (0 %)", "0", "12", "0", "0.00 EUR", "Sell Guests Seat map"],
        ["23:59", "Metropolis", evening.screen_name, *rest, "1", "21.55 EUR", "Sell Guests Seat map"],
        ["All shows", "2 of 24 (8 %)", "1", "21", "1", "21.55 EUR", ""],
    ]
    html = response.content.decode()
    assert f'href="{reverse("admin:seats_booking_guests", args=[evening.pk])}"' in html
    assert '<meter min="0" max="12" value="2"' in html
    for link in ("?date=2031-03-29", "?date=2031-03-31", "?date=2031-03-30&amp;format=csv"):
        assert f'href="{link}"' in html


def test_day_is_a_file_for_spreadsheets(admin_client, evening):
    response = admin_client.get(DAY, {"date": "2031-03-30", "format": "csv"})
    assert response["Content-Disposition"] == 'attachment; filename="sales-2031-03-30.csv"'
    assert spreadsheet(response)[1] == {
        "time": "2031-03-30 23:59",
        "movie": "Metropolis",
        "screen": evening.screen_name,
        "status": "scheduled",
        "sold": "2",
        "cancelled": "1",
        "admitted": "1",
        "seats": "12",
        "amount": "2155",
        "currency": "EUR",
    }


def test_first_page_of_the_admin_has_the_shows_of_today_and_begun_ones_last(admin_client, noon):
    hours = {"Begun": -0.1, "Over": -9, "Next": 0.1, "Late": 8, "Of tomorrow": 16, "Of yesterday": -16}
    for title, offset in hours.items():
        ShowFactory(date_time=timezone.now() + timedelta(hours=offset), movie__title=title)
    response = admin_client.get("/admin/")
    assert [row[1] for row in table(response)[1:5]] == ["Next", "Late", "Over (over)", "Begun (begun)"]
    html = response.content.decode()
    assert "Of tomorrow" not in html
    assert "Of yesterday" not in html
    assert f"Today, {timezone.localdate():%A}, " in html


def test_first_page_without_shows_says_so(admin_client):
    assert "There are no shows today." in admin_client.get("/admin/").content.decode()


def test_called_off_show_is_marked(admin_client, evening):
    services.call_off(show_id=evening.pk)
    rows = table(admin_client.get(DAY, {"date": "2031-03-30"}))
    assert rows[2][1] == "Metropolis (called off)"
    assert "This show was called off." in guests_page(admin_client, evening).content.decode()


@pytest.mark.parametrize(
    "query", [{}, {"date": ""}, {"date": "yesterday"}, {"date": "2031-02-30"}, {"date": "\0"}]
)
def test_day_without_a_date_that_makes_sense_is_today(admin_client, query):
    ShowFactory(date_time=timezone.now(), movie__title="Today's")
    assert "Today&#x27;s" in admin_client.get(DAY, query).content.decode()
    assert reverse("admin:seats_booking_day") in admin_client.get("/admin/seats/booking/").content.decode()


@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31"])
def test_first_and_last_day_of_the_calendar_open(admin_client, berlin, day):
    response = admin_client.get(DAY, {"date": day})
    assert "There are no shows on this day." in response.content.decode()


def guests_page(client, show, **query):
    return client.get(reverse("admin:seats_booking_guests", args=[show.pk]), query)


def test_guests_are_listed_by_seat_with_their_price_and_admission(admin_client, evening, settings):
    settings.CURRENCY = "JPY"  # The bookings keep the currency in which they were sold.
    response = guests_page(admin_client, evening)
    first, second = Booking.objects.live().order_by("seat_number")
    admitted = timezone.localtime(second.admitted_at).strftime("%H:%M")
    assert table(response)[1:] == [
        ["A1", "@zoë", first.order, "Adult", "12.50 EUR", f"Booking {first.pk}", "–"],
        ["A2", "@zoë", second.order, "Child", "9.05 EUR", f"Booking {second.pk}", admitted],
    ]
    assert "2 guests, 1 admitted." in response.content.decode()


def test_guests_are_a_file_for_spreadsheets_without_formulas(admin_client, evening):
    response = guests_page(admin_client, evening, format="csv")
    assert response["Content-Disposition"] == f'attachment; filename="guests-{evening.pk}.csv"'
    assert [(row["seat_label"], row["name"], row["amount"]) for row in spreadsheet(response)] == [
        ("A1", "'@zoë", "1250"),
        ("A2", "'@zoë", "905"),
    ]


def test_guests_of_a_missing_show_are_not_found(admin_client):
    assert admin_client.get(reverse("admin:seats_booking_guests", args=[UNUSED_ID])).status_code == 404


def test_links_to_seat_maps_need_the_permission_to_view_them(client, sam, evening):
    html = log_in(client, sam, "view_booking").get(DAY, {"date": "2031-03-30"}).content.decode()
    assert "Seat map" not in html
    assert "Guests" in html


def test_day_of_any_length_costs_the_same_queries(admin_client, django_assert_max_num_queries):
    start = timezone.now() - timedelta(hours=1)
    for _ in range(2):
        for number in range(1, 4):
            BookingFactory(show=(show := ShowFactory()), seat_number=number)
            type(show).objects.filter(pk=show.pk).update(date_time=start)
        with django_assert_max_num_queries(7):
            assert admin_client.get(DAY, {"date": f"{start:%Y-%m-%d}"}).status_code == 200
        with django_assert_max_num_queries(5):
            assert guests_page(admin_client, show).status_code == 200
