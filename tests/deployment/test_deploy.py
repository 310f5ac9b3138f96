"""Runs the files in `deploy/` with other host names, ports and certificates."""

import json
import os
import re
import shlex
import shutil
import ssl
import subprocess
import sys
import time
import urllib.request

import pytest
import yaml

from tests.factories import BookingFactory
from tests.live_server import ROOT, Server, Stream, spare_port
from tests.requirements import requires

NGINX = shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin")
DEPLOY = ROOT / "deploy"


class UnitServer(Server):
    """The server with the command of the systemd unit."""

    def command(self):
        unit = (DEPLOY / "cinema.service").read_text().replace("\\\n", " ")
        (line,) = re.findall("^ExecStart=(.*)$", unit, re.MULTILINE)
        program, *arguments = shlex.split(line)
        assert program.endswith("/gunicorn")
        arguments[arguments.index("127.0.0.1:8000")] = f"127.0.0.1:{self.port}"
        return [sys.executable, "-m", "gunicorn", *arguments]


@pytest.fixture
def nginx_url(tmp_path):
    """Runs nginx with our configuration in front of a server with the unit's command; yields nginx's URL."""
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=cinema.example"]
    certificate = ["-keyout", tmp_path / "privkey.pem", "-out", tmp_path / "fullchain.pem"]
    subprocess.run([*command, *certificate], check=True, capture_output=True)
    port = spare_port()
    with UnitServer(HTTPS="on", NUM_PROXIES="1", ALLOWED_HOSTS="cinema.example,127.0.0.1") as server:
        site = (DEPLOY / "nginx.conf").read_text()
        for old, new in (
            ("127.0.0.1:8000", f"127.0.0.1:{server.port}"),
            ("listen 443", f"listen 127.0.0.1:{port}"),
            ("/etc/ssl/cinema", str(tmp_path)),
        ):
            assert old in site
            site = site.replace(old, new)
        temporary_folders = "".join(
            f"{kind}_temp_path {tmp_path}/{kind};\n"
            for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        )
        (tmp_path / "nginx.conf").write_text(
            f"daemon off; pid {tmp_path}/pid; user root; error_log {tmp_path}/error.log;\n"
            f"events {{}}\nhttp {{ access_log off;\n{temporary_folders}{site}}}\n"
        )
        process = subprocess.Popen([NGINX, "-c", tmp_path / "nginx.conf", "-e", tmp_path / "error.log"])
        try:
            for _ in range(100):
                time.sleep(0.05)
                if (tmp_path / "pid").exists():
                    break
            yield f"https://127.0.0.1:{port}"
        finally:
            process.terminate()
            process.wait(10)


def get(url, **headers):
    """Sends a GET request without verifying the certificate."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    request = urllib.request.Request(url, headers={"Host": "cinema.example", **headers})
    return urllib.request.urlopen(request, context=context, timeout=10)


@pytest.mark.proxy
@requires(NGINX, "nginx is not installed")
@pytest.mark.django_db(transaction=True)
def test_node_behind_nginx_answers_and_streams_live_events(nginx_url, show):
    with get(f"{nginx_url}/shows/{show.pk}/") as answer:
        assert json.load(answer)["total_seats"] == 12
        assert "max-age" in answer.headers["Strict-Transport-Security"]
    with get(f"{nginx_url}/shows/{show.pk}/events/") as answer:
        stream = Stream(answer)
        assert stream.event()["complete"]
        BookingFactory(show=show, seat_number=7)
        assert stream.event()["seats"] == [{"seat_number": 7, "status": "taken"}]


# --- compose.yaml, compared with the files that it uses; Docker itself is not needed ---

NODES = DEPLOY / "nodes"
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
    (image,) = {json.dumps(service["build"]) for service in SERVICES.values() if "build" in service}
    build = json.loads(image)
    context = (NODES / build["context"]).resolve()
    assert context == ROOT
    for line in re.findall("^COPY (.*)$", (context / build["dockerfile"]).read_text(), re.MULTILINE):
        *sources, _ = line.split()
        ignore_file = (context / (build["dockerfile"] + ".dockerignore")).read_text().splitlines()
        assert all((context / source).exists() and f"!{source}" in ignore_file for source in sources)
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
    dockerfile = (NODES / "Dockerfile").read_text().replace("\\\n", "")
    (command,) = re.findall("^CMD (.*)$", dockerfile, re.MULTILINE)
    assert json.loads(command)[:2] == ["gunicorn", "cinema.asgi"]


def test_pgbouncer_sets_the_documented_default_time_limits():
    limits = dict(re.findall(r"SET (\w+) = ''(\d+)s''", (NODES / "pgbouncer.ini").read_text()))
    text = (ROOT / "docs" / "configuration.md").read_text()
    defaults = dict(re.findall(r"^\| `(\w+_TIMEOUT)` \| `(\d+)`", text, re.MULTILINE))
    assert limits == {
        "statement_timeout": defaults["STATEMENT_TIMEOUT"],
        "lock_timeout": defaults["LOCK_TIMEOUT"],
        "idle_in_transaction_session_timeout": defaults["STATEMENT_TIMEOUT"],
    }
