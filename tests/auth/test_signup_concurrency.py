"""Concurrent signups and token refreshes on the real server."""

from collections import Counter
from functools import partial

import pytest

from tests.concurrency import run_concurrently

pytestmark = pytest.mark.django_db(transaction=True)


def codes(answers):
    return Counter(answer.status if answer.status < 400 else answer.code for answer in answers)


def test_8_concurrent_signups_with_one_username_create_one_account(server):
    names = ["carol", "Carol", "CAROL", "carol"] * 2
    answers = run_concurrently(
        [
            partial(server.call, "POST", "/signup", {"username": name, "password": "plum-tart-42"})
            for name in names
        ]
    )
    assert codes(answers) == {201: 1, "invalid": 7}


def test_10_concurrent_refreshes_of_one_token_return_one_pair(server, alice):
    from rest_framework_simplejwt.tokens import RefreshToken

    refresh = str(RefreshToken.for_user(alice))
    answers = run_concurrently([partial(server.call, "POST", "/login/refresh", {"refresh": refresh})] * 10)
    assert codes(answers) == {200: 1, "token_not_valid": 9}
