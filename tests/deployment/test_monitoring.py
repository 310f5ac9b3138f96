"""Compares the alert rules and the Grafana board of `deploy/monitoring/` with what a running server exports."""

import http.client
import json
import re
import shutil
import subprocess

import pytest
import yaml
from django.db import connection
from django.urls import get_resolver
from prometheus_client.parser import text_string_to_metric_families

from cinema.api.problem_types import PROBLEM_TYPES
from tests.live_server import ROOT
from tests.requirements import requires

MONITORING = ROOT / "deploy" / "monitoring"
TOKEN = "a-token-of-16-ch"
PROMTOOL = shutil.which("promtool")
GROUPS = yaml.safe_load((MONITORING / "alerts.yml").read_text())["groups"]
RULES = [rule for group in GROUPS for rule in group["rules"]]
PANELS = json.loads((MONITORING / "board.json").read_text())["panels"]
QUERIES = [
    *((rule["alert"], rule["expr"]) for rule in RULES),
    *((panel["title"], target["expr"]) for panel in PANELS for target in panel["targets"]),
]
# Prometheus makes `up` itself, and adds these labels to each sample.
UP = {"up": {}}
SCRAPE_LABELS = {"instance", "job"}
# Only PostgreSQL has them.
CONNECTIONS = {
    "cinema_database_connections": {"state": {"active", "idle", "idle in transaction", "waiting"}},
    "cinema_database_connections_most": {},
}


@pytest.fixture
def exported(transactional_db, server_with):
    """Label values by label and metric, from a server that has answered and refused a request."""
    server = server_with(workers=1, METRICS_TOKEN=TOKEN)
    for path in ("/movies/", "/nope"):
        server.call("GET", path)
    client = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
    client.request("GET", "/metrics", headers={"Authorization": f"Bearer {TOKEN}"})
    metrics = dict(UP)
    for family in text_string_to_metric_families(client.getresponse().read().decode()):
        for sample in family.samples:
            labels = metrics.setdefault(sample.name, {})
            for label, value in sample.labels.items():
                labels.setdefault(label, set()).add(value)
    return metrics if connection.vendor == "postgresql" else metrics | CONNECTIONS


def selectors(query):
    """Yields each metric of a query with its matchers: (label, value)."""
    for name, braces in re.findall(r"\b(cinema_\w+|up)\b(\{[^}]*\})?", query):
        yield name, re.findall(r'(\w+)=~?"([^"]*)"', braces)


def test_queries_use_exported_metrics_and_labels(exported):
    for title, query in QUERIES:
        used = list(selectors(query))
        assert used, title
        labels = set(SCRAPE_LABELS)
        for name, matchers in used:
            assert name in exported, f"{title}: {name}"
            labels |= set(exported[name])
            for label, value in matchers:
                assert label in labels, f"{title}: {name} has no label {label}"
                known = known_values(exported, name, label)
                assert known is None or any(re.fullmatch(value, one) for one in known), f"{title}: {value}"
        for group in re.findall(r"\bby \(([^)]*)\)", query):
            assert set(group.split(", ")) <= labels, f"{title}: {group}"


def known_values(exported, name, label):
    """Returns all values that a label can have, or None for labels with any value."""
    if label == "code":
        return set(PROBLEM_TYPES)
    if label == "route":
        return {str(pattern) for patterns in get_resolver().url_patterns for pattern in _routes(patterns)}
    if label in {"method", "status"} and name.startswith("cinema_request"):
        return {"GET", "POST", "PUT", "DELETE", "200", "201", "500", "503"}
    return exported[name].get(label)


def _routes(pattern):
    return [part.pattern for part in getattr(pattern, "url_patterns", [pattern])]


def test_legends_name_labels_that_the_query_keeps():
    for panel in PANELS:
        for target in panel["targets"]:
            kept = {
                label for group in re.findall(r"by \(([^)]*)\)", target["expr"]) for label in group.split(", ")
            }
            legend = set(re.findall(r"\{\{(\w+)\}\}", target["legendFormat"]))
            assert legend <= (kept or SCRAPE_LABELS), target["legendFormat"]


def test_board_and_alerts_use_every_metric(exported):
    used = {name for _, query in QUERIES for name, _ in selectors(query)}
    families = {re.sub("_(bucket|sum|count)$", "", name) for name in exported}
    assert families == {re.sub("_bucket$", "", name) for name in used}


def test_each_alert_says_what_to_do():
    assert len({rule["alert"] for rule in RULES}) == len(RULES)
    for rule in RULES:
        assert rule["labels"]["severity"] in {"page", "ticket"}
        assert rule["annotations"]["summary"].endswith(".")


@pytest.mark.slow
@requires(PROMTOOL, "promtool (Debian's package prometheus) is not installed")
def test_promtool_accepts_the_alert_rules():
    command = [PROMTOOL, "check", "rules", MONITORING / "alerts.yml"]
    result = subprocess.run(command, capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
