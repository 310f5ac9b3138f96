"""`deploy/nodes/compose.yaml`, compared with the files that it uses. Docker itself is not needed."""

import json
import re

import yaml

from tests.live_server import ROOT

NODES = ROOT / "deploy" / "nodes"
COMPOSE = yaml.safe_load((NODES / "compose.yaml").read_text())
SERVICES = COMPOSE["services"]


def test_compose_names_only_files_that_exist():
    for service in SERVICES.values():
        file_names = re.findall(
            r"/etc/cinema/([\w.-]+)", json.dumps([service.get("command"), service.get("entrypoint")])
        )
        for volume in service.get("volumes", []):
            source, target = volume.split(":")[:2]
            assert (NODES / source).exists() if source.startswith(".") else source in COMPOSE["volumes"]
            assert source != "." or target == "/etc/cinema"
        assert not file_names or ".:/etc/cinema:ro" in service["volumes"]
        assert all((NODES / name).is_file() for name in file_names)
    builds = {service["build"] for service in SERVICES.values() if "build" in service}
    assert [(NODES / context).resolve() for context in builds] == [ROOT]
    script = (NODES / "database.sh").read_text()
    assert all((NODES / name).is_file() for name in re.findall(r"/etc/cinema/([\w.]+)", script))


def test_hosts_in_the_node_configuration_are_services_of_compose():
    haproxy = (NODES / "haproxy.cfg").read_text()
    assert set(re.findall(r"\$\{([A-Z0-9]+)", haproxy)) == set(SERVICES["haproxy"]["environment"])
    for service in SERVICES.values():
        environment = service.get("environment", {})
        addresses = [environment.get(name, "") for name in ("APP1", "APP2", "DATABASE_URL", "REDIS_URL")]
        hosts = re.findall(r"(?:^|@|//| )([a-z0-9]+):\d", " ".join(addresses))
        assert set(hosts) <= set(SERVICES)
        assert set(service.get("depends_on", [])) <= set(SERVICES)
    (primary,) = re.findall("host=([a-z0-9]+)", (NODES / "pgbouncer.ini").read_text())
    assert primary in SERVICES
    (standbys,) = re.findall(r"ANY 1 \((.*)\)", (NODES / "postgresql.conf").read_text())
    assert [SERVICES[name]["environment"]["NAME"] for name in standbys.split(", ")] == standbys.split(", ")


def test_compose_sets_only_variables_that_the_service_reads():
    known = set(re.findall(r"^#? ?([A-Z_]+)=", (ROOT / ".env.example").read_text(), re.MULTILINE))
    assert set(SERVICES["app1"]["environment"]) <= known


def test_pgbouncer_sets_the_documented_default_time_limits():
    limits = dict(re.findall(r"SET (\w+) = ''(\d+)s''", (NODES / "pgbouncer.ini").read_text()))
    text = (ROOT / "docs" / "configuration.md").read_text()
    defaults = dict(re.findall(r"^\| `(\w+_TIMEOUT)` \| `(\d+)`", text, re.MULTILINE))
    assert limits == {
        "statement_timeout": defaults["STATEMENT_TIMEOUT"],
        "lock_timeout": defaults["LOCK_TIMEOUT"],
        "idle_in_transaction_session_timeout": defaults["STATEMENT_TIMEOUT"],
    }
