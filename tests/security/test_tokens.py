"""Operations that need a token accept valid access tokens only."""

import base64
import hashlib
import hmac
import json
import time
from datetime import timedelta
from functools import partial

import jwt
import pytest
from django.conf import settings
from rest_framework_simplejwt.tokens import AccessToken, RefreshToken

from cinema.seats.models import Booking
from tests.assertions import assert_problem
from tests.conftest import Caller
from tests.factories import BookingFactory
from tests.security.operations import protected_operations, public_reads, send

PROTECTED = protected_operations()

# --- Invalid tokens --------------------------------------------------------------------


def expired(user):
    token = AccessToken.for_user(user)
    token.set_exp(lifetime=-timedelta(seconds=1))
    return str(token)


def not_yet_valid(user):
    token = AccessToken.for_user(user)
    token["nbf"] = token["iat"] + 3600
    return str(token)


def unsigned(user):
    return jwt.encode(AccessToken.for_user(user).payload, None, algorithm="none")


def without_signature(user):
    return str(AccessToken.for_user(user)).rpartition(".")[0] + "."


def signed_with_another_key(user):
    return jwt.encode(AccessToken.for_user(user).payload, "k" * 40, algorithm="HS256")


def signed_with_another_algorithm(user):
    return jwt.encode(AccessToken.for_user(user).payload, settings.SECRET_KEY, algorithm="HS512")


def sign(header, payload, key):
    """Signs a token with HS256, whatever its header says. PyJWT refuses to do that."""
    parts = [json.dumps(part).encode() for part in (header, payload)]
    text = b".".join(base64.urlsafe_b64encode(part).rstrip(b"=") for part in parts)
    signature = hmac.new(key.encode(), text, hashlib.sha256).digest()
    return (text + b"." + base64.urlsafe_b64encode(signature).rstrip(b"=")).decode()


def rs256_in_its_header(user):
    return sign({"typ": "JWT", "alg": "RS256"}, AccessToken.for_user(user).payload, settings.SECRET_KEY)


def none_in_its_header(user):
    return sign({"typ": "JWT", "alg": "nOnE"}, AccessToken.for_user(user).payload, settings.SECRET_KEY)


def with_its_own_key_in_its_header(user):
    """A header may contain or name a key (`jwk`, `jku`, `kid`), which the server must ignore."""
    key = {"kty": "oct", "k": base64.urlsafe_b64encode(b"k" * 40).decode()}
    header = {"typ": "JWT", "alg": "HS256", "jwk": key, "jku": "http://127.0.0.1/", "kid": "../../dev/null"}
    return sign(header, AccessToken.for_user(user).payload, "k" * 40)


def tampered_payload(user):
    header, _, signature = str(AccessToken.for_user(user)).split(".")
    payload = AccessToken.for_user(user).payload | {"user_id": str(user.pk + 1)}
    body = base64.urlsafe_b64encode(json.dumps(payload).encode()).rstrip(b"=").decode()
    return f"{header}.{body}.{signature}"


def tampered_signature(user):
    text, _, signature = str(AccessToken.for_user(user)).rpartition(".")
    return f"{text}.{'B' if signature[0] == 'A' else 'A'}{signature[1:]}"


def refresh_as_access(user):
    return str(RefreshToken.for_user(user))


INVALID_TOKENS = [
    *(expired, not_yet_valid, unsigned, without_signature),
    *(signed_with_another_key, signed_with_another_algorithm),
    *(rs256_in_its_header, none_in_its_header, with_its_own_key_in_its_header),
    *(tampered_payload, tampered_signature, refresh_as_access),
]


@pytest.fixture
def booking(alice, show):
    return BookingFactory(user=alice, show=show, seat_number=2)


def assert_unauthorized(response, code="token_not_valid"):
    assert_problem(response, 401, code)
    assert response["WWW-Authenticate"].startswith("Bearer")


# --- Tests -----------------------------------------------------------------------------


def test_schema_marks_the_expected_operations_as_protected():
    assert {operation.path for operation in PROTECTED} >= {
        *("/my-bookings/", "/shows/{show_id}/book/", "/bookings/{booking_id}/cancel/", "/logout"),
        *("/shows/{show_id}/hold/", "/shows/{show_id}/hold/book/", "/movies/", "/shows/{show_id}/"),
    }


def test_token_lifetimes_are_15_minutes_and_7_days(alice):
    for token, lifetime in ((AccessToken, timedelta(minutes=15)), (RefreshToken, timedelta(days=7))):
        payload = token.for_user(alice).payload
        assert payload["exp"] - payload["iat"] == lifetime.total_seconds()


@pytest.mark.parametrize("operation", PROTECTED, ids=str)
def test_request_without_a_token_is_rejected(anyone, show, booking, operation):
    assert_unauthorized(send(anyone, operation, show, booking=booking.pk), "not_authenticated")


@pytest.mark.parametrize("invalid_token", INVALID_TOKENS)
@pytest.mark.parametrize("operation", PROTECTED, ids=str)
def test_invalid_token_is_rejected(anyone, alice, show, booking, operation, invalid_token):
    authorization = f"Bearer {invalid_token(alice)}"
    assert_unauthorized(send(anyone, operation, show, booking=booking.pk, Authorization=authorization))
    assert Booking.objects.get().status == "booked"


@pytest.mark.parametrize("header", ["Bearer", "Bearer a b c", "Bearer \xff", "Basic YWxpY2U6eA==", "Token x"])
def test_malformed_authorization_header_is_rejected(anyone, db, header):
    response = anyone.get("/my-bookings/", headers={"Authorization": header})
    assert response.status_code == 401
    assert response.json()["code"] in {"not_authenticated", "token_not_valid"}


@pytest.mark.parametrize("query", ["?access={}", "?token={}", "?Authorization=Bearer%20{}"])
def test_token_in_the_url_does_not_authenticate(anyone, alice, query):
    """Proxies log URLs, so tokens must not be in them."""
    url = "/my-bookings/" + query.format(AccessToken.for_user(alice))
    assert_unauthorized(anyone.get(url), "not_authenticated")


def test_token_in_a_cookie_does_not_authenticate(anyone, alice):
    token = AccessToken.for_user(alice)
    response = anyone.get("/my-bookings/", headers={"Cookie": f"access={token}; token={token}"})
    assert_unauthorized(response, "not_authenticated")


@pytest.mark.parametrize("change", ["deleted", "inactive"])
@pytest.mark.parametrize("operation", PROTECTED, ids=str)
def test_token_of_a_deleted_or_inactive_user_is_rejected_immediately(bob, show, booking, operation, change):
    client = Caller(bob)
    if change == "deleted":
        bob.delete()
    else:
        bob.is_active = False
        bob.save()
    assert_unauthorized(send(client, operation, show, booking=booking.pk))
    assert show.seats.taken().count() == 1
    assert not show.seats.filter(held_by__isnull=False).exists()


@pytest.mark.parametrize("operation", PROTECTED, ids=str)
def test_changed_password_invalidates_tokens(as_alice, alice, show, booking, operation):
    alice.set_password("another-tart-43")
    alice.save()
    assert_unauthorized(send(as_alice, operation, show, booking=booking.pk))


def test_token_that_was_accepted_before_is_rejected_after_it_expires(anyone, alice, show):
    token = AccessToken.for_user(alice)
    # It expires at a whole second, and so after two to three seconds.
    token.set_exp(lifetime=timedelta(seconds=3))
    headers = {"Authorization": f"Bearer {token}"}
    read = partial(anyone.get, "/my-bookings/", headers=headers)
    book = partial(anyone.post, f"/shows/{show.pk}/book/", {"seat_number": 1}, headers=headers)
    assert [read().status_code, book().status_code] == [200, 201]
    time.sleep(max(0, token["exp"] - time.time()))
    assert_unauthorized(read())
    assert_unauthorized(book())


def test_logout_does_not_revoke_the_access_token(as_alice, alice):
    """Access tokens are not looked up anywhere, so they stay valid until they expire."""
    assert as_alice.post("/logout", {"refresh": str(RefreshToken.for_user(alice))}).status_code == 204
    assert as_alice.get("/my-bookings/").status_code == 200


def test_is_staff_is_read_from_the_database_for_each_request(as_staff, sam):
    """It is not part of the token."""
    sam.is_staff = False
    sam.save()
    assert_problem(as_staff.post("/movies/", {"title": "A", "duration_minutes": 90}), 403, "permission_denied")


MALFORMED_USER_IDS = [
    *("", "abc", "-1", "0", "01", "1e3", "1.0", " 1", "1;", "\u0661", "\x00", "9" * 19),
    *(-1, 0, 1.0, 1.5, True, None, 10**30, 2**63, [1], {"id": 1}),
]


@pytest.mark.parametrize("user_id", MALFORMED_USER_IDS, ids=repr)
def test_correctly_signed_token_with_a_malformed_user_id_is_rejected(anyone, alice, show, booking, user_id):
    """The service issues no such token; this is a second line of defense."""
    token = AccessToken.for_user(alice)
    token["user_id"] = user_id
    for operation in PROTECTED:
        authorization = f"Bearer {token}"
        assert_unauthorized(send(anyone, operation, show, booking=booking.pk, Authorization=authorization))
    refresh = RefreshToken.for_user(alice)
    refresh["user_id"] = user_id
    assert_unauthorized(anyone.post("/login/refresh", {"refresh": str(refresh)}))
    assert_unauthorized(Caller(alice).post("/logout", {"refresh": str(refresh)}))


def test_token_without_a_user_id_is_rejected(anyone, alice):
    for token in (AccessToken(), RefreshToken()):
        assert_unauthorized(anyone.get("/my-bookings/", headers={"Authorization": f"Bearer {token}"}))
    assert_unauthorized(anyone.post("/login/refresh", {"refresh": str(RefreshToken())}))
    assert_unauthorized(Caller(alice).post("/logout", {"refresh": str(RefreshToken())}))


@pytest.mark.parametrize("operation", public_reads(), ids=str)
def test_public_reads_ignore_an_expired_token(anyone, alice, show, operation):
    assert send(anyone, operation, show, Authorization=f"Bearer {expired(alice)}").status_code == 200


@pytest.mark.parametrize("invalid_token", [it for it in INVALID_TOKENS if it is not refresh_as_access])
def test_invalid_refresh_token_is_rejected(anyone, alice, monkeypatch, invalid_token):
    # Makes the functions above create refresh tokens.
    monkeypatch.setattr(f"{__name__}.AccessToken", RefreshToken)
    assert_unauthorized(anyone.post("/login/refresh", {"refresh": invalid_token(alice)}))


def test_database_stores_no_refresh_tokens(anyone, alice):
    """It stores only their ids, so a leaked backup contains no usable token."""
    from rest_framework_simplejwt.token_blacklist.models import OutstandingToken

    RefreshToken.for_user(alice)
    token = str(RefreshToken.for_user(alice))
    new = anyone.post("/login/refresh", {"refresh": token}).json()["refresh"]
    Caller(alice).post("/logout", {"refresh": new})
    assert OutstandingToken.objects.count() == 3
    assert set(OutstandingToken.objects.values_list("token", flat=True)) == {""}
    assert_unauthorized(anyone.post("/login/refresh", {"refresh": new}))
