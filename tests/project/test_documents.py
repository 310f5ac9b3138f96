"""README, CONTRIBUTING, docs/ and the other Markdown files, compared with the project."""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.live_server import ROOT
from tests.schema import schema_paths

FOLDERS = [".", "docs", "bench", "deploy", "fixtures", "clients/typescript", "clients/seat-map", "cinema/seats"]
DOCUMENTS = [path.relative_to(ROOT) for folder in FOLDERS for path in sorted((ROOT / folder).glob("*.md"))]


def text_of(document):
    """Returns the document without code blocks."""
    return re.sub(r"^ *```.*?^ *```", "", (ROOT / document).read_text(), flags=re.DOTALL | re.MULTILINE)


def anchors(document):
    """Returns the anchors that GitHub gives to the document's headings."""
    headings = re.findall(r"^#+ (.*)$", text_of(document), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("document", DOCUMENTS, ids=str)
def test_links_lead_to_existing_files_and_headings(document):
    for link in re.findall(r"\]\(([^)]+)\)", text_of(document)):
        if link.startswith(("http:", "https:")):
            continue
        name, _, anchor = link.partition("#")
        target = (ROOT / document).parent / name if name else ROOT / document
        assert target.exists(), link
        assert not anchor or anchor in anchors(target), link


@pytest.mark.parametrize("guide", sorted((ROOT / "docs").glob("*.md")), ids=lambda path: path.name)
def test_readme_lists_every_guide(guide):
    assert f"](docs/{guide.name})" in (ROOT / "README.md").read_text()


def test_directory_map_names_only_existing_paths():
    text = (ROOT / "docs" / "architecture.md").read_text()
    section = text.split("## Directories")[1].split("\n## ")[0]
    for cell in re.findall(r"^\| (`.*?) \|", section, re.MULTILINE):
        first, *others = re.findall(r"`([^`]+)`", cell)
        assert (ROOT / first).exists(), first
        for name in others:
            assert (ROOT / name).exists() or ((ROOT / first).parent / name).exists(), name


@pytest.mark.parametrize("document", DOCUMENTS, ids=str)
def test_paths_in_code_style_exist(document):
    for name in re.findall(
        r"`((?:cinema|seats|tests|docs|bench|deploy|fixtures|clients)/[\w./-]*)`", text_of(document)
    ):
        assert any((folder / name).exists() for folder in (ROOT, ROOT / "cinema")), name


def test_rooms_of_seats_are_existing_files_and_folders():
    text = (ROOT / "cinema" / "seats" / "README.md").read_text()
    for name in re.findall(r"^\| `(.*?)` \|", text, re.MULTILINE):
        assert (ROOT / "cinema" / "seats" / name).exists(), name


@pytest.mark.django_db
def test_sql_in_the_readme_is_the_sql_of_a_booking(as_alice, show):
    (sql,) = re.findall(r"```sql\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    pattern = re.escape(" ".join(sql.split()))
    # Values and the name of the database's clock differ between databases.
    pattern = re.sub(r"%\\\(\w+\\\)s|now\\\(\\\)", ".+?", pattern)
    with CaptureQueriesContext(connection) as queries:
        assert as_alice.post(f"/shows/{show.pk}/book/", {"seat_number": 1}).status_code == 201
    assert any(re.search(pattern, " ".join(query["sql"].split())) for query in queries)


def test_endpoint_table_equals_the_schema():
    schema = set()
    for path, methods in schema_paths().items():
        schema |= {f"{method.upper()} " + re.sub(r"\{\w+\}", "<id>", path) for method in methods}
    table = set()
    readme = (ROOT / "README.md").read_text()
    for cell in re.findall(r"^\| (`(?:GET|POST|PUT|PATCH|DELETE) .*?) \|", readme, re.MULTILINE):
        calls = re.findall(r"`([^`]+)`", cell)
        method = calls[0].split()[0]
        table |= {call if " " in call else f"{method} {call}" for call in calls}
    assert (
        table - {"GET /", "GET /door/", "GET /embed/", "GET /swagger/", "GET /redoc/", "GET /schema/"} == schema
    )
