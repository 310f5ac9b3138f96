"""What opens the closed paths, and what does not."""

from datetime import timedelta

import jwt
import pytest
from rest_framework_simplejwt.tokens import AccessToken, RefreshToken

from tests.asserts import assert_problem

CLOSED = [("get", "/my-bookings/"), ("post", "/shows/1/book/"), ("post", "/bookings/1/cancel/")]


def expired(user):
    token = AccessToken.for_user(user)
    token.set_exp(lifetime=-timedelta(seconds=1))
    return str(token)


def unsigned(user):
    return jwt.encode(AccessToken.for_user(user).payload, None, algorithm="none")


def of_another_key(user):
    return jwt.encode(AccessToken.for_user(user).payload, "k" * 40, algorithm="HS256")


def tampered(user):
    head, body, signature = str(AccessToken.for_user(user)).split(".")
    return f"{head}.{body[:-2]}AA.{signature}"


def refresh_as_access(user):
    return str(RefreshToken.for_user(user))


def test_tokens_live_as_long_as_the_readme_says(alice):
    for token, lifetime in ((AccessToken, timedelta(minutes=15)), (RefreshToken, timedelta(days=7))):
        payload = token.for_user(alice).payload
        assert payload["exp"] - payload["iat"] == lifetime.total_seconds()


@pytest.mark.parametrize(("method", "path"), CLOSED)
def test_without_a_token_it_is_closed(anyone, db, method, path):
    response = getattr(anyone, method)(path, {"seat_number": 1})
    assert_problem(response, 401, "not_authenticated")
    assert response["WWW-Authenticate"].startswith("Bearer")


@pytest.mark.parametrize("forge", [expired, unsigned, of_another_key, tampered, refresh_as_access])
@pytest.mark.parametrize(("method", "path"), CLOSED)
def test_a_token_that_is_no_good_is_refused(anyone, alice, method, path, forge):
    response = getattr(anyone, method)(
        path, {"seat_number": 1}, headers={"Authorization": f"Bearer {forge(alice)}"}
    )
    assert_problem(response, 401, "token_not_valid")
    assert response["WWW-Authenticate"].startswith("Bearer")


@pytest.mark.parametrize("header", ["Bearer", "Bearer a b c", "Bearer \xff"])
def test_a_malformed_header_is_refused(anyone, db, header):
    response = anyone.get("/my-bookings/", headers={"Authorization": header})
    assert response.status_code == 401
    assert response.json()["code"] in {"not_authenticated", "token_not_valid"}


@pytest.mark.parametrize("gone", ["deleted", "inactive"])
@pytest.mark.parametrize(("method", "path"), CLOSED)
def test_the_token_of_a_user_who_is_gone_is_refused(as_alice, alice, show, method, path, gone):
    if gone == "deleted":
        alice.delete()
    else:
        alice.is_active = False
        alice.save()
    path = path.replace("/shows/1/", f"/shows/{show.pk}/")
    assert_problem(getattr(as_alice, method)(path, {"seat_number": 1}), 401, "token_not_valid")
    assert not show.seats.taken().exists()


def test_a_changed_password_ends_the_tokens(as_alice, alice):
    alice.set_password("another-tart-43")
    alice.save()
    assert_problem(as_alice.get("/my-bookings/"), 401, "token_not_valid")


@pytest.mark.parametrize(
    "path", ["/movies/", "/movies/{movie}/", "/movies/{movie}/shows/", "/shows/{show}/", "/shows/{show}/seats/"]
)
def test_public_reads_ignore_a_stale_token(anyone, alice, show, path):
    path = path.format(movie=show.movie_id, show=show.pk)
    assert anyone.get(path, headers={"Authorization": f"Bearer {expired(alice)}"}).status_code == 200
