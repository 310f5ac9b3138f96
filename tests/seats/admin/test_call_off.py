"""Staff call a show off in the admin, after a confirmation that counts its bookings."""

import pytest
from django.contrib.admin.models import LogEntry
from django.urls import reverse

from cinema.seats.booking import services
from cinema.seats.models import Booking
from tests.assertions import assert_consistent
from tests.factories import UNUSED_ID, BookingFactory
from tests.seat_state import statuses_of
from tests.seats.staff import log_in, text

pytestmark = pytest.mark.django_db


@pytest.fixture
def form(show):
    return reverse("admin:shows_show_change", args=[show.pk])


@pytest.fixture
def page(show):
    return reverse("admin:shows_show_call_off", args=[show.pk])


def test_show_is_called_off_after_a_confirmation_and_logged(client, sam, alice, show, form, page):
    log_in(client, sam, "view_show", "change_show")
    for number in (1, 2):
        BookingFactory(user=alice, show=show, seat_number=number)
    assert f'href="{page}"' in text(client.get(form))
    assert "cancel 2 bookings" in text(client.get(page))
    assert Booking.objects.live().count() == 2

    done = text(client.post(page, {"reason": "No light"}, follow=True))

    assert "was called off, 2 bookings cancelled." in done
    assert "No light" in done
    assert f'href="{page}"' not in done
    assert LogEntry.objects.get().change_message == "Called off, 2 bookings cancelled."
    assert statuses_of(show) == "b" * 12
    assert "was already called off" in text(client.get(page))
    assert "already called off" in text(client.post(page, follow=True))
    assert LogEntry.objects.count() == 1
    assert_consistent()


def test_staff_without_the_permission_cannot_call_a_show_off(client, sam, show, form, page):
    log_in(client, sam, "view_show")
    assert page not in text(client.get(form))
    for response in (client.get(page), client.post(page)):
        assert response.status_code == 403
    assert client.get(reverse("admin:shows_show_call_off", args=[UNUSED_ID])).status_code == 404
    show.refresh_from_db()
    assert show.status == "scheduled"


def test_form_and_seat_map_of_a_show_that_was_called_off_change_nothing(admin_client, show, form):
    services.call_off(show_id=show.pk)
    fields = {"movie": show.movie_id, "screen_name": "Other", "total_seats": 12}
    fields |= {"date_time_0": f"{show.date_time:%Y-%m-%d}", "date_time_1": f"{show.date_time:%H:%M:%S}"}
    assert "This show was called off and can&#x27;t be changed." in text(admin_client.post(form, fields))
    hall = reverse("admin:seats_hall_change", args=[show.pk])
    unblocked = text(admin_client.post(hall, {"act": "unblock", "seats": [1]}, follow=True))
    assert "it is of a show that was called off" in unblocked
    assert "This show was called off." in unblocked
    assert statuses_of(show) == "b" * 12


def test_lists_show_and_filter_the_status(admin_client, show):
    services.call_off(show_id=show.pk)
    for name in ("shows_show", "seats_hall"):
        page = reverse(f"admin:{name}_changelist")
        assert "Cancelled" in text(admin_client.get(page))
        assert "0 " in text(admin_client.get(f"{page}?status__exact=scheduled"))
        assert str(show.movie.title) not in text(admin_client.get(f"{page}?status__exact=scheduled"))
