"""What opens the closed paths, and what does not."""

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
from tests.security.calls import closed, public_reads, send

CLOSED = closed()
# The sale asks in its own UPDATE who buys, and only whether they exist and are active.
SALE = [call for call in CLOSED if call.path == "/shows/{show_id}/book/"]


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


def of_another_key(user):
    return jwt.encode(AccessToken.for_user(user).payload, "k" * 40, algorithm="HS256")


def of_another_algorithm(user):
    return jwt.encode(AccessToken.for_user(user).payload, settings.SECRET_KEY, algorithm="HS512")


def signed(head, payload, key):
    """A token by hand, with a head that PyJWT would not write."""
    parts = [json.dumps(part).encode() for part in (head, payload)]
    text = b".".join(base64.urlsafe_b64encode(part).rstrip(b"=") for part in parts)
    signature = hmac.new(key.encode(), text, hashlib.sha256).digest()
    return (text + b"." + base64.urlsafe_b64encode(signature).rstrip(b"=")).decode()


def rs256_in_its_head(user):
    return signed({"typ": "JWT", "alg": "RS256"}, AccessToken.for_user(user).payload, settings.SECRET_KEY)


def none_in_its_head(user):
    return signed({"typ": "JWT", "alg": "nOnE"}, AccessToken.for_user(user).payload, settings.SECRET_KEY)


def with_a_key_of_its_own(user):
    """Heads may name or bring a key (`jwk`, `jku`, `kid`); nobody looks."""
    own = {"kty": "oct", "k": base64.urlsafe_b64encode(b"k" * 40).decode()}
    head = {"typ": "JWT", "alg": "HS256", "jwk": own, "jku": "http://127.0.0.1/", "kid": "../../dev/null"}
    return signed(head, AccessToken.for_user(user).payload, "k" * 40)


def tampered_payload(user):
    head, _, signature = str(AccessToken.for_user(user)).split(".")
    payload = AccessToken.for_user(user).payload | {"user_id": str(user.pk + 1)}
    body = base64.urlsafe_b64encode(json.dumps(payload).encode()).rstrip(b"=").decode()
    return f"{head}.{body}.{signature}"


def tampered_signature(user):
    text, _, signature = str(AccessToken.for_user(user)).rpartition(".")
    return f"{text}.{'B' if signature[0] == 'A' else 'A'}{signature[1:]}"


def refresh_as_access(user):
    return str(RefreshToken.for_user(user))


FORGERIES = [
    *(expired, not_yet_valid, unsigned, without_signature, of_another_key, of_another_algorithm),
    *(rs256_in_its_head, none_in_its_head, with_a_key_of_its_own),
    *(tampered_payload, tampered_signature, refresh_as_access),
]


@pytest.fixture
def booking(alice, show):
    return BookingFactory(user=alice, show=show, seat_number=2)


def refused(response, code="token_not_valid"):
    assert_problem(response, 401, code)
    assert response["WWW-Authenticate"].startswith("Bearer")


def test_the_closed_paths_are_those_one_expects():
    assert {call.path for call in CLOSED} >= {
        *("/my-bookings/", "/shows/{show_id}/book/", "/bookings/{booking_id}/cancel/", "/logout"),
        *("/shows/{show_id}/hold/", "/shows/{show_id}/hold/book/", "/movies/", "/shows/{show_id}/"),
    }
    assert len(SALE) == 1


def test_tokens_live_as_long_as_the_readme_says(alice):
    for token, lifetime in ((AccessToken, timedelta(minutes=15)), (RefreshToken, timedelta(days=7))):
        payload = token.for_user(alice).payload
        assert payload["exp"] - payload["iat"] == lifetime.total_seconds()


@pytest.mark.parametrize("call", CLOSED, ids=str)
def test_without_a_token_it_is_closed(anyone, show, booking, call):
    refused(send(anyone, call, show, booking=booking.pk), "not_authenticated")


@pytest.mark.parametrize("forge", FORGERIES)
@pytest.mark.parametrize("call", CLOSED, ids=str)
def test_a_token_that_is_no_good_is_refused(anyone, alice, show, booking, call, forge):
    refused(send(anyone, call, show, booking=booking.pk, Authorization=f"Bearer {forge(alice)}"))
    assert Booking.objects.get().status == "booked"


@pytest.mark.parametrize("header", ["Bearer", "Bearer a b c", "Bearer \xff", "Basic YWxpY2U6eA==", "Token x"])
def test_a_malformed_header_is_refused(anyone, db, header):
    response = anyone.get("/my-bookings/", headers={"Authorization": header})
    assert response.status_code == 401
    assert response.json()["code"] in {"not_authenticated", "token_not_valid"}


@pytest.mark.parametrize("place", ["?access={}", "?token={}", "?Authorization=Bearer%20{}"])
def test_a_token_in_the_address_opens_nothing(anyone, alice, place):
    """Addresses are logged on the way."""
    refused(anyone.get("/my-bookings/" + place.format(AccessToken.for_user(alice))), "not_authenticated")


def test_nor_does_one_in_a_cookie(anyone, alice):
    token = AccessToken.for_user(alice)
    refused(
        anyone.get("/my-bookings/", headers={"Cookie": f"access={token}; token={token}"}), "not_authenticated"
    )


@pytest.mark.parametrize("gone", ["deleted", "inactive"])
@pytest.mark.parametrize("call", CLOSED, ids=str)
def test_the_token_of_a_user_who_is_gone_is_refused_at_once(bob, show, booking, call, gone):
    caller = Caller(bob)
    if gone == "deleted":
        bob.delete()
    else:
        bob.is_active = False
        bob.save()
    refused(send(caller, call, show, booking=booking.pk))
    assert show.seats.taken().count() == 1
    assert not show.seats.filter(held_by__isnull=False).exists()


@pytest.mark.parametrize("call", CLOSED, ids=str)
def test_a_changed_password_ends_the_tokens_but_for_the_sale(as_alice, alice, show, booking, call):
    alice.set_password("another-tart-43")
    alice.save()
    response = send(as_alice, call, show, booking=booking.pk)
    if call in SALE:
        assert response.status_code == 201
    else:
        refused(response)


def test_the_sale_too_takes_a_token_for_15_minutes_at_most(anyone, alice, show):
    token = AccessToken.for_user(alice)
    alice.set_password("another-tart-43")
    alice.save()
    token.set_exp(from_time=token.current_time, lifetime=-timedelta(seconds=1))
    response = anyone.post(
        f"/shows/{show.pk}/book/", {"seat_number": 1}, headers={"Authorization": f"Bearer {token}"}
    )
    refused(response)


@pytest.mark.parametrize("path", ["/my-bookings/", "/shows/{}/book/"])
def test_a_token_that_was_good_expires_all_the_same(anyone, alice, show, path):
    token = AccessToken.for_user(alice)
    token.set_exp(lifetime=timedelta(seconds=1))
    send = anyone.get if path == "/my-bookings/" else partial(anyone.post, data={"seat_number": 1})
    headers = {"Authorization": f"Bearer {token}"}
    assert send(path.format(show.pk), headers=headers).status_code in {200, 201}
    time.sleep(max(0, token["exp"] - time.time()))
    refused(send(path.format(show.pk), headers=headers))


def test_logging_out_leaves_the_access_token_its_minutes(as_alice, alice):
    """Nothing is looked up to know that it is good: that is its use."""
    assert as_alice.post("/logout", {"refresh": str(RefreshToken.for_user(alice))}).status_code == 204
    assert as_alice.get("/my-bookings/").status_code == 200


def test_who_is_staff_is_asked_anew_each_time(as_staff, sam):
    """Not written into the token."""
    sam.is_staff = False
    sam.save()
    assert_problem(as_staff.post("/movies/", {"title": "A", "duration_minutes": 90}), 403, "permission_denied")


CLAIMS = [
    *("", "abc", "-1", "0", "01", "1e3", "1.0", " 1", "1;", "\u0661", "\x00", "9" * 19),
    *(-1, 0, 1.0, 1.5, True, None, 10**30, 2**63, [1], {"id": 1}),
]


@pytest.mark.parametrize("claim", CLAIMS, ids=repr)
def test_a_user_is_named_in_one_spelling(anyone, alice, show, booking, claim):
    """Such a token has a good signature, and none is known to be made."""
    token = AccessToken.for_user(alice)
    token["user_id"] = claim
    for call in CLOSED:
        refused(send(anyone, call, show, booking=booking.pk, Authorization=f"Bearer {token}"))
    refresh = RefreshToken.for_user(alice)
    refresh["user_id"] = claim
    refused(anyone.post("/login/refresh", {"refresh": str(refresh)}))
    refused(Caller(alice).post("/logout", {"refresh": str(refresh)}))


def test_a_token_that_names_nobody_is_refused(anyone, alice):
    for token in (AccessToken(), RefreshToken()):
        refused(anyone.get("/my-bookings/", headers={"Authorization": f"Bearer {token}"}))
    refused(anyone.post("/login/refresh", {"refresh": str(RefreshToken())}))
    refused(Caller(alice).post("/logout", {"refresh": str(RefreshToken())}))


@pytest.mark.parametrize("call", public_reads(), ids=str)
def test_public_reads_ignore_a_stale_token(anyone, alice, show, call):
    assert send(anyone, call, show, Authorization=f"Bearer {expired(alice)}").status_code == 200


@pytest.mark.parametrize("forge", [forge for forge in FORGERIES if forge is not refresh_as_access])
def test_a_forged_refresh_token_is_refused(anyone, alice, monkeypatch, forge):
    """The same forgeries, of refresh tokens."""
    monkeypatch.setattr(f"{__name__}.AccessToken", RefreshToken)
    refused(anyone.post("/login/refresh", {"refresh": forge(alice)}))


def test_the_database_keeps_no_refresh_token(anyone, alice):
    """Only its id, by which it is refused: a backup opens nothing."""
    from rest_framework_simplejwt.token_blacklist.models import OutstandingToken

    RefreshToken.for_user(alice)
    token = str(RefreshToken.for_user(alice))
    new = anyone.post("/login/refresh", {"refresh": token}).json()["refresh"]
    Caller(alice).post("/logout", {"refresh": new})
    assert OutstandingToken.objects.count() == 3
    assert set(OutstandingToken.objects.values_list("token", flat=True)) == {""}
    refused(anyone.post("/login/refresh", {"refresh": new}))
