"""Calls of the reports for staff."""

import csv
import io

from cinema.seats.booking import services
from tests.factories import UserFactory

GUEST_FIELDS = ["booking", "seat_label", "name", "order", "kind", "amount", "admitted_at"]
SALES_FIELDS = ["key", "sold", "cancelled", "admitted", "seats", "amount"]


CSV = {"Accept": "text/csv"}


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
