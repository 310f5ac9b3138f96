import pytest
from rest_framework_simplejwt.tokens import RefreshToken

from tests.assertions import assert_invalid, assert_problem
from tests.conftest import Caller


@pytest.fixture
def refresh(alice):
    return str(RefreshToken.for_user(alice))


def test_it_gives_a_new_pair_and_refuses_the_old_token(anyone, refresh):
    response = anyone.post("/login/refresh", {"refresh": refresh})

    assert response.status_code == 200
    assert set(response.json()) == {"access", "refresh"}
    assert response.json()["refresh"] != refresh
    assert_problem(anyone.post("/login/refresh", {"refresh": refresh}), 401, "token_not_valid")
    assert anyone.post("/login/refresh", {"refresh": response.json()["refresh"]}).status_code == 200


@pytest.mark.parametrize("gone", ["deleted", "inactive", "password changed"])
def test_the_token_of_a_user_who_is_gone_is_refused(anyone, alice, refresh, gone):
    if gone == "deleted":
        alice.delete()
    elif gone == "inactive":
        alice.is_active = False
        alice.save()
    else:
        alice.set_password("another-tart-43")
        alice.save()
    assert_problem(anyone.post("/login/refresh", {"refresh": refresh}), 401, "token_not_valid")


def test_an_access_token_is_no_refresh_token(anyone, alice, refresh):
    access = str(RefreshToken(refresh).access_token)
    assert_problem(anyone.post("/login/refresh", {"refresh": access}), 401, "token_not_valid")


@pytest.mark.parametrize("token", ["x", "a.b.c", "\ud800", "a\x00"])
def test_nonsense_is_refused(anyone, db, token):
    response = anyone.post("/login/refresh", {"refresh": token})
    assert response.status_code in (400, 401)


def test_a_missing_token_is_invalid(anyone, db):
    assert_invalid(anyone.post("/login/refresh", {}), "refresh")


def test_logging_out_ends_the_refresh_token(anyone, as_alice, refresh):
    response = as_alice.post("/logout", {"refresh": refresh})

    assert response.status_code == 204
    assert response.content == b""
    assert_problem(anyone.post("/login/refresh", {"refresh": refresh}), 401, "token_not_valid")


def test_nobody_logs_out_another(bob, refresh, anyone):
    assert_problem(Caller(bob).post("/logout", {"refresh": refresh}), 401, "token_not_valid")
    assert anyone.post("/login/refresh", {"refresh": refresh}).status_code == 200


def test_logging_out_needs_both_tokens(anyone, as_alice, refresh):
    assert_problem(anyone.post("/logout", {"refresh": refresh}), 401, "not_authenticated")
    assert_invalid(as_alice.post("/logout", {}), "refresh")
    assert_problem(as_alice.post("/logout", {"refresh": "x"}), 401, "token_not_valid")
