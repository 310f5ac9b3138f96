"""The webhook of docs/payments.md, called by a small payment provider."""

import base64
import hmac
import json
import re
import sys
import time
from types import ModuleType

import pytest
from django.urls import path

import cinema.urls
from cinema.seats.booking import services
from cinema.seats.models import Booking
from cinema.shows.models import Price
from tests.assertions import assert_consistent
from tests.factories import add_price_list
from tests.live_server import ROOT

pytestmark = pytest.mark.django_db
SECRET = b"a secret of the provider"


class Provider:
    """Takes payments, calls the webhook with a signature, and records the refunds that it is asked for."""

    def __init__(self, client):
        self.client = client
        self.refunds = []

    def refund(self, payment):
        if payment["id"] not in self.refunds:
            self.refunds.append(payment["id"])

    def report(self, payment, *, event="payment.succeeded", secret=SECRET, age=0, prefix=""):
        body = json.dumps({"type": event, "data": payment})
        sent_at = int(time.time()) - age
        digest = hmac.digest(secret, f"msg_1.{sent_at}.{body}".encode(), "sha256")
        headers = {
            "webhook-id": "msg_1",
            "webhook-timestamp": str(sent_at),
            "webhook-signature": f"{prefix}v1,{base64.b64encode(digest).decode()}",
        }
        return self.client.post(
            "/payments/", body, content_type="application/json", headers=headers
        ).status_code


@pytest.fixture
def provider(client, settings, monkeypatch):
    code = re.search(r"```python\n(.*?)```", (ROOT / "docs" / "payments.md").read_text(), re.DOTALL)[1]
    shop, urls, provider = ModuleType("shop"), ModuleType("shop_urls"), Provider(client)
    exec(compile(code, "docs/payments.md", "exec"), shop.__dict__)  # noqa: S102
    shop.refund = provider.refund
    urls.urlpatterns = [*cinema.urls.urlpatterns, path("payments/", shop.payment_webhook)]
    monkeypatch.setitem(sys.modules, "shop_urls", urls)
    monkeypatch.setenv("PAYMENT_WEBHOOK_SECRET", "whsec_" + base64.b64encode(SECRET).decode())
    settings.ROOT_URLCONF = "shop_urls"
    return provider


@pytest.fixture
def payment(alice, show):
    """Alice holds two seats, and has paid for an adult and a child."""
    show.price_list = add_price_list([("", "Adult", 1250), ("", "Child", 900)])
    show.save()
    services.hold_seats(user_id=alice.pk, show_id=show.pk, seat_numbers=[5, 6])
    return {"id": "pay_81", "amount": 2150, "user": alice.pk, "show": show.pk, "kinds": {"6": "Child"}}


def booked():
    return list(Booking.objects.live().order_by("seat_number").values_list("seat_number", "kind", "amount"))


def test_payment_books_the_hold_once_however_often_it_is_reported(provider, payment, as_alice, show):
    assert [provider.report(payment) for _ in range(3)] == [204, 204, 204]
    assert booked() == [(5, "Adult", 1250), (6, "Child", 900)]
    assert provider.refunds == []
    by_page = as_alice.post(
        f"/shows/{show.pk}/hold/book/", {"kinds": {"6": "Child"}}, headers={"Idempotency-Key": "pay_81"}
    )
    assert by_page.status_code == 201
    assert by_page["Idempotency-Replayed"] == "true"
    assert_consistent()


@pytest.mark.parametrize("wrong", [{"secret": b"another"}, {"age": 301}, {"age": -301}])
def test_forged_or_old_call_books_nothing(provider, payment, wrong):
    assert provider.report(payment, **wrong) == 400
    assert (booked(), provider.refunds) == ([], [])


def test_one_of_several_signatures_is_enough(provider, payment):
    assert provider.report(payment, prefix="v1,AAAA v1a,BBBB ") == 204
    assert len(booked()) == 2


def test_call_without_a_signature_books_nothing(provider, payment, client):
    body = {"type": "payment.succeeded", "data": payment}
    assert client.post("/payments/", body, content_type="application/json").status_code == 400
    assert booked() == []


def test_other_events_book_nothing(provider, payment):
    assert provider.report(payment, event="payment.failed") == 204
    assert (booked(), provider.refunds) == ([], [])


def test_payment_is_refunded_once_if_the_hold_is_gone(provider, payment, as_alice, show):
    as_alice.delete(f"/shows/{show.pk}/hold/")
    assert [provider.report(payment) for _ in range(2)] == [204, 204]
    assert (booked(), provider.refunds) == ([], ["pay_81"])


def test_payment_is_refunded_if_the_show_is_called_off(provider, payment, show):
    services.call_off(show_id=show.pk)
    assert provider.report(payment) == 204
    assert (booked(), provider.refunds) == ([], ["pay_81"])


def test_payment_of_another_amount_is_refunded_and_its_seats_are_free_again(provider, payment, show):
    Price.objects.filter(kind="Adult").update(amount=1300)
    assert [provider.report(payment) for _ in range(2)] == [204, 204]
    assert (booked(), provider.refunds) == ([], ["pay_81"])
    assert not show.seats.taken().exists()
    assert_consistent()
