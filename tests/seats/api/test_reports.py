"""The reports for staff: `GET /shows/<id>/guests/` and `GET /reports/sales/`, as JSON and as CSV."""

import csv
import io
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.utils import timezone

from cinema.seats.booking import door, services, till
from cinema.seats.models import Booking
from cinema.shows.models import Show
from tests.assertions import assert_invalid, assert_problem, wire_time
from tests.conftest import Caller
from tests.factories import (
    UNUSED_ID,
    BookingFactory,
    MovieFactory,
    ShowFactory,
    UserFactory,
    add_price_list,
    permit,
)

pytestmark = pytest.mark.django_db

GUEST_FIELDS = ["booking", "seat_label", "name", "order", "kind", "amount", "admitted_at"]
SALES_FIELDS = ["key", "sold", "cancelled", "admitted", "seats", "amount"]
NOTHING = {"sold": 0, "cancelled": 0, "admitted": 0, "seats": 12, "amount": 0}
CSV = {"Accept": "text/csv"}


@pytest.fixture
def clerk(sam):
    return Caller(permit(sam, "view_booking"))


@pytest.fixture
def berlin(settings):
    """Clocks go forward on 2031-03-30 at 02:00 and back on 2031-10-26 at 03:00."""
    settings.TIME_ZONE = "Europe/Berlin"


@pytest.fixture
def prices(db):
    return add_price_list([("", "Adult", 1250), ("", "Child", 905)])


def book(show, *seats, user=None, kind=None):
    user = user or UserFactory()
    return [services.book(user_id=user.pk, show_id=show.pk, seat_number=seat, kind=kind).pk for seat in seats]


def guests_of(client, show, query="", **headers):
    return client.get(f"/shows/{show.pk}/guests/{query}", headers=headers)


def sales_by(client, by, query=""):
    response = client.get(f"/reports/sales/?by={by}{query}")
    assert response.status_code == 200, response.content
    return {row.pop("key"): row for row in response.json()}


def read_csv(response):
    """The lines of a CSV file as dictionaries."""
    assert response["Content-Type"] == "text/csv; charset=utf-8"
    return list(csv.DictReader(io.StringIO(response.getvalue().decode())))


# --- Guests ----------------------------------------------------------------------------


def test_guests_of_the_till_have_their_names(clerk, sam, alice, show):
    book(show, 1, user=alice)
    till.sell(clerk_id=sam.pk, show_id=show.pk, seat_numbers=[2], guest_name="Rosa Klein")
    till.sell(clerk_id=sam.pk, show_id=show.pk, seat_numbers=[3])
    rows = guests_of(clerk, show).json()["results"]
    assert [row["name"] for row in rows] == ["alice", "Rosa Klein", ""]


def test_guests_are_the_live_bookings_of_the_show_by_seat(clerk, alice, prices):
    show = ShowFactory(price_list=prices)
    second, first = book(show, 4, 2, user=alice, kind="Child")
    services.cancel(booking_id=book(show, 3)[0])
    book(ShowFactory(), 1)
    (admitted,) = door.admit(show_id=show.pk, code=Booking.objects.get(pk=second).ticket)

    page = guests_of(clerk, show).json()

    orders = dict(Booking.objects.values_list("pk", "order"))
    common = {"name": "alice", "kind": "Child", "amount": 905}
    assert page["count"] == 2
    assert page["results"] == [
        common | {"booking": first, "seat_label": "A2", "order": orders[first], "admitted_at": None},
        common
        | {
            "booking": second,
            "seat_label": "A4",
            "order": orders[second],
            "admitted_at": wire_time(admitted.admitted_at),
        },
    ]
    assert list(page["results"][0]) == GUEST_FIELDS


def test_guest_without_an_account_has_no_name_and_without_a_price_no_amount(clerk, show, alice):
    book(show, 2, user=alice)
    Show.objects.update(date_time=timezone.now() - timedelta(seconds=1))
    alice.delete()
    (guest,) = guests_of(clerk, show).json()["results"]
    assert (guest["name"], guest["kind"], guest["amount"]) == ("", None, None)


def test_guest_of_the_till_has_the_name_that_staff_typed(clerk, sam, prices):
    show = ShowFactory(price_list=prices)
    permit(sam, "view_booking", "sell_seats")
    for seat, name in ((1, "Rosa Klein"), (2, "=1+1"), (3, "")):
        sale = clerk.post(f"/shows/{show.pk}/sell/", {"seat_numbers": [seat], "guest_name": name})
        assert sale.status_code == 201
    assert [guest["name"] for guest in guests_of(clerk, show).json()["results"]] == ["Rosa Klein", "=1+1", ""]
    assert [row["name"] for row in read_csv(guests_of(clerk, show, **CSV))] == ["Rosa Klein", "'=1+1", ""]
    assert sales_by(clerk, "show")[show.pk]["amount"] == 3 * 1250


def test_guests_of_an_unknown_show_are_not_found_in_every_format(clerk):
    assert_problem(clerk.get(f"/shows/{UNUSED_ID}/guests/"), 404, "not_found")
    assert_problem(clerk.get(f"/shows/{UNUSED_ID}/guests/", headers=CSV), 404, "not_found")


def test_csv_of_guests_is_the_whole_list(clerk):
    show = ShowFactory(total_seats=60)
    user = UserFactory()
    book(show, *range(1, 61), user=user)
    response = guests_of(clerk, show, "?format=csv&page=7&page_size=5")
    assert response.streaming
    rows = read_csv(response)
    assert [row["seat_label"] for row in rows] == list(
        show.seats.order_by("number").values_list("label", flat=True)
    )
    assert list(rows[0]) == GUEST_FIELDS
    assert response["Content-Disposition"] == f'attachment; filename="guests-{show.pk}.csv"'
    assert guests_of(clerk, show).json()["count"] == 60


@pytest.mark.parametrize("name", ["@alice", "+alice", "-alice", "=1+1", "＝1+1", "\t=1+1", "\n=1"])
def test_csv_contains_no_formula(clerk, show, name):
    book(show, 2, user=UserFactory(username=name))
    (row,) = read_csv(guests_of(clerk, show, **CSV))
    assert row["name"] == f"'{name}"


def test_csv_quotes_texts_and_leaves_empty_what_is_null(clerk, show):
    name = 'Zoë, "the cat"; 1=1'
    (booking,) = book(show, 2, user=UserFactory(username=name))
    content = guests_of(clerk, show, **CSV).getvalue().decode()
    order = Booking.objects.get().order
    assert content.split("\r\n") == [
        ",".join(GUEST_FIELDS),
        f'{booking},A2,"Zoë, ""the cat""; 1=1",{order},,,',
        "",
    ]


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Accept": "*/*"},
        {"Accept": "application/json, text/csv;q=0.5"},
        {"Accept": "text/html"},
        {"Accept": "text/csv; charset*=nonsense''x"},
        {"Accept": "nonsense"},
        {"Accept": "text/csv," * 5000},
    ],
)
def test_json_is_the_answer_unless_csv_is_preferred(clerk, show, headers):
    response = guests_of(clerk, show, **headers)
    if headers.get("Accept", "").count("text/csv,") == 5000:
        assert response.status_code in {200, 400}
        return
    assert (response.status_code, response["Content-Type"]) == (200, "application/json")
    assert "accept" in response["Vary"].lower().split(", ")
    assert guests_of(clerk, show, "?format=json", **CSV)["Content-Type"] == "application/json"
    assert guests_of(clerk, show, "?format=")["Content-Type"] == "application/json"


@pytest.mark.parametrize("headers", [{}, CSV])
def test_unknown_format_is_invalid(clerk, show, headers):
    assert_invalid(guests_of(clerk, show, "?format=xml", **headers), "format")
    assert_invalid(clerk.get("/reports/sales/?format=xls", headers=headers), "format")


def test_options_of_reports_answers_json_to_every_accept_header(clerk, show):
    for path in (f"/shows/{show.pk}/guests/", "/reports/sales/"):
        response = clerk.options(path, headers=CSV)
        assert (response.status_code, response["Content-Type"]) == (200, "application/json")


# --- Sales -----------------------------------------------------------------------------


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


def test_sales_as_csv_equal_those_as_json(clerk, prices):
    show = ShowFactory(price_list=prices, screen_name="=cmd")
    book(show, 1, 2)
    response = clerk.get("/reports/sales/?by=screen", headers=CSV)
    assert response["Content-Disposition"] == 'attachment; filename="sales-by-screen.csv"'
    assert read_csv(response) == [
        {"key": "'=cmd", "sold": "2", "cancelled": "0", "admitted": "0", "seats": "12", "amount": "2500"}
    ]
    (row,) = read_csv(clerk.get("/reports/sales/?by=kind", headers=CSV))
    assert (row["key"], row["seats"]) == ("Adult", "")


def test_reports_of_any_length_cost_the_same_queries(clerk, django_assert_num_queries):
    for _ in range(2):
        # Three of them are for the user and the permissions.
        for path, count in (("/shows/{}/guests/", 6), ("/reports/sales/", 5), ("/reports/sales/?by=kind", 4)):
            show = ShowFactory(total_seats=12, movie=MovieFactory())
            for number in range(1, 9):
                BookingFactory(show=show, seat_number=number)
            with django_assert_num_queries(count):
                assert clerk.get(path.format(show.pk)).status_code == 200


@pytest.mark.django_db(transaction=True)
def test_server_sends_whole_csv_files_and_problems(server, sam):
    """It has 1,200 guests, which the view sends in several parts."""
    show, user = ShowFactory(total_seats=1200), UserFactory(username="zoë")
    permit(sam, "view_booking")
    Booking.objects.bulk_create(
        Booking(user=user, show=show, seat_number=number, sold_label=f"S{number}") for number in range(1, 1201)
    )
    file = server.call("GET", f"/shows/{show.pk}/guests/", user=sam, headers=CSV)
    assert (file.status, file.headers["Content-Type"]) == (200, "text/csv; charset=utf-8")
    rows = list(csv.DictReader(io.StringIO(file.body.decode())))
    assert [row["seat_label"] for row in rows] == [f"S{number}" for number in range(1, 1201)]
    assert {row["name"] for row in rows} == {"zoë"}
    sales = server.call("GET", "/reports/sales/?by=show&format=csv", user=sam)
    assert sales.body.decode().splitlines() == [",".join(SALES_FIELDS), f"{show.pk},1200,0,0,1200,0"]
    assert server.call("GET", f"/shows/{UNUSED_ID}/guests/", user=sam, headers=CSV).code == "not_found"
    assert server.call("GET", f"/shows/{show.pk}/guests/", user=user, headers=CSV).code == "permission_denied"


@pytest.mark.django_db(transaction=True)
def test_error_in_the_middle_of_a_csv_file_is_a_problem_and_no_part_of_a_file(server, sam, show):
    permit(sam, "view_booking")
    # More rows than the database sends at once.
    Booking.objects.bulk_create(Booking(show=show, seat_number=number) for number in range(1, 2101))
    # Python has no such time.
    time = "infinity" if connection.vendor == "postgresql" else "2031-13-01 00:00:00"
    with connection.cursor() as cursor:
        cursor.execute("UPDATE seats_booking SET admitted_at = %s WHERE seat_number = 2050", [time])
    answer = server.call("GET", f"/shows/{show.pk}/guests/", user=sam, headers=CSV)
    assert (answer.status, answer.code) == (500, "server_error")
