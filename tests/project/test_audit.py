"""`make audit`: what it makes of pip-audit's answers. Here they come from a stand-in, for PyPI's change."""

import json
import os
import subprocess
import sys

import pytest

from tests.live_server import ROOT

CLEAN = {"name": "a", "version": "1", "vulns": []}
BAD = {"name": "b", "version": "2", "vulns": [{"id": "CVE-1", "fix_versions": ["3"]}]}
UNKNOWN = {"name": "c", "skip_reason": "Dependency not found on PyPI"}


@pytest.fixture
def audit(tmp_path):
    def run(answer="", said="", status=0):
        """The script, where pip-audit prints and says this."""
        (tmp_path / "pip_audit.py").write_text(
            f"import sys\nprint({answer!r})\nprint({said!r}, file=sys.stderr)\nsys.exit({status})\n"
        )
        environment = os.environ | {"PYTHONPATH": str(tmp_path)}
        ran = subprocess.run(
            [sys.executable, ROOT / ".ci" / "audit"], env=environment, capture_output=True, text=True
        )
        return ran.returncode, ran.stdout + ran.stderr

    return run


def found(*packages):
    return json.dumps({"dependencies": packages, "fixes": []})


def test_what_is_vulnerable_fails_with_its_name(audit):
    status, output = audit(found(CLEAN, BAD), "Found 1 known vulnerability", 1)
    assert status == 1
    assert "b 2: CVE-1, fixed in 3" in output


def test_what_is_clean_passes_and_says_of_how_many(audit):
    status, output = audit(found(CLEAN, CLEAN))
    assert (status, output.strip()) == (0, "No vulnerability is known of any of 2 packages.")


def test_what_could_not_be_asked_passes_and_is_no_clean_bill(audit):
    status, output = audit(found(CLEAN, UNKNOWN))
    assert status == 0
    assert "NOT AUDITED" in output
    assert "1 of 2 packages: c" in output
    assert "No vulnerability is known" not in output


def test_a_registry_without_records_hides_no_vulnerability_that_is_known(audit):
    status, output = audit(found(BAD, UNKNOWN), status=1)
    assert status == 1
    assert "NOT AUDITED" in output


def test_no_network_is_no_failure_and_no_clean_bill(audit):
    status, output = audit("", "ERROR: Tip: your network may be blocking this service.", 1)
    assert status == 0
    assert "NOT AUDITED" in output


@pytest.mark.parametrize("status", [0, 1, 2])
def test_an_auditor_that_breaks_is_a_failure(audit, status):
    code, output = audit("", "invalid requirements input", status)
    assert code != 0
    assert "invalid requirements input" in output


def test_ci_runs_it():
    assert "make audit" in (ROOT / ".ci" / "run").read_text()
    makefile = (ROOT / "Makefile").read_text()
    assert "@$(BIN)/python .ci/audit" in makefile
    assert "--deploy --fail-level WARNING" in makefile
