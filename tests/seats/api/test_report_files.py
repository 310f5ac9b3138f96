"""The reports for staff as CSV or JSON: `Accept` and `?format=`, quoting, and whole files."""

import csv
import io

import pytest
from django.db import connection

from cinema.seats.models import Booking
from tests.assertions import assert_invalid
from tests.factories import UNUSED_ID, ShowFactory, UserFactory, permit
from tests.seats.api.reports import CSV, GUEST_FIELDS, SALES_FIELDS, book, guests_of, read_csv

pytestmark = pytest.mark.django_db


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
