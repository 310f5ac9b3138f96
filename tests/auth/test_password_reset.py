"""`POST /password/forgotten` and `POST /password/reset`: mails with links, and their tokens."""

import re
import socket
import time
from collections import Counter
from datetime import datetime, timedelta
from functools import partial

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.tokens import PasswordResetTokenGenerator
from django.core import mail
from django.db import connection
from django.test.utils import CaptureQueriesContext

from cinema.auth import reset_mail
from cinema.auth.reset_mail import MAX_ACCOUNTS, reset_token
from tests.assertions import assert_invalid, assert_problem
from tests.concurrency import run_concurrently

OLD, NEW = "plum-tart-42", "pear-tart-43"
EMAIL = "alice@example.com"
User = get_user_model()

# A thread with its own database connection sends the mails, so it must see committed rows.
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def alice(db):
    return User.objects.create_user("alice", EMAIL, OLD)


def forget(client, email=EMAIL, **kwargs):
    """Asks for mails. Returns the response and the mails that were sent."""
    before = len(mail.outbox)
    response = client.post("/password/forgotten", {"email": email}, **kwargs)
    reset_mail.sender.submit(lambda: None).result(30)  # The thread sends one mail after the other.
    return response, mail.outbox[before:]


def reset(client, token, new=NEW):
    return client.post("/password/reset", {"token": token, "new_password": new})


def log_in(client, password, username="alice"):
    return client.post("/login", {"username": username, "password": password})


def token_in(message):
    return re.search(r"#/password/(\S+)", message.body)[1]


# --- POST /password/forgotten ----------------------------------------------------------


def test_mail_has_a_link_to_the_page_whose_token_resets_the_password(alice, anyone):
    response, (message,) = forget(anyone)
    assert response.status_code == 202
    assert (message.to, message.subject) == ([EMAIL], "Cinema: choose a new password")
    assert "account alice" in message.body
    assert f"http://testserver/#/password/{token_in(message)}\n" in message.body
    assert not message.alternatives
    assert reset(anyone, token_in(message)).status_code == 204
    assert_problem(log_in(anyone, OLD), 401, "no_active_account")
    assert log_in(anyone, NEW).status_code == 200


def test_answer_and_work_are_the_same_for_every_address(alice, anyone):
    User.objects.create_user("inactive", "inactive@example.com", OLD, is_active=False)
    User.objects.create_user("unusable", "unusable@example.com")
    User.objects.create_user("without-email", password=OLD)
    answers, statements = [], []
    for name in ("nobody", "alice", "inactive", "unusable"):
        with CaptureQueriesContext(connection) as queries:
            response, messages = forget(anyone, f"{name}@example.com")
        answers.append((response.status_code, response.content, frozenset({*response.headers})))
        statements.append([re.sub(r"\W.*", "", query["sql"]) for query in queries])
        assert len(messages) == (name == "alice")
    assert answers[0][0] == 202
    assert len(set(answers)) == 1
    assert statements == statements[:1] * 4


def test_answer_does_not_wait_for_the_mail_server(alice, anyone, settings):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = silent.getsockname()
        settings.EMAIL_TIMEOUT = 30
        assert anyone.post("/password/forgotten", {"email": EMAIL}).status_code == 202
        silent.settimeout(30)
        client, _ = silent.accept()
        client.setblocking(False)
        # The sender still waits for the server's first line. If it had given up, this would return b"".
        with client, pytest.raises(BlockingIOError):
            client.recv(1)
        reset_mail.sender.submit(lambda: None).result(30)


def test_each_active_account_with_the_address_gets_a_mail(alice, anyone):
    User.objects.create_user("bob", EMAIL.upper(), OLD)
    User.objects.create_user("carol", EMAIL, OLD, is_active=False)
    _, messages = forget(anyone, "Alice@Example.com")
    assert {re.search("account (.+) at", message.body)[1] for message in messages} == {"alice", "bob"}
    assert {message.to[0].lower() for message in messages} == {EMAIL}


def test_mail_goes_only_to_the_address_of_the_account(alice, anyone):
    """PostgreSQL's UPPER makes the dotless i and i the same letter, and so may mail servers."""
    alice.email = "mike@example.org"
    alice.save()
    assert forget(anyone, "m\u0131ke@example.org")[1] == []


def test_many_accounts_with_one_address_get_a_limited_number_of_mails(anyone):
    for number in range(MAX_ACCOUNTS + 2):
        User.objects.create_user(f"user{number}", EMAIL, OLD)
    assert len(forget(anyone)[1]) == MAX_ACCOUNTS


@pytest.mark.parametrize("email", ["", "x", None, 7, ["a@b.de"], "a\x00@example.com", "x" * 250 + "@a.de"])
def test_invalid_address_is_rejected(anyone, email):
    response = anyone.post("/password/forgotten", {"email": email})
    assert_invalid(response, "email")


def test_requests_for_one_address_are_throttled_whether_or_not_it_has_an_account(alice, anyone, throttle):
    throttle("login", "3/min")
    for email in (EMAIL, "nobody@example.com"):
        for number in range(3):
            response, _ = forget(anyone, email, REMOTE_ADDR=f"192.0.2.{number}")
            assert response.status_code == 202
        response, messages = forget(anyone, email.upper())
        assert_problem(response, 429, "throttled")
        assert 0 < int(response["Retry-After"]) <= 60
        assert messages == []
    assert forget(anyone, "other@example.com")[0].status_code == 202


def test_host_that_is_not_listed_gets_no_mail(alice, anyone):
    response, messages = forget(anyone, headers={"Host": "evil.example"})
    assert_problem(response, 400, "bad_request")
    assert messages == []
    _, (message,) = forget(anyone, headers={"X-Forwarded-Host": "evil.example"})
    assert "evil" not in message.body


def test_failing_mail_server_is_logged_without_the_address(alice, anyone, settings, caplog):
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1
    assert forget(anyone)[0].status_code == 202
    (record,) = caplog.records
    assert record.getMessage() == "A mail to reset a password was not sent: ConnectionRefusedError"
    assert EMAIL not in caplog.text


# --- POST /password/reset --------------------------------------------------------------


def test_reset_ends_all_tokens_of_the_user(alice, anyone):
    tokens = log_in(anyone, OLD).json()
    alice.refresh_from_db()
    reset(anyone, reset_token(alice))
    assert_problem(anyone.post("/login/refresh", {"refresh": tokens["refresh"]}), 401, "token_not_valid")
    bearer = f"Bearer {tokens['access']}"
    assert_problem(anyone.get("/me", HTTP_AUTHORIZATION=bearer), 401, "token_not_valid")


def test_token_works_once(alice, anyone):
    token = reset_token(alice)
    assert reset(anyone, token).status_code == 204
    assert_invalid(reset(anyone, token, "fig-tart-44"), "token")
    assert log_in(anyone, NEW).status_code == 200


@pytest.mark.parametrize(("minutes", "is_valid"), [(59, True), (61, False)])
def test_token_expires_after_an_hour(alice, anyone, monkeypatch, minutes, is_valid):
    token = reset_token(alice)
    later = datetime.now() + timedelta(minutes=minutes)  # noqa: DTZ005
    monkeypatch.setattr(PasswordResetTokenGenerator, "_now", lambda self: later)
    assert (reset(anyone, token).status_code == 204) is is_valid


@pytest.mark.parametrize("change", [{"email": "new@example.com"}, {"is_active": False}, {"password": "!"}])
def test_token_ends_when_the_account_changes(alice, anyone, change):
    token = reset_token(alice)
    User.objects.update(**change)
    assert_invalid(reset(anyone, token), "token")


def test_token_ends_at_the_next_login_and_when_the_account_is_deleted(alice, anyone):
    token = reset_token(alice)
    log_in(anyone, OLD)
    assert_invalid(reset(anyone, token), "token")
    alice.refresh_from_db()
    token = reset_token(alice)
    alice.delete()
    assert_invalid(reset(anyone, token), "token")


@pytest.mark.parametrize("forged", ["", "x", "1", "{id}-", "-", "{id}-x-y", "{other}", "{id}\x00", "9" * 300])
def test_forged_token_is_rejected(alice, bob, anyone, forged):
    other = reset_token(bob).replace(str(bob.pk), str(alice.pk), 1)
    assert_invalid(reset(anyone, forged.format(id=alice.pk, other=other)), "token")
    assert log_in(anyone, OLD).status_code == 200


@pytest.mark.parametrize("new", ["short", "alice123", "", None, " " * 8])
def test_weak_new_password_is_rejected_and_the_token_stays_valid(alice, anyone, new):
    token = reset_token(alice)
    assert_invalid(reset(anyone, token, new), "new_password")
    assert reset(anyone, token).status_code == 204


def test_only_one_of_several_concurrent_resets_with_one_token_succeeds(server, alice):
    bodies = [{"token": reset_token(alice), "new_password": f"{NEW}-{number}"} for number in range(6)]
    answers = run_concurrently([partial(server.call, "POST", "/password/reset", body) for body in bodies])
    assert Counter(answer.code or answer.status for answer in answers) == {204: 1, "invalid": 5}
    winner = next(body for body, answer in zip(bodies, answers, strict=True) if answer.status == 204)
    login = {"username": "alice", "password": winner["new_password"]}
    assert server.call("POST", "/login", login).status == 200


def test_real_server_sends_the_mail_to_where_email_url_says(server_with, alice, tmp_path):
    server = server_with(workers=1, EMAIL_URL=f"file:///{tmp_path}?_default_from_email=tickets@cinema.example")
    assert server.call("POST", "/password/forgotten", {"email": EMAIL}).status == 202
    deadline = time.monotonic() + 20
    while not (files := list(tmp_path.iterdir())) or "#/password/" not in files[0].read_text():
        assert time.monotonic() < deadline
        time.sleep(0.05)
    text = files[0].read_text()
    assert "From: tickets@cinema.example" in text
    token = re.search(rf"{server.url}/#/password/(\S+)", text)[1]
    reset = {"token": token, "new_password": NEW}
    assert server.call("POST", "/password/reset", reset).status == 204


def test_config_says_whether_passwords_can_be_reset_by_mail(anyone, settings):
    """Without EMAIL_URL, as in tests, visitors can't read where mails go."""
    assert anyone.get("/config/").json()["password_reset"] is False
    settings.PASSWORD_RESET = True
    assert anyone.get("/config/").json()["password_reset"] is True
