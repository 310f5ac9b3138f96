"""Which tests `pytest`, `pytest --rest` and `pytest --all` select."""

import os
import re
import subprocess
import sys

import pytest

from tests.live_server import ROOT
from tests.selection import LEFT_OUT

FILES = ["tests/model", "tests/deployment/test_nginx.py", "tests/browser/test_staff.py", "tests/clients"]


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


def not_run(output):
    """How many tests the summary says were not run, by mark."""
    return {mark: count for count, mark in re.findall(r"^ *(\d+) tests? marked (\w+)", output, re.MULTILINE)}


@pytest.mark.slow
def test_the_default_selection_and_the_rest_are_all_tests():
    (default, output), (rest, _), (every, _) = map(collected, ("--default", "--rest", "--all"))
    assert default < every
    assert default | rest == every
    # These run in both, with more examples in the rest.
    in_both = {test.partition("::")[0] for test in default & rest}
    scaled = ("test_concurrent_load", "test_model", "test_model_over_http")
    assert in_both == {f"tests/model/{name}.py" for name in scaled}
    assert not any("browser" in test or "typescript" in test for test in default)
    assert "NOT RUN BY DEFAULT" in output
    assert "make test-all" in output
    assert set(not_run(output)) == set(LEFT_OUT)

    # Under xdist the workers tell the process that prints the summary.
    files = ["tests/browser/test_staff.py", "tests/clients/test_typescript.py", "tests/api/test_pagination.py"]
    in_parallel = not_run(pytest_output("-n", "1", "--default", *files))
    assert in_parallel == {mark: not_run(output)[mark] for mark in ("browser", "npm")}


def test_the_readme_of_the_tests_names_every_mark():
    text = (ROOT / "tests" / "README.md").read_text()
    table = text.partition("## Where slow tests run")[2].partition("\n## ")[0]
    named = {row.split("|")[2].strip() for row in table.splitlines() if row.startswith("| ")}
    assert {*LEFT_OUT, "scaled"} <= named
