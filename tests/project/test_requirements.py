"""pyproject.toml and the lock files that `make lock` writes from it."""

import re
import tomllib

import pytest

from tests.live_server import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
# The groups of pyproject.toml that each lock file has beside the dependencies of the service.
LOCKS = {
    "requirements/production.txt": [],
    "requirements/telemetry.txt": ["telemetry"],
    "requirements.txt": ["test"],
    "requirements/dev.txt": ["dev", "test", "telemetry"],
}


def pin_of(requirement):
    """Returns the normalized name and the version of `Name[extra]==version`."""
    name, version = requirement.split("==")
    return name.partition("[")[0].lower().replace("_", "-"), version


def direct_requirements(groups):
    """Returns the pins that pyproject.toml has for the service and for these groups."""
    lists = [PROJECT["project"]["dependencies"], *(PROJECT["dependency-groups"][name] for name in groups)]
    return {pin_of(line) for requirements in lists for line in requirements if isinstance(line, str)}


def read_lock(name):
    """Returns each locked pin with its hashes and with the text that says why it is there."""
    entries = re.findall(
        r"^([\w.-]+==[^ \\]+)(?: ; [^\\\n]+)?((?: \\\n    --hash=sha256:[0-9a-f]{64})+)\n    # via (.*)\n",
        (ROOT / name).read_text(),
        re.MULTILINE,
    )
    return {pin_of(pin): (hashes, reason) for pin, hashes, reason in entries}


def test_pyproject_pins_every_requirement():
    groups = PROJECT["dependency-groups"]
    for line in [*PROJECT["project"]["dependencies"], *groups["telemetry"], *groups["test"], *groups["dev"]]:
        if not isinstance(line, dict):
            assert re.fullmatch(r"[A-Za-z0-9_.-]+(\[[a-z]+\])?==[0-9][^ ;]*", line), line


@pytest.mark.parametrize(("name", "groups"), LOCKS.items())
def test_lock_is_made_from_the_current_pyproject(name, groups):
    lock = read_lock(name)
    direct = {pin for pin, (_, reason) in lock.items() if "(pyproject.toml" in reason}
    assert direct == direct_requirements(groups), "run `make lock`"


@pytest.mark.parametrize("name", LOCKS)
def test_lock_pins_each_package_with_hashes_and_has_nothing_superfluous(name):
    text = (ROOT / name).read_text()
    lock = read_lock(name)
    assert len(lock) == len(re.findall(r"^[^\s#]", text, re.MULTILINE))
    names = {package for package, _ in lock}
    for _, reason in lock.values():
        reasons = [part for part in reason.split(", ") if not part.startswith("-c ")]
        assert reasons
        for part in reasons:
            assert part in names or part.startswith("cinema (pyproject.toml"), part


def test_locks_agree_on_every_version():
    production, telemetry, testing, development = ({*read_lock(name)} for name in LOCKS)
    assert production < testing < development
    assert production < telemetry < development


def test_production_needs_no_package_of_the_tests():
    production = {name for name, _ in read_lock("requirements/production.txt")}
    assert not production & {"pytest", "hypothesis", "factory-boy", "faker", "ruff", "mypy", "playwright", "uv"}
