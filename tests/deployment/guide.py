"""Parses docs/operations.md, so that tests can run its commands and check its tables."""

import re

from tests.live_server import ROOT


def section(title: str) -> str:
    """Returns the text between the heading and the next heading of any level."""
    text = (ROOT / "docs" / "operations.md").read_text()
    match = re.search(rf"^#+ {title}\n(.*?)(?=^#|\Z)", text, re.DOTALL | re.MULTILINE)
    assert match, f"docs/operations.md has no heading {title!r}."
    return match[1]


def commands(title: str) -> list[str]:
    """Returns the bash blocks under a heading. A line that starts with `#` would end the section."""
    return re.findall(r"```bash\n(.*?)```", section(title), re.DOTALL)


def table(title: str) -> list[list[str]]:
    """Returns the rows of the table under a heading, without the header row."""
    rows = [line.strip("|").split("|") for line in section(title).splitlines() if line.startswith("| ")]
    return [[cell.strip() for cell in row] for row in rows[1:]]
