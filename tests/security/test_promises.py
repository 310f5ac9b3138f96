"""SECURITY.md names its proofs, and they are there."""

import ast
import re
from pathlib import Path

import pytest

from tests.server import ROOT

ROWS = [line for line in (ROOT / "SECURITY.md").read_text().splitlines() if line.startswith("|")]
# A link to a file, and the tests in it.
PROOFS = {
    (path, name)
    for row in ROWS
    for path, names in re.findall(r"\]\((tests/[\w/]+\.py)\): ([^\[|]*)", row)
    for name in re.findall(r"`(test_\w+)`", names)
}


def functions_of(path: Path) -> set[str]:
    functions = (node for node in ast.parse(path.read_text()).body if isinstance(node, ast.FunctionDef))
    return {function.name for function in functions if function.name.startswith("test_")}


def test_every_test_that_is_named_is_there():
    named = {name for row in ROWS for name in re.findall(r"`(test_\w+)`", row)}
    assert named == {name for _, name in PROOFS}, "named without a link to its file"
    missing = {(path, name) for path, name in PROOFS if name not in functions_of(ROOT / path)}
    assert not missing


@pytest.mark.parametrize("path", sorted(Path(__file__).parent.glob("test_*.py")), ids=lambda path: path.name)
def test_every_test_of_security_is_named(path):
    assert functions_of(path) <= {name for where, name in PROOFS if where == path.relative_to(ROOT).as_posix()}


def test_every_threat_has_a_proof():
    threats = [row for row in ROWS if not re.match(r"\|\s*(what|-+)\s*\|", row) and "---" not in row]
    assert len(threats) > 30
    assert all("`test_" in row.split("|")[3] for row in threats)
