"""Errors inside the admin, as the pages that people see."""

import pytest

from tests.seats.staff import log_in

pytestmark = pytest.mark.django_db
BROWSER = {"Accept": "text/html"}


@pytest.mark.parametrize(
    ("path", "status"),
    [("/admin/nowhere/", 404), ("/admin/seats/booking/sell/999/", 403), ("/admin/seats/hall/1/change/", 404)],
)
def test_staff_see_errors_with_the_header_and_menu_of_the_admin(client, sam, path, status):
    response = log_in(client, sam, "view_booking").get(path, headers=BROWSER)
    assert response.status_code == status
    html = response.content.decode()
    for part in ('id="logout-form"', 'id="find"', 'id="nav-sidebar"', response["X-Request-ID"]):
        assert part in html


def test_error_of_the_server_is_a_page_that_needs_no_database(admin_client, monkeypatch):
    def fail(*args):
        raise RuntimeError

    monkeypatch.setattr("cinema.seats.admin.board.shows_of_day", fail)
    admin_client.raise_request_exception = False
    response = admin_client.get("/admin/", headers=BROWSER)
    assert response.status_code == 500
    html = response.content.decode()
    assert "Go to the admin" in html
    assert 'id="logout-form"' not in html
