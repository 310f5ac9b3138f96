"""docs/operations.md, as tests read it."""

import re

from tests.live_server import ROOT


def section(title: str) -> str:
    """The text under a heading, of whatever level, up to the next one."""
    text = (ROOT / "docs" / "operations.md").read_text()
    found = re.search(rf"^#+ {title}\n(.*?)(?=^#|\Z)", text, re.DOTALL | re.MULTILINE)
    assert found, title
    return found[1]


def commands(title: str) -> list[str]:
    """The blocks of shell commands under a heading; a `#` in one would end it early."""
    return re.findall(r"```bash\n(.*?)```", section(title), re.DOTALL)


def table(title: str) -> list[list[str]]:
    """The rows of the table under a heading, without its head."""
    rows = [line.strip("|").split("|") for line in section(title).splitlines() if line.startswith("| ")]
    return [[cell.strip() for cell in row] for row in rows[1:]]
