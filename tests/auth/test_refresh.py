"""`POST /login/refresh` and `POST /logout`."""

import pytest
from rest_framework_simplejwt.tokens import RefreshToken

from tests.assertions import assert_invalid, assert_problem
from tests.conftest import Caller


@pytest.fixture
def refresh(alice):
    return str(RefreshToken.for_user(alice))


def test_refresh_returns_a_new_pair_and_the_old_token_is_rejected(anyone, refresh):
    response = anyone.post("/login/refresh", {"refresh": refresh})

    assert response.status_code == 200
    assert set(response.json()) == {"access", "refresh"}
    assert response.json()["refresh"] != refresh
    assert_problem(anyone.post("/login/refresh", {"refresh": refresh}), 401, "token_not_valid")
    assert anyone.post("/login/refresh", {"refresh": response.json()["refresh"]}).status_code == 200


@pytest.mark.parametrize("change", ["deleted", "inactive", "password changed"])
def test_refresh_token_is_rejected_after_a_change_of_its_user(anyone, alice, refresh, change):
    if change == "deleted":
        alice.delete()
    elif change == "inactive":
        alice.is_active = False
        alice.save()
    else:
        alice.set_password("another-tart-43")
        alice.save()
    assert_problem(anyone.post("/login/refresh", {"refresh": refresh}), 401, "token_not_valid")


def test_access_token_is_rejected_as_a_refresh_token(anyone, alice, refresh):
    access = str(RefreshToken(refresh).access_token)
    assert_problem(anyone.post("/login/refresh", {"refresh": access}), 401, "token_not_valid")


@pytest.mark.parametrize("token", ["x", "a.b.c", "\ud800", "a\x00"])
def test_malformed_refresh_token_is_rejected(anyone, db, token):
    response = anyone.post("/login/refresh", {"refresh": token})
    assert response.status_code in (400, 401)


def test_missing_refresh_token_is_invalid(anyone, db):
    assert_invalid(anyone.post("/login/refresh", {}), "refresh")


def test_logout_revokes_the_refresh_token(anyone, as_alice, refresh):
    response = as_alice.post("/logout", {"refresh": refresh})

    assert response.status_code == 204
    assert response.content == b""
    assert_problem(anyone.post("/login/refresh", {"refresh": refresh}), 401, "token_not_valid")


def test_refresh_token_of_another_user_is_not_revoked(bob, refresh, anyone):
    assert_problem(Caller(bob).post("/logout", {"refresh": refresh}), 401, "token_not_valid")
    assert anyone.post("/login/refresh", {"refresh": refresh}).status_code == 200


def test_logout_needs_an_access_and_a_refresh_token(anyone, as_alice, refresh):
    assert_problem(anyone.post("/logout", {"refresh": refresh}), 401, "not_authenticated")
    assert_invalid(as_alice.post("/logout", {}), "refresh")
    assert_problem(as_alice.post("/logout", {"refresh": "x"}), 401, "token_not_valid")
