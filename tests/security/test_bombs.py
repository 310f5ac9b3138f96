"""What is quickly sent and would take long to read."""

import json
import time
from contextlib import contextmanager

import pytest

from cinema.seats.halls.plan_json import PlanError, read_json
from cinema.seats.halls.plan_text import read_text
from tests.assertions import assert_problem


@contextmanager
def quickly(seconds=8):
    """By the processor's clock. What these tests guard against takes minutes."""
    began = time.process_time()
    yield
    assert time.process_time() - began < seconds


def plan(rows):
    return json.dumps({"name": "A", "zones": [{"rows": rows}]})


GOOD = {
    "very many rows, as text": (read_text, "|.\n" * 50_000),
    "very many rows": (read_json, plan([{"seats": [{"seat_guid": str(n)}]} for n in range(50_000)])),
    "seats of one name": (
        read_json,
        plan([{"row_number": "A", "seats": [{"seat_guid": str(n), "seat_number": 1} for n in range(50_000)]}]),
    ),
}
BAD = {
    "an endless row": (read_text, "A | " + "." * 2_400_000),
    "endless spaces": (read_text, "A " + " " * 2_400_000 + "x"),
    "a kind with an endless name": (read_text, "seat a: " + "b " * 1_200_000),
    "nothing but faults, as text": (read_text, "x\n" * 500_000),
    "nothing but faults": (read_json, plan([{"seats": [{}] * 500_000}])),
    "an endless key, with much in it": (read_json, json.dumps({"k" * 1_200_000: [0] * 400_000, "zones": []})),
    "an endless number": (read_json, plan("1" * 2_000_000).replace('"1', "1").replace('1"', "1")),
    "endless depth": (read_json, "[" * 1_000_000),
}


@pytest.mark.parametrize("name", GOOD)
def test_a_plan_of_the_size_of_a_body_is_read_in_seconds(name):
    read, text = GOOD[name]
    with quickly():
        read(text)


@pytest.mark.parametrize("name", BAD)
def test_or_refused_in_seconds_and_in_few_words(name):
    read, text = BAD[name]
    with quickly(), pytest.raises(PlanError) as refused:
        read(text)
    assert len(refused.value.faults) <= 20
    assert all(len(fault) < 1000 for fault in refused.value.faults)


@pytest.mark.django_db
@pytest.mark.parametrize("name", BAD)
def test_so_it_is_in_the_admin(admin_client, name):
    with quickly(12):
        form = {"screen_name": "A", "plan": BAD[name][1]}
        response = admin_client.post("/admin/seats/seatingplan/add/", form)
    assert response.status_code in {200, 413}


BODIES = {
    "deep lists": '{"username": ' + "[" * 400_000 + "]" * 400_000 + "}",
    "deep objects": '{"a":' * 300_000 + "1" + "}" * 300_000,
    "an endless number": '{"seat_number": ' + "9" * 2_400_000 + "}",
    "an endless float": '{"seat_number": 0.' + "9" * 2_400_000 + "}",
    "very many fields": json.dumps({f"f{number}": 1 for number in range(150_000)}),
    "very many seats": json.dumps({"seat_numbers": [1] * 800_000}),
    "an endless text": json.dumps({"username": "a" * 2_400_000, "seat_number": "9" * 10}),
}


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/signup", "/login", "/shows/{}/book/", "/shows/{}/hold/"])
@pytest.mark.parametrize("name", BODIES)
def test_a_body_that_makes_no_sense_is_refused_in_seconds(as_alice, show, path, name):
    call = as_alice.put if "hold" in path else as_alice.post
    with quickly():
        response = call(path.format(show.pk), BODIES[name], content_type="application/json")
    assert response.status_code == 400
    assert len(response.content) < 20_000


@pytest.mark.django_db
def test_an_email_that_takes_long_to_judge_is_judged_quickly(anyone):
    for address in ("a@" + "a." * 1_000_000, "a" * 2_000_000 + "@", '"' * 1_000_000 + "@a.example"):
        with quickly():
            body = {"username": "alice", "password": "plum-tart-42", "email": address}
            assert_problem(anyone.post("/signup", body), 400, "invalid")
