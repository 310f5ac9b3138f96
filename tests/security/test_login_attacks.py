"""Attacks on the login: finding out which accounts exist, and guessing passwords."""

import time
from collections import Counter
from functools import partial

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.hashers import Argon2PasswordHasher, make_password
from django.core.cache import caches
from django.test import RequestFactory

from cinema.auth.throttles import FailedLoginThrottle
from cinema.auth.usernames import normalize_username
from tests.assertions import assert_problem
from tests.concurrency import run_concurrently
from tests.live_server import Server

pytestmark = pytest.mark.django_db
PASSWORD = "plum-tart-42"


@pytest.fixture
def accounts(db):
    """One account of each kind: active, inactive, staff, and without a usable password."""
    create, password = get_user_model().objects.create, make_password(PASSWORD)
    create(username="alice", password=password)
    create(username="inactive", password=password, is_active=False)
    create(username="sam", password=password, is_staff=True)
    create(username="unusable", password=make_password(None))


@pytest.fixture
def hash_calls(monkeypatch):
    """A list with one entry per computed password hash, which takes nearly all of a login's time."""
    calls = []
    for name in ("encode", "verify"):
        original = getattr(Argon2PasswordHasher, name)

        def count(*args, original=original, **kwargs):
            calls.append(1)
            return original(*args, **kwargs)

        monkeypatch.setattr(Argon2PasswordHasher, name, count)
    return calls


# --- Account enumeration ---------------------------------------------------------------


@pytest.mark.parametrize("username", ["alice", "inactive", "sam", "unusable", "missing"])
@pytest.mark.parametrize("path", ["/login", "/admin/login/"])
def test_wrong_password_costs_one_hash_for_every_kind_of_account(accounts, client, hash_calls, username, path):
    """Counts hashes, because a measured time would differ between machines."""
    client.post(path, {"username": username, "password": "wrong"})
    assert len(hash_calls) == 1


@pytest.mark.parametrize("username", ["alice", "inactive", "sam", "unusable", "missing"])
def test_password_that_is_not_normalized_costs_two_hashes_for_every_kind_of_account(
    accounts, client, hash_calls, username
):
    """One for each spelling of which the stored hash may have been made."""
    client.post("/login", {"username": username, "password": "Gro\u0308\u00dfe"})
    assert len(hash_calls) == 2


@pytest.mark.parametrize("username", ["inactive", "sam", "unusable", "missing"])
def test_wrong_password_gets_the_same_response_for_every_kind_of_account(accounts, anyone, username):
    responses = [anyone.post("/login", {"username": name, "password": "wrong"}) for name in ("alice", username)]
    first, second = ({**response.json(), "request_id": ""} for response in responses)
    assert first == second
    assert responses[0].headers.keys() == responses[1].headers.keys()


def test_correct_password_of_an_inactive_account_gets_the_response_to_a_wrong_one(accounts, anyone):
    correct = anyone.post("/login", {"username": "inactive", "password": PASSWORD})
    wrong = anyone.post("/login", {"username": "inactive", "password": "wrong"})
    assert correct.json() | {"request_id": ""} == wrong.json() | {"request_id": ""}


@pytest.mark.parametrize("username", ["alice", "missing"])
def test_throttle_treats_existing_and_missing_accounts_alike(accounts, anyone, throttle, username):
    throttle("login", "2/min")
    body = {"username": username, "password": "wrong"}
    codes = [anyone.post("/login", body).json()["code"] for _ in range(3)]
    assert codes == ["no_active_account", "no_active_account", "throttled"]


# --- Expensive input -------------------------------------------------------------------


def test_username_of_megabytes_is_truncated_before_normalization(anyone):
    """NFKC turns this character into 18. Normalizing a whole body of them once took seconds."""
    assert len(normalize_username("\ufdfa" * 800_000)) == 18_000
    assert_problem(
        anyone.post("/login", {"username": "\ufdfa" * 200_000, "password": "x"}), 401, "no_active_account"
    )


def test_password_of_megabytes_takes_no_longer_than_a_short_one(real_password_hasher, accounts, anyone):
    def cpu_seconds(password):
        start = time.process_time()
        assert anyone.post("/login", {"username": "alice", "password": password}).status_code == 401
        return time.process_time() - start

    assert cpu_seconds("x" * 2_500_000) < cpu_seconds("x") + 1


# --- Password guessing -----------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_concurrent_failed_logins_are_all_counted(throttle):
    throttle("login", "20/min")
    request = RequestFactory().post("/login")
    count = FailedLoginThrottle().count
    run_concurrently([lambda: FailedLoginThrottle().count(request, "alice")] * 8)
    count(request, "alice")
    counter = FailedLoginThrottle()
    assert counter.seconds_to_wait(request, "alice") == 0
    assert len(counter.history) == 9
    caches["shared"].clear()


@pytest.mark.django_db(transaction=True)
@pytest.mark.slow
def test_worker_processes_share_one_count_of_failed_logins():
    """Attempts that run at the same time may exceed the rate, which are at most 4 threads per worker."""
    rate, workers = 3, 2
    with Server(workers=workers, THROTTLE_LOGIN=f"{rate}/hour") as server:
        attempt = partial(server.call, "POST", "/login", {"username": "alice", "password": "wrong"})
        responses = run_concurrently([attempt] * 40)
        later = run_concurrently([attempt] * 5)
    codes = Counter(response.code for response in responses)
    assert set(codes) == {"no_active_account", "throttled"}
    assert rate <= codes["no_active_account"] <= rate + 4 * workers
    assert {response.code for response in later} == {"throttled"}
    assert all(0 < int(response.headers["Retry-After"]) <= 3600 for response in later)


@pytest.mark.parametrize("proxies", [0, 1, 2])
def test_forged_forwarded_for_header_does_not_evade_the_throttle(anyone, throttle, settings, proxies):
    """The addresses that a client sends in `X-Forwarded-For` come before those that the proxies append."""
    settings.REST_FRAMEWORK = settings.REST_FRAMEWORK | {"NUM_PROXIES": proxies}
    throttle("login", "3/min")
    appended = ["198.51.100.7", "10.0.0.1"][:proxies]

    def attempt(forged, *proxy_addresses):
        forwarded = ", ".join([*forged, *proxy_addresses])
        body = {"username": "alice", "password": "wrong"}
        return anyone.post("/login", body, headers={"X-Forwarded-For": forwarded} if forwarded else {})

    forgeries = [["192.0.2.1"], ["192.0.2.2", "192.0.2.3"], ["198.51.100.7"], ["x" * 1000], [""] * 9]
    codes = [attempt(forged, *appended).json()["code"] for forged in forgeries]
    assert codes == ["no_active_account"] * 3 + ["throttled"] * 2
    if proxies:
        other_client = ["203.0.113.9", *appended[1:]]
        assert attempt([], *other_client).json()["code"] == "no_active_account"
