"""Imports run one way, and each app says only what is its own."""

import ast
from pathlib import Path

import pytest

CINEMA = Path(__file__).resolve().parent.parent / "cinema"

# What each part may import of the rest of the project.
ALLOWED = {
    "auth": set(),
    "shows": set(),
    "seats": {"auth.authentication", "problems", "rendering", "shows"},
    "web": set(),
}


def files(app):
    return [path for path in (CINEMA / app).rglob("*.py") if "migrations" not in path.parts]


def imports(path):
    """Dotted names of this project that a file imports, inside functions too, without `cinema.`."""
    package = ["cinema", *path.relative_to(CINEMA).parent.parts]
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            names = [".".join([*base, node.module] if node.module else base)]
        else:
            continue
        yield from (name.removeprefix("cinema.") for name in names if name.startswith("cinema."))


@pytest.mark.parametrize("app", ALLOWED)
def test_imports_run_one_way(app):
    for path in files(app):
        for name in imports(path):
            allowed = name.split(".")[0] == app or any(f"{name}.".startswith(f"{ok}.") for ok in ALLOWED[app])
            assert allowed, f"{path} imports cinema.{name}"


def test_the_service_knows_nothing_of_what_tests_and_measures_it():
    for path in CINEMA.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom) and not node.level:
                names = [node.module]
            assert not {name.split(".")[0] for name in names} & {"bench", "tests"}, path


def test_the_check_sees_the_imports_there_are():
    assert "shows.models" in set(imports(CINEMA / "seats" / "refusals.py"))
    assert "seats.models" in set(imports(CINEMA / "seats" / "views.py"))


def test_shows_know_seats_only_by_their_number_and_the_reverse_name():
    words = set()
    for name in ("models.py", "views.py"):
        for node in ast.walk(ast.parse((CINEMA / "shows" / name).read_text())):
            if isinstance(node, ast.keyword):
                words.add(node.arg or "")
            elif isinstance(node, ast.Name | ast.alias | ast.Attribute | ast.FunctionDef):
                words.add(getattr(node, "id", None) or getattr(node, "attr", None) or node.name)
            elif isinstance(node, ast.Constant) and isinstance(node.value, str) and " " not in node.value:
                words.add(node.value)
    assert {word for word in words if "seat" in word.lower()} == {
        *("total_seats", "available_seats", "with_available_seats", "MAX_SEATS", "SeatsInUse"),
        *("seats", "_counts_seats", "_available_seats"),
        *("total_seats__range", "show_total_seats_in_range"),
    }


def test_a_seat_is_sold_in_one_place():
    """By SQL in `sale.py`; `make_taken` of `models.py` is for holds that are booked, and for repairs."""
    sells = set()
    for path in (path for app in ALLOWED for path in files(app)):
        for node in ast.walk(ast.parse(path.read_text())):
            keyword = isinstance(node, ast.keyword) and node.arg == "taken" and is_true(node.value)
            key = isinstance(node, ast.Dict) and any(
                getattr(k, "value", None) == "taken" and is_true(v)
                for k, v in zip(node.keys, node.values, strict=True)
            )
            sql = isinstance(node, ast.Constant) and "SET taken = TRUE" in str(node.value)
            if sql or key or (keyword and path.name != "models.py"):
                sells.add(path.name)
    assert sells == {"sale.py", "models.py"}


def is_true(node):
    return isinstance(node, ast.Constant) and node.value is True


@pytest.mark.parametrize("path", sorted(CINEMA.rglob("*.py")), ids=lambda path: str(path.relative_to(CINEMA)))
def test_a_file_holds_one_idea(path):
    assert len(path.read_text().splitlines()) <= 280
