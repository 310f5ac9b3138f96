"""Input that is cheap to send but might be expensive to process."""

import json
import time
from contextlib import contextmanager

import pytest

from cinema.seats.halls.plan_json import PlanError, read_json
from cinema.seats.halls.plan_text import read_text
from tests.assertions import assert_problem
from tests.selection import first_by_default


@contextmanager
def max_cpu_seconds(seconds=20):
    """Fails if the block uses more CPU time. Without the limits that are tested here, it would use minutes."""
    start = time.process_time()
    yield
    assert time.process_time() - start < seconds


def json_plan(rows):
    return json.dumps({"name": "A", "zones": [{"rows": rows}]})


# Functions that read a plan and that make one. A test makes its own, because all of them take most of a second,
# and every run that collects this file would wait for them.
VALID_PLANS = {
    "50,000 rows of text": (read_text, lambda: "|.\n" * 50_000),
    "50,000 rows of JSON": (
        read_json,
        lambda: json_plan([{"seats": [{"seat_guid": str(n)}]} for n in range(50_000)]),
    ),
    "50,000 seats with one number": (
        read_json,
        lambda: json_plan(
            [{"row_number": "A", "seats": [{"seat_guid": str(n), "seat_number": 1} for n in range(50_000)]}]
        ),
    ),
}
INVALID_PLANS = {
    "a row of 2,400,000 seats": (read_text, lambda: "A | " + "." * 2_400_000),
    "2,400,000 spaces": (read_text, lambda: "A " + " " * 2_400_000 + "x"),
    "a category name of 1,200,000 words": (read_text, lambda: "seat a: " + "b " * 1_200_000),
    "500,000 errors in text": (read_text, lambda: "x\n" * 500_000),
    "500,000 errors in JSON": (read_json, lambda: json_plan([{"seats": [{}] * 500_000}])),
    "a long key with a long value": (
        read_json,
        lambda: json.dumps({"k" * 1_200_000: [0] * 400_000, "zones": []}),
    ),
    "a number of 2,000,000 digits": (
        read_json,
        lambda: json_plan("1" * 2_000_000).replace('"1', "1").replace('1"', "1"),
    ),
    "1,000,000 nested lists": (read_json, lambda: "[" * 1_000_000),
}


@pytest.mark.parametrize("name", VALID_PLANS)
@pytest.mark.slow
def test_large_valid_plan_is_read_within_seconds(name):
    read, make = VALID_PLANS[name]
    text = make()
    with max_cpu_seconds():
        read(text)


@pytest.mark.parametrize("name", first_by_default(INVALID_PLANS))
def test_large_invalid_plan_is_rejected_within_seconds_with_few_short_messages(name):
    read, make = INVALID_PLANS[name]
    text = make()
    with max_cpu_seconds(), pytest.raises(PlanError) as raised:
        read(text)
    assert len(raised.value.faults) <= 21
    assert all(len(fault) < 1000 for fault in raised.value.faults)


@pytest.mark.django_db
@pytest.mark.parametrize("name", first_by_default(INVALID_PLANS))
def test_admin_rejects_large_invalid_plan_within_seconds(admin_client, name):
    _, make = INVALID_PLANS[name]
    form = {"screen_name": "A", "plan": make()}
    with max_cpu_seconds():
        response = admin_client.post("/admin/seats/seatingplan/add/", form)
    assert response.status_code in {200, 413}


INVALID_BODIES = {
    "400,000 nested lists": lambda: '{"username": ' + "[" * 400_000 + "]" * 400_000 + "}",
    "300,000 nested objects": lambda: '{"a":' * 300_000 + "1" + "}" * 300_000,
    "an integer of 2,400,000 digits": lambda: '{"seat_number": ' + "9" * 2_400_000 + "}",
    "a float of 2,400,000 digits": lambda: '{"seat_number": 0.' + "9" * 2_400_000 + "}",
    "150,000 fields": lambda: json.dumps({f"f{number}": 1 for number in range(150_000)}),
    "800,000 seats": lambda: json.dumps({"seat_numbers": [1] * 800_000}),
    "a text of 2,400,000 characters": lambda: json.dumps(
        {"username": "a" * 2_400_000, "seat_number": "9" * 10}
    ),
}


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/signup", "/login", "/shows/{}/book/", "/shows/{}/hold/"])
@pytest.mark.parametrize("name", first_by_default(INVALID_BODIES))
def test_large_invalid_body_is_rejected_within_seconds(as_alice, show, path, name):
    method = as_alice.put if "hold" in path else as_alice.post
    body = INVALID_BODIES[name]()
    with max_cpu_seconds():
        response = method(path.format(show.pk), body, content_type="application/json")
    assert response.status_code == 400
    assert len(response.content) < 20_000


@pytest.mark.django_db
def test_large_invalid_email_is_rejected_within_seconds(anyone):
    for email in ("a@" + "a." * 1_000_000, "a" * 2_000_000 + "@", '"' * 1_000_000 + "@a.example"):
        with max_cpu_seconds():
            body = {"username": "alice", "password": "plum-tart-42", "email": email}
            assert_problem(anyone.post("/signup", body), 400, "invalid")
