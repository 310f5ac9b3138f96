"""Users in the admin."""

import pytest
from django.urls import reverse

pytestmark = pytest.mark.django_db


def rename(client, user, name):
    form = {
        "username": name,
        "date_joined_0": "2026-01-01",
        "date_joined_1": "00:00:00",
        "is_active": "on",
    }
    return client.post(reverse("admin:auth_user_change", args=[user.pk]), form)


def test_user_can_be_renamed_to_an_available_name_or_to_another_letter_case(admin_client, alice):
    for name in ("Alice", "carol"):
        assert rename(admin_client, alice, name).status_code == 302
        alice.refresh_from_db()
        assert alice.username == name
