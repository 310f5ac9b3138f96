"""Dockerfile, .dockerignore and compose.yaml, compared with the project. `.ci/container` runs the image."""

import json
import re
import shlex

import pytest
import yaml
from django.core.management import get_commands

from tests.live_server import ROOT

DOCKERFILE = (ROOT / "Dockerfile").read_text()
INSTRUCTIONS = re.findall(r"^([A-Z]+) (.*)$", DOCKERFILE.replace("\\\n", ""), re.MULTILINE)
COMPOSE = yaml.safe_load((ROOT / "compose.yaml").read_text())
SERVICES = COMPOSE["services"]
OF_THE_IMAGE = ("web", "prepare", "deliver")
DIGEST = r"@sha256:[0-9a-f]{64}"


def arguments(name):
    return [argument for instruction, argument in INSTRUCTIONS if instruction == name]


def test_both_stages_start_from_one_image_that_is_pinned_by_digest():
    bases = [line.split()[0] for line in arguments("FROM")]
    assert len(bases) == 2
    assert len(set(bases)) == 1
    assert re.fullmatch(rf"python:[\w.-]+{DIGEST}", bases[0])


def test_image_gets_only_files_that_exist_and_are_not_ignored():
    ignored, *rules = re.findall(r"^[^#\n].*", (ROOT / ".dockerignore").read_text(), re.MULTILINE)
    assert ignored == "*"
    copied = [line.split()[:-1] for line in arguments("COPY") if not line.startswith("--from=build ")]
    sources = [source for line in copied for source in line]
    assert sources
    for source in sources:
        assert (ROOT / source).exists()
    assert {f"!{source}" for source in sources} == set(rules) - {"**/__pycache__"}


def test_image_installs_the_production_lock_and_verifies_its_hashes():
    installs = [line for line in arguments("RUN") if " install " in line]
    assert len(installs) == 1
    assert "--require-hashes --requirement requirements/production.txt" in installs[0]


def test_image_runs_as_an_unprivileged_user():
    assert arguments("USER") == ["10001:10001"]


@pytest.mark.django_db
def test_healthcheck_asks_a_path_that_answers(client):
    (line,) = arguments("HEALTHCHECK")
    command = json.loads(line.partition("CMD ")[2])
    (path,) = re.findall(r"'GET', '(.*?)'", command[-1])
    assert path == "/livez"
    assert client.get(path).status_code == 200
    compile(command[-1], "HEALTHCHECK", "exec")


def options_of(program):
    """Returns gunicorn's options, without those that differ between a container and a unit."""
    options = dict(zip(program[2::2], program[3::2], strict=False))
    return {name: options[name] for name in ("--worker-class", "--keep-alive", "--graceful-timeout")} | {
        "--limit-request-line": options["--limit-request-line"],
        "--no-control-socket": "--no-control-socket" in program,
    }


def test_image_starts_gunicorn_with_the_options_of_the_unit():
    (line,) = arguments("CMD")
    command = json.loads(line)
    assert command[:4] == ["gunicorn", "cinema.asgi", "--bind", "0.0.0.0:8000"]
    unit = (ROOT / "deploy" / "cinema.service").read_text().replace("\\\n", " ")
    (program,) = re.findall("^ExecStart=(.*)$", unit, re.MULTILINE)
    assert options_of(command) == options_of(shlex.split(program))
    assert arguments("EXPOSE") == ["8000"]


def test_compose_demands_secrets_and_sets_only_variables_that_the_service_reads():
    known = set(re.findall(r"^#? ?([A-Z_]+)=", (ROOT / ".env.example").read_text(), re.MULTILINE))
    for name in OF_THE_IMAGE:
        environment = SERVICES[name]["environment"]
        assert set(environment) <= known
        assert environment["SECRET_KEY"].startswith("${SECRET_KEY:?")
        assert "${POSTGRES_PASSWORD:?" in environment["DATABASE_URL"]
    for name in re.findall(r"\$\{([A-Z_]+)", (ROOT / "compose.yaml").read_text()):
        assert name in known | {"POSTGRES_PASSWORD"}


def test_compose_publishes_only_the_service_and_only_on_this_machine():
    assert SERVICES["web"]["ports"] == ["127.0.0.1:${PORT:-8000}:8000"]
    assert [name for name, service in SERVICES.items() if "ports" in service] == ["web"]


def test_containers_of_compose_are_read_only_and_have_no_capabilities():
    for name in OF_THE_IMAGE:
        service = SERVICES[name]
        assert service["read_only"] is True
        assert service["cap_drop"] == ["ALL"]
        assert service["tmpfs"] == ["/tmp"]  # noqa: S108


def test_compose_migrates_once_before_the_service_starts():
    assert SERVICES["web"]["depends_on"] == {"prepare": {"condition": "service_completed_successfully"}}
    assert SERVICES["prepare"]["depends_on"] == {"db": {"condition": "service_healthy"}}
    assert "command" not in SERVICES["web"]
    commands = re.findall(r"manage\.py (\w+)", SERVICES["prepare"]["command"][-1])
    assert commands == ["migrate", "load_demo"]
    assert set(commands) <= set(get_commands())


def test_compose_delivers_notices_only_on_demand_and_without_the_health_check_of_a_web_server():
    service = SERVICES["deliver"]
    assert service["profiles"] == ["deliver"]
    assert "COMPOSE_PROFILES=deliver" in (ROOT / "docs" / "containers.md").read_text()
    assert service["command"] == ["python", "manage.py", "deliver"]
    # Compose 2.26 fails with `up --wait` if the check is only disabled.
    assert service["healthcheck"] == {"test": ["CMD", "true"]}
    assert service["depends_on"] == SERVICES["web"]["depends_on"]


def test_commands_of_the_containers_guide_exist():
    guide = (ROOT / "docs" / "containers.md").read_text()
    nightly = re.search(r"for command in ([\w ]+); do", guide)[1].split()
    commands = {*nightly, *re.findall(r"manage\.py (\w+)", guide)}
    assert len(nightly) == 3
    assert commands <= set(get_commands())


def test_compose_pins_the_database_by_digest_and_names_files_that_exist():
    assert re.fullmatch(rf"postgres:1[5-7]-bookworm{DIGEST}", SERVICES["db"]["image"])
    for volume in SERVICES["db"]["volumes"]:
        source = volume.split(":")[0]
        assert source in COMPOSE["volumes"] or (ROOT / source).is_file()
