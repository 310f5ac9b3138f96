"""`GET`, `PATCH` and `DELETE /me`."""

import json
from datetime import timedelta

import pytest
from django.contrib.auth import get_user_model
from django.utils import timezone

from cinema.auth.models import FoldedUser
from cinema.seats.booking import services
from cinema.seats.models import Booking
from cinema.shows.models import Show
from tests.assertions import assert_consistent, assert_invalid, assert_problem
from tests.conftest import Caller
from tests.factories import BookingFactory, ShowFactory

PASSWORD = "plum-tart-42"

pytestmark = pytest.mark.django_db


@pytest.fixture
def alice(db):
    return get_user_model().objects.create_user("alice", "alice@example.com", PASSWORD)


def delete(client, password=PASSWORD, **kwargs):
    return client.delete("/me", json.dumps({"password": password}), content_type="application/json", **kwargs)


def test_get_returns_the_own_account(as_alice, alice, as_staff):
    account = {"id": alice.pk, "username": "alice", "email": "alice@example.com", "is_staff": False}
    assert as_alice.get("/me").json() == as_alice.get("/me/").json() == account
    assert as_staff.get("/me").json()["is_staff"] is True


@pytest.mark.parametrize("method", ["get", "patch", "delete"])
def test_me_requires_a_token(anyone, method):
    assert_problem(getattr(anyone, method)("/me"), 401, "not_authenticated")


def test_put_is_not_allowed(as_alice):
    assert_problem(as_alice.put("/me", {"email": "a@example.com"}, format="json"), 405, "method_not_allowed")


# --- PATCH -----------------------------------------------------------------------------


@pytest.mark.parametrize("email", ["new@example.com", ""])
def test_patch_changes_the_email_address(as_alice, alice, email):
    assert as_alice.patch("/me", {"email": email}).json()["email"] == email
    assert as_alice.get("/me").json()["email"] == email
    assert FoldedUser.objects.get(user=alice).search.strip() == f"alice   {email}".strip()


def test_patch_ignores_all_other_fields(as_alice, alice):
    body = {"id": 7, "username": "eve", "is_staff": True, "is_superuser": True, "password": "x", "nope": 1}
    response = as_alice.patch("/me", body)
    assert response.status_code == 200
    assert response.json() == as_alice.get("/me").json()
    stored = get_user_model().objects.get(pk=alice.pk)
    for name in ("username", "is_staff", "is_superuser", "password"):
        assert getattr(stored, name) == getattr(alice, name)


@pytest.mark.parametrize("email", ["x", "a@b", "a\x00@example.com", None, 7, ["a@b.de"], "x" * 250 + "@a.de"])
def test_invalid_email_address_is_rejected(as_alice, email):
    assert_invalid(as_alice.patch("/me", {"email": email}), "email")


# --- DELETE ----------------------------------------------------------------------------


def test_delete_cancels_upcoming_bookings_ends_holds_and_keeps_other_bookings_without_a_name(
    as_alice, alice, as_bob, show
):
    past = BookingFactory(user=alice, show=ShowFactory(), seat_number=3)
    Show.objects.filter(pk=past.show_id).update(date_time=timezone.now() - timedelta(seconds=1))
    upcoming = BookingFactory(user=alice, show=show, seat_number=5)
    services.hold_seats(user_id=alice.pk, show_id=show.pk, seat_numbers=[1, 2])

    assert delete(as_alice).status_code == 204

    assert not get_user_model().objects.filter(username="alice").exists()
    bookings = dict(Booking.objects.filter(user=None).values_list("pk", "status"))
    assert bookings == {past.pk: "booked", upcoming.pk: "cancelled"}
    for number in (1, 2, 5):
        assert as_bob.post(f"/shows/{show.pk}/book/", {"seat_number": number}).status_code == 201
    assert_consistent()


def test_tokens_of_a_deleted_account_end_immediately(as_alice, anyone, show):
    tokens = anyone.post("/login", {"username": "alice", "password": PASSWORD}).json()
    delete(as_alice)
    assert_problem(as_alice.get("/me"), 401, "token_not_valid")
    assert_problem(as_alice.post(f"/shows/{show.pk}/book/", {"seat_number": 1}), 401, "token_not_valid")
    assert_problem(anyone.post("/login/refresh", {"refresh": tokens["refresh"]}), 401, "token_not_valid")
    login = anyone.post("/login", {"username": "alice", "password": PASSWORD})
    assert_problem(login, 401, "no_active_account")


def test_name_of_a_deleted_account_can_be_used_again_and_has_no_bookings(as_alice, alice, anyone, show):
    BookingFactory(user=alice, show=show)
    delete(as_alice)
    new = anyone.post("/signup", {"username": "alice", "password": PASSWORD}).json()
    as_new = Caller(get_user_model().objects.get(pk=new["id"]))
    assert as_new.get("/my-bookings/").json()["count"] == 0


@pytest.mark.parametrize("body", [{}, *({"password": wrong} for wrong in ("wrong", "", None, 7))])
def test_delete_without_the_right_password_changes_nothing(as_alice, alice, show, body):
    BookingFactory(user=alice, show=show)
    response = as_alice.delete("/me", json.dumps(body), content_type="application/json")
    assert_invalid(response, "password")
    assert get_user_model().objects.filter(pk=alice.pk).exists()
    assert Booking.objects.live().count() == 1


def test_wrong_passwords_are_throttled_together_with_failed_logins(as_alice, anyone, throttle):
    throttle("login", "3/min")
    anyone.post("/login", {"username": "alice", "password": "wrong"})
    for _ in range(2):
        assert_invalid(delete(as_alice, "wrong"), "password")
    assert_problem(delete(as_alice), 429, "throttled")
    assert_problem(anyone.post("/login", {"username": "alice", "password": PASSWORD}), 429, "throttled")
    assert as_alice.get("/me").status_code == 200
    assert delete(as_alice, REMOTE_ADDR="192.0.2.7").status_code == 204


def test_superuser_is_not_deleted(as_alice, alice):
    alice.is_superuser = True
    alice.save()
    assert_problem(delete(as_alice), 409, "is_superuser")
    assert get_user_model().objects.filter(pk=alice.pk).exists()


def test_staff_can_delete_their_account(as_alice, alice):
    alice.is_staff = True
    alice.save()
    assert delete(as_alice).status_code == 204
