"""`make audit` with a stand-in for pip-audit, because PyPI's answers change."""

import json
import os
import subprocess
import sys

import pytest

from tests.live_server import ROOT

SAFE = {"name": "a", "version": "1", "vulns": []}
VULNERABLE = {"name": "b", "version": "2", "vulns": [{"id": "CVE-1", "fix_versions": ["3"]}]}
SKIPPED = {"name": "c", "skip_reason": "Dependency not found on PyPI"}


@pytest.fixture
def audit(tmp_path):
    def run(stdout="", stderr="", status=0):
        """Runs .ci/audit with a pip-audit that prints these texts and exits with this status."""
        (tmp_path / "pip_audit.py").write_text(
            f"import sys\nprint({stdout!r})\nprint({stderr!r}, file=sys.stderr)\nsys.exit({status})\n"
        )
        environment = os.environ | {"PYTHONPATH": str(tmp_path)}
        result = subprocess.run(
            [sys.executable, ROOT / ".ci" / "audit"], env=environment, capture_output=True, text=True
        )
        return result.returncode, result.stdout + result.stderr

    return run


def report(*packages):
    """Returns pip-audit's JSON report about these packages."""
    return json.dumps({"dependencies": packages, "fixes": []})


def test_vulnerable_package_fails_the_audit_and_is_named(audit):
    status, output = audit(report(SAFE, VULNERABLE), "Found 1 known vulnerability", 1)
    assert status == 1
    assert "b 2: CVE-1, fixed in 3" in output


def test_safe_packages_pass_the_audit_and_are_counted(audit):
    status, output = audit(report(SAFE, SAFE))
    assert (status, output.strip()) == (0, "No vulnerability is known of any of 2 packages.")


def test_skipped_package_passes_the_audit_with_a_warning(audit):
    status, output = audit(report(SAFE, SKIPPED))
    assert status == 0
    assert "NOT AUDITED" in output
    assert "1 of 2 packages: c" in output
    assert "No vulnerability is known" not in output


def test_skipped_package_does_not_hide_a_vulnerable_one(audit):
    status, output = audit(report(VULNERABLE, SKIPPED), status=1)
    assert status == 1
    assert "NOT AUDITED" in output


def test_missing_network_passes_the_audit_with_a_warning(audit):
    status, output = audit("", "ERROR: Tip: your network may be blocking this service.", 1)
    assert status == 0
    assert "NOT AUDITED" in output


@pytest.mark.parametrize("status", [0, 1, 2])
def test_broken_pip_audit_fails_the_audit(audit, status):
    code, output = audit("", "invalid requirements input", status)
    assert code != 0
    assert "invalid requirements input" in output


def test_ci_runs_the_audit():
    assert "make audit" in (ROOT / ".ci" / "run").read_text()
    makefile = (ROOT / "Makefile").read_text()
    assert "@$(BIN)/python .ci/audit" in makefile
    assert "--deploy --fail-level WARNING" in makefile
