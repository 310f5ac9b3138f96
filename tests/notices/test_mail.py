"""Mails about bookings to their users."""

import io
import json
from smtplib import SMTPRecipientsRefused

import pytest
from django.core import mail
from django.core.mail.backends.locmem import EmailBackend
from django.core.management import call_command

from cinema.notices.models import Delivery, Subscription
from cinema.seats.booking import services
from tests.conftest import Caller
from tests.factories import ShowFactory, UserFactory, add_price_list

pytestmark = pytest.mark.django_db(transaction=True)
EMAIL = "alice@example.com"


class MailServer(EmailBackend):
    """Refuses some addresses, with the status that a mail server gives."""

    refused: dict[str, int] = {}

    def send_messages(self, messages):
        for message in messages:
            (address,) = message.to
            if self.refused.get(address) == 0:
                raise ValueError(address)
            if address in self.refused:
                raise SMTPRecipientsRefused({address: (self.refused[address], b"no")})
        return super().send_messages(messages)


@pytest.fixture
def alice(db):
    return UserFactory(username="alice", email=EMAIL)


@pytest.fixture
def mails(transactional_db, settings):
    """Returns a function that delivers, and returns the new mails."""
    Subscription.objects.create(name="mail", kind="mail")

    def deliver():
        before = len(mail.outbox)
        call_command("deliver", "--once", stdout=io.StringIO())
        return mail.outbox[before:]

    return deliver


def test_one_mail_confirms_all_seats_of_a_call(alice, mails):
    show = ShowFactory(price_list=add_price_list([("", "Adult", 1250)]))
    client = Caller(alice)
    client.put(f"/shows/{show.pk}/hold/", json.dumps({"seat_numbers": [2, 3]}), content_type="application/json")
    booked = client.post(f"/shows/{show.pk}/hold/book/").json()
    (message,) = mails()
    assert (message.to, message.subject) == ([EMAIL], "Cinema: your booking")
    for text in ("Hello alice", show.movie.title, show.screen_name, "Seats: A2, A3", "Price: 25.00 EUR"):
        assert text in message.body
    assert f"Order: {booked[0]['order']}" in message.body
    assert f"{show.date_time:%Y-%m-%d %H:%M} (UTC)" in message.body
    assert mails() == []


def test_mails_tell_of_a_move_a_cancel_and_a_show_that_is_called_off(alice, show, mails):
    first, _ = (services.book(user_id=alice.pk, show_id=show.pk, seat_number=seat).pk for seat in (1, 2))
    assert len(mails()) == 2
    Caller(alice).post(f"/bookings/{first}/move/", {"seat_number": 5})
    (moved,) = mails()
    assert "Your seat is now B1 instead of A1" in moved.body
    Caller(alice).post(f"/bookings/{first}/cancel/")
    (cancelled,) = mails()
    assert cancelled.subject == "Cinema: your booking is cancelled"
    services.call_off(show_id=show.pk, reason="The projector is broken.")
    (called_off,) = mails()
    assert called_off.subject == "Cinema: a show is called off"
    assert "The projector is broken." in called_off.body


def test_users_without_an_address_and_guests_get_no_mail(bob, sam, show, mails):
    services.book(user_id=bob.pk, show_id=show.pk, seat_number=1)
    sam.is_superuser = True
    sam.save()
    assert Caller(sam).post(f"/shows/{show.pk}/sell/", {"seat_numbers": [2]}).status_code == 201
    assert mails() == []
    assert [delivery.state for delivery in Delivery.objects.all()] == ["delivered"]


@pytest.mark.parametrize(("status", "state"), [(550, "delivered"), (450, "waiting"), (0, "waiting")])
def test_refused_address_delays_no_other_mail(alice, bob, show, mails, settings, monkeypatch, status, state):
    monkeypatch.setattr(MailServer, "refused", {EMAIL: status})
    settings.EMAIL_BACKEND = "tests.notices.test_mail.MailServer"
    bob.email = "bob@example.com"
    bob.save()
    for seat, user in enumerate((alice, bob), start=1):
        services.book(user_id=user.pk, show_id=show.pk, seat_number=seat)
    (message,) = mails()
    assert message.to == ["bob@example.com"]
    assert Delivery.objects.order_by("pk")[0].state == state
    assert EMAIL not in Delivery.objects.order_by("pk")[0].last_error
