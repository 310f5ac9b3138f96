"""Which tests `pytest`, `pytest --rest` and `pytest --all` select."""

import os
import re
import subprocess
import sys

import pytest

from tests.live_server import ROOT
from tests.selection import LEFT_OUT

FILES = ["tests/model", "tests/deployment/test_deploy.py", "tests/browser/test_staff.py", "tests/clients"]


def pytest_output(*arguments):
    others = ("PYTEST_", "COV", "CINEMA_", "DATABASE_URL")
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(others)}
    result = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *arguments],
        cwd=ROOT,
        env=inherited,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout


def collected(*options):
    output = pytest_output("--collect-only", "--quiet", *options, *FILES)
    return set(re.findall(r"^tests/\S+::.+$", output, re.MULTILINE)), output


@pytest.mark.slow
def test_the_default_selection_and_the_rest_are_all_tests():
    (default, output), (rest, _), (every, _) = map(collected, ("--default", "--rest", "--all"))
    assert default < every
    assert default | rest == every
    # These run in both, with more examples in the rest.
    assert {test.partition("[")[0] for test in default & rest} == {
        "tests/model/test_model.py::test_cinema_behaves_like_the_model"
    }
    assert not any("browser" in test or "typescript" in test for test in default)
    assert "NOT RUN BY DEFAULT" in output
    assert "make test-all" in output
    assert {mark for mark in LEFT_OUT if f" marked {mark}: " in output} == set(LEFT_OUT)


@pytest.mark.slow
def test_workers_of_xdist_select_the_same_and_the_summary_says_what_was_not_run():
    output = pytest_output("-n", "2", "--default", "tests/project/test_documents.py", *FILES[1:])
    counts = re.findall(r"^ *(\d+) tests? marked (\w+)", output, re.MULTILINE)
    assert counts
    alone = pytest_output("--collect-only", "--default", "tests/project/test_documents.py", *FILES[1:])
    assert counts == re.findall(r"^ *(\d+) tests? marked (\w+)", alone, re.MULTILINE)


def test_the_readme_of_the_tests_names_every_mark():
    text = (ROOT / "tests" / "README.md").read_text()
    table = text.partition("## Where slow tests run")[2].partition("\n## ")[0]
    named = {row.split("|")[2].strip() for row in table.splitlines() if row.startswith("| ")}
    assert {*LEFT_OUT, "scaled"} <= named
