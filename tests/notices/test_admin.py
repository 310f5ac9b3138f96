"""Staff add and delete subscriptions in the admin."""

import pytest
from django.test import override_settings
from django.urls import reverse

from cinema.notices.models import Notice, Subscription
from tests.notices.conftest import deliver
from tests.seats.staff import log_in

pytestmark = pytest.mark.django_db(transaction=True)


def add(client, **fields):
    form = {"name": "x", "kind": "webhook", "url": "", "is_active": "on", **fields}
    return client.post(reverse("admin:notices_subscription_add"), form)


def test_subscription_is_added_in_the_admin_with_a_secret(client, sam):
    log_in(client, sam, "add_subscription", "view_subscription", "change_subscription")
    response = add(client, url="https://shop.example/hooks")
    assert response.status_code == 302
    subscription = Subscription.objects.get()
    page = reverse("admin:notices_subscription_change", args=[subscription.pk])
    assert subscription.secret.startswith("whsec_")
    assert subscription.secret in client.get(page).content.decode()
    log_in(client, sam, "view_subscription")
    assert subscription.secret not in client.get(page).content.decode()


@pytest.mark.parametrize(
    "url",
    [
        *("", "http://shop.example/", "ftp://shop.example/", "https://", "file:///etc/passwd"),
        *("https://user:password@shop.example/", "http://127.0.0.1.example/", "https://shop.example:x/"),
        *("http://169.254.169.254/latest/", "//shop.example/"),
    ],
)
def test_url_that_is_not_https_is_refused(client, sam, url):
    log_in(client, sam, "add_subscription")
    assert add(client, url=url).status_code == 200
    assert not Subscription.objects.exists()


@pytest.mark.parametrize(
    "url",
    [
        *("https://shop example/", "https://shop.example/my hooks", "https://shop.example/\r\nX: 1"),
        *("https://shop.example/h\u00f6rer", "https://shop.example/?q=\u00f6", "https://shop..example/"),
        "https://shop.example/\x7f",
    ],
)
def test_url_that_http_cannot_send_is_refused(client, sam, url):
    """Each notice would fail for three days."""
    log_in(client, sam, "add_subscription")
    assert "Percent-encode" in add(client, url=url).content.decode()
    assert not Subscription.objects.exists()


def test_host_of_a_webhook_may_have_letters_of_any_script(client, sam):
    log_in(client, sam, "add_subscription")
    assert add(client, url="https://h\u00f6rer.example/h%C3%B6rer?q=%20#x").status_code == 302


def test_http_on_this_machine_is_allowed_only_without_https(client, sam, receiver):
    log_in(client, sam, "add_subscription")
    with override_settings(HTTPS=True):
        assert add(client, url=receiver.url).status_code == 200
    assert add(client, url=receiver.url).status_code == 302


def test_only_staff_with_the_permission_add_subscriptions(client, sam):
    log_in(client, sam, "view_subscription")
    assert add(client, url="https://shop.example/hooks").status_code == 403


def test_last_subscription_that_is_deleted_in_the_admin_turns_recording_off(client, sam, sell):
    log_in(client, sam, "delete_subscription", "view_subscription")
    sell(2)
    deliver()
    form = {"action": "delete_selected", "_selected_action": [Subscription.objects.get().pk]}
    page = reverse("admin:notices_subscription_changelist")
    assert "Deliveries: 2" in client.post(page, form).content.decode()
    client.post(page, form | {"post": "yes"})
    assert not Subscription.objects.exists()
    sell()
    assert Notice.objects.count() == 2


def test_mail_is_refused_without_a_mail_server(client, sam):
    log_in(client, sam, "add_subscription")
    assert "Set EMAIL_URL first" in add(client, kind="mail").content.decode()
    with override_settings(PASSWORD_RESET=True):
        assert add(client, kind="mail").status_code == 302
