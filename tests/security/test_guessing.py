"""Who has an account, and with which password: what can be found out by trying."""

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
    """As different as accounts can be to somebody who does not know the password."""
    create, password = get_user_model().objects.create, make_password(PASSWORD)
    create(username="alice", password=password)
    create(username="gone", password=password, is_active=False)
    create(username="sam", password=password, is_staff=True)
    create(username="nologin", password=make_password(None))  # Without a password that could be right.


@pytest.fixture
def hashes(monkeypatch):
    """How many passwords were hashed: what makes up all of a log-in's time."""
    done = []
    for name in ("encode", "verify"):
        was = getattr(Argon2PasswordHasher, name)
        monkeypatch.setattr(Argon2PasswordHasher, name, lambda *a, was=was, **k: done.append(1) or was(*a, **k))
    return done


@pytest.mark.parametrize("name", ["alice", "gone", "sam", "nologin", "nobody"])
@pytest.mark.parametrize("door", ["/login", "/admin/login/"])
def test_a_wrong_password_costs_one_hash_whoever_it_is(
    real_password_hasher, accounts, client, hashes, name, door
):
    """Work is counted, for a clock would say something else on every machine."""
    client.post(door, {"username": name, "password": "wrong"})
    assert len(hashes) == 1


@pytest.mark.parametrize("name", ["gone", "sam", "nologin", "nobody"])
def test_a_wrong_password_is_answered_in_the_same_words_whoever_it_is(accounts, anyone, name):
    answers = [anyone.post("/login", {"username": who, "password": "wrong"}) for who in ("alice", name)]
    first, other = ({**answer.json(), "request_id": ""} for answer in answers)
    assert first == other
    assert answers[0].headers.keys() == answers[1].headers.keys()


def test_nor_does_the_right_password_of_a_closed_account_tell(accounts, anyone):
    right = anyone.post("/login", {"username": "gone", "password": PASSWORD})
    wrong = anyone.post("/login", {"username": "gone", "password": "wrong"})
    assert right.json() | {"request_id": ""} == wrong.json() | {"request_id": ""}


@pytest.mark.parametrize("name", ["alice", "nobody"])
def test_the_limit_tells_nothing_either(accounts, anyone, throttle, name):
    throttle("login", "2/min")
    codes = [anyone.post("/login", {"username": name, "password": "wrong"}).json()["code"] for _ in range(3)]
    assert codes == ["no_active_account", "no_active_account", "throttled"]


def test_a_name_of_megabytes_costs_no_more_than_another(anyone):
    """Unicode's normal form of this sign is eighteen; of a body full of it, it took seconds."""
    assert len(normalize_username("\ufdfa" * 800_000)) == 18_000
    assert_problem(
        anyone.post("/login", {"username": "\ufdfa" * 200_000, "password": "x"}), 401, "no_active_account"
    )


def test_a_password_of_megabytes_is_hashed_as_quickly_as_another(real_password_hasher, accounts, anyone):
    def seconds(password):
        began = time.process_time()
        assert anyone.post("/login", {"username": "alice", "password": password}).status_code == 401
        return time.process_time() - began

    assert seconds("x" * 2_500_000) < seconds("x") + 1


# --- Many tries ------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_failures_at_once_never_count_as_one(throttle):
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
def test_many_workers_and_threads_share_one_count():
    """Beyond the rate passes at most what is under way at once: 4 threads a worker."""
    rate, workers = 3, 2
    with Server(workers=workers, THROTTLE_LOGIN=f"{rate}/min") as server:
        attempt = partial(server.call, "POST", "/login", {"username": "alice", "password": "wrong"})
        answers = run_concurrently([attempt] * 40)
        later = run_concurrently([attempt] * 5)
    codes = Counter(answer.code for answer in answers)
    assert set(codes) == {"no_active_account", "throttled"}
    assert rate <= codes["no_active_account"] <= rate + 4 * workers
    assert {answer.code for answer in later} == {"throttled"}
    assert all(0 < int(answer.headers["Retry-After"]) <= 60 for answer in later)


@pytest.mark.parametrize("proxies", [0, 1, 2])
def test_nobody_chooses_the_address_that_is_counted(anyone, throttle, settings, proxies):
    """What a caller writes into `X-Forwarded-For` stands before what the proxies append."""
    settings.REST_FRAMEWORK = settings.REST_FRAMEWORK | {"NUM_PROXIES": proxies}
    throttle("login", "3/min")
    appended = ["198.51.100.7", "10.0.0.1"][:proxies]

    def attempt(forged, *behind):
        forwarded = ", ".join([*forged, *behind])
        body = {"username": "alice", "password": "wrong"}
        return anyone.post("/login", body, headers={"X-Forwarded-For": forwarded} if forwarded else {})

    forgeries = [["192.0.2.1"], ["192.0.2.2", "192.0.2.3"], ["198.51.100.7"], ["x" * 1000], [""] * 9]
    codes = [attempt(forged, *appended).json()["code"] for forged in forgeries]
    assert codes == ["no_active_account"] * 3 + ["throttled"] * 2
    if proxies:
        somebody_else = ["203.0.113.9", *appended[1:]]
        assert attempt([], *somebody_else).json()["code"] == "no_active_account"
