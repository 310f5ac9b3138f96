"""Chooses the tests of a run: the default selection, the rest of the suite, or all of it.

`pytest` alone runs the default selection: every test that needs no browser, npm or proxy, and is not slow.
`pytest --all` runs everything, `pytest --rest` what the default selection leaves out. A run that names files
or `-m` runs all that it names. tests/README.md lists where each slow test runs.
"""

from collections import Counter
from collections.abc import Iterable

import pytest

# The default selection has no test with one of these marks.
LEFT_OUT = {
    "browser": "needs Chromium and Playwright",
    "npm": "needs npm, and `npm ci` in clients/typescript",
    "proxy": "needs nginx, or HAProxy, pgbouncer, Redis and PostgreSQL",
    "slow": "takes too long for the default selection",
}
SCALED = "scaled"
MARKS = LEFT_OUT | {SCALED: "tries fewer examples in the default selection"}
# Shown at the start of a run. The times are of two quiet cores.
HEADERS = {
    "default": "the default selection, which takes `make test` under 3 minutes",
    "rest": "what the default selection leaves out",
    "all": "all tests, which take `make test-all` about 13 minutes",
    "named": "all tests of what was named",
}


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("selection", "which tests to run")
    for name, meaning in (
        (
            "default",
            "everything that needs no browser, npm or proxy, and is not slow, even where files are named",
        ),
        ("rest", "what the default selection leaves out or tries with fewer examples"),
        ("all", "everything"),
    ):
        group.addoption(f"--{name}", dest="selection", action="store_const", const=name, help=meaning)


def pytest_configure(config: pytest.Config) -> None:
    for name, meaning in MARKS.items():
        config.addinivalue_line("markers", f"{name}: {meaning}")
    # xdist hands this on to its workers, which see only the arguments that it makes for them.
    if config.option.selection is None:
        is_named = config.args_source is pytest.Config.ArgsSource.ARGS or config.option.markexpr
        config.option.selection = "named" if is_named else "default"
    config.pluginmanager.register(Selection(config.option.selection), "cinema-selection")


class Selection:
    """Removes the tests that the run should not have, and says so at its end."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.not_run: Counter[str] = Counter()

    def pytest_report_header(self) -> str:
        return "selection: " + HEADERS[self.name]

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, config: pytest.Config, items: list[pytest.Item]) -> None:
        # Marks of whole folders are set by their conftest.py, which has been called by now.
        selected, deselected = [], []
        for item in items:
            (selected if self._has(item) else deselected).append(item)
            if self.name == "default" and SCALED in item.keywords:
                self.not_run[SCALED] += 1
        self.not_run.update(filter(None, map(_left_out_because, deselected)))
        if deselected:
            config.hook.pytest_deselected(items=deselected)
            items[:] = selected

    def _has(self, item: pytest.Item) -> bool:
        if self.name == "default":
            return not _left_out_because(item)
        if self.name == "rest":
            return bool(_left_out_because(item)) or SCALED in item.keywords
        return True

    # Under xdist only the workers collect tests; each tells the process that prints the summary.

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        if hasattr(session.config, "workeroutput"):
            session.config.workeroutput["not_run"] = dict(self.not_run)

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: object) -> None:
        self.not_run = Counter(getattr(node, "workeroutput", {}).get("not_run", {})) or self.not_run

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        if self.name != "default" or not self.not_run:
            return
        terminalreporter.section("NOT RUN BY DEFAULT", yellow=True, bold=True)
        for mark, meaning in LEFT_OUT.items():
            if count := self.not_run[mark]:
                terminalreporter.line(f"{count:4} {'test' if count == 1 else 'tests'} marked {mark}: {meaning}")
        if count := self.not_run[SCALED]:
            terminalreporter.line(f"{count:4} {'test' if count == 1 else 'tests'} ran with fewer examples")
        terminalreporter.line("Run everything with `make test-all`, or name a file: `pytest tests/model`.")


def _left_out_because(item: pytest.Item) -> str | None:
    return next((mark for mark in LEFT_OUT if mark in item.keywords), None)


def first_by_default(values: Iterable[object]) -> list[object]:
    """Returns the values as parameters of a test. The default selection runs it with the first one only."""
    first, *others = values
    slow = pytest.mark.slow
    return [first, *(pytest.param(*(v if isinstance(v, tuple) else (v,)), marks=slow) for v in others)]


@pytest.fixture(scope="session")
def full_size(request: pytest.FixtureRequest) -> bool:
    """True in every run but the default selection: tests that generate examples try all of them."""
    return request.config.option.selection != "default"
