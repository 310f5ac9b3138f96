"""Accounts and tokens wanted by many at once, by the real server."""

from collections import Counter
from functools import partial

import pytest

from tests.concurrency import run_concurrently

pytestmark = pytest.mark.django_db(transaction=True)


def codes(answers):
    return Counter(answer.status if answer.status < 400 else answer.code for answer in answers)


def test_8_signups_of_one_name_make_one_account(server):
    names = ["carol", "Carol", "CAROL", "carol"] * 2
    answers = run_concurrently(
        [
            partial(server.call, "POST", "/signup", {"username": name, "password": "plum-tart-42"})
            for name in names
        ]
    )
    assert codes(answers) == {201: 1, "invalid": 7}


def test_one_refresh_token_many_times_is_one_new_pair(server, alice):
    from rest_framework_simplejwt.tokens import RefreshToken

    refresh = str(RefreshToken.for_user(alice))
    answers = run_concurrently([partial(server.call, "POST", "/login/refresh", {"refresh": refresh})] * 10)
    assert codes(answers) == {200: 1, "token_not_valid": 9}
