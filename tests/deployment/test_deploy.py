"""Runs the files in `deploy/` with other host names, ports and certificates."""

import json
import os
import re
import shlex
import shutil
import sqlite3
import ssl
import subprocess
import sys
import time
import urllib.request
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
import yaml
from django.db import connection

from tests.factories import BookingFactory
from tests.live_server import ROOT, Server, Stream, environment, wait_for
from tests.ports import spare_port
from tests.requirements import requires

NGINX = shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin")
DEBIAN_NGINX = Path("/etc/nginx/nginx.conf")
DEPLOY = ROOT / "deploy"
SCRIPTS = ["install.sh", "upgrade", "restart", "restore", "backup", "manage"]


class UnitServer(Server):
    """The server with the command of the systemd unit."""

    def command(self):
        unit = (DEPLOY / "cinema.service").read_text().replace("\\\n", " ")
        (line,) = re.findall("^ExecStart=(.*)$", unit, re.MULTILINE)
        program, *arguments = shlex.split(line)
        assert program.endswith("/gunicorn")
        arguments[arguments.index("127.0.0.1:8000")] = f"127.0.0.1:{self.port}"
        return [sys.executable, "-m", "gunicorn", *arguments]


@contextmanager
def run_nginx(folder, server, main):
    """Runs nginx with our site in front of the server; yields nginx's port.

    `main` returns the main configuration that includes our site and the settings of the test.
    """
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=cinema.example"]
    certificate = ["-keyout", folder / "privkey.pem", "-out", folder / "fullchain.pem"]
    subprocess.run([*command, *certificate], check=True, capture_output=True)
    port = spare_port()
    site = (DEPLOY / "nginx.conf").read_text()
    for old, new in (
        ("127.0.0.1:8000", f"127.0.0.1:{server.port}"),
        ("listen 443", f"listen 127.0.0.1:{port}"),
        ("listen 80", f"listen 127.0.0.1:{spare_port()}"),
        ("/etc/ssl/cinema", str(folder)),
    ):
        assert old in site
        site = site.replace(old, new)
    temporary_folders = "".join(
        f"{kind}_temp_path {folder}/{kind};\n" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    (folder / "nginx.conf").write_text(main(f"access_log off;\n{temporary_folders}{site}"))
    global_settings = f"daemon off; pid {folder}/pid; user root; error_log {folder}/error.log;"
    command = [NGINX, "-c", folder / "nginx.conf", "-e", folder / "error.log", "-g", global_settings]
    process = subprocess.Popen(command)
    try:
        wait_for((folder / "pid").exists)
        yield port
    finally:
        process.terminate()
        process.wait(10)


@pytest.fixture
def unit_server():
    with UnitServer(HTTPS="on", NUM_PROXIES="1", ALLOWED_HOSTS="cinema.example,127.0.0.1") as server:
        yield server


def debian_configuration(folder):
    """Returns Debian's nginx.conf for one worker, changed as install.sh does, without sites and paths."""
    (folder / "modules-enabled").mkdir()
    (folder / "debian.conf").write_text(DEBIAN_NGINX.read_text())
    script = (DEPLOY / "install.sh").read_text()
    commands = "\n".join(re.findall(r"^.*worker_\w+ .*$", script, re.MULTILINE))
    assert len(commands.splitlines()) == 2
    commands = commands.replace("/etc/nginx/nginx.conf", str(folder / "debian.conf"))
    subprocess.run(["sh", "-euc", commands.replace("/etc/nginx", str(folder))], check=True)
    subprocess.run(["sh", "-euc", commands.replace("/etc/nginx", str(folder))], check=True)
    text = (folder / "debian.conf").read_text()
    text = re.sub(
        r"^\s*(user|pid|error_log|access_log|include /etc/nginx/(sites|conf)).*$", "", text, flags=re.M
    )
    text = text.replace("worker_processes auto;", "worker_processes 1;")
    return text.replace("/etc/nginx/modules-enabled", str(folder / "modules-enabled"))


def get(url, **headers):
    """Sends a GET request without verifying the certificate."""
    # `ssl.create_default_context` would load all root certificates for each request, 20 ms each time.
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    request = urllib.request.Request(url, headers={"Host": "cinema.example", **headers})
    return urllib.request.urlopen(request, context=context, timeout=10)


@pytest.mark.proxy
@requires(NGINX, "nginx is not installed")
@pytest.mark.django_db(transaction=True)
def test_node_behind_nginx_answers_and_streams_live_events(tmp_path, unit_server, show):
    with run_nginx(tmp_path, unit_server, lambda site: f"events {{}}\nhttp {{ gzip on; {site} }}") as port:
        url = f"https://127.0.0.1:{port}"
        with get(f"{url}/shows/{show.pk}/") as answer:
            assert json.load(answer)["total_seats"] == 12
            assert answer.headers["Strict-Transport-Security"] == "max-age=31536000"
        for path, encoding in ((f"/shows/{show.pk}/seats/", "gzip"), ("/admin/login/", None)):
            with get(url + path, **{"Accept-Encoding": "gzip"}) as answer:
                assert answer.headers["Content-Encoding"] == encoding
        with get(f"{url}/shows/{show.pk}/events/") as answer:
            stream = Stream(answer)
            assert stream.event()["complete"]
            BookingFactory(show=show, seat_number=7)
            assert stream.event()["seats"] == [{"seat_number": 7, "status": "taken"}]


@pytest.mark.proxy
@requires(NGINX and DEBIAN_NGINX.exists(), "Debian's nginx is not installed")
@pytest.mark.django_db(transaction=True)
def test_debian_nginx_with_the_connections_of_the_guide_keeps_500_streams(tmp_path, unit_server, show):
    """With Debian's 768 connections for each worker, it cuts off streams from the 384th on."""
    main = debian_configuration(tmp_path)
    at = main.rindex("http {") + len("http {")
    with (
        run_nginx(tmp_path, unit_server, lambda site: main[:at] + site + main[at:]) as port,
        ExitStack() as stack,
    ):
        for _ in range(500):
            answer = stack.enter_context(get(f"https://127.0.0.1:{port}/shows/{show.pk}/events/"))
            assert Stream(answer).event()["complete"]


# --- manage: a stand-in for systemd-run, because systemd does not run here ---

SYSTEMD_RUN = """#!/usr/bin/env python3
import json, os, sys
arguments = sys.argv[1:]
command = next(index for index, argument in enumerate(arguments) if not argument.startswith("--"))
properties = dict(option.split("=", 2)[1:] for option in arguments[:command] if "--property=" in option)
settings = dict(line.rstrip("\\n").split("=", 1) for line in open(properties["EnvironmentFile"]))
os.chdir(properties["WorkingDirectory"])
os.umask(int(properties["UMask"], 8))
os.environ.clear()
os.environ.update(settings)
print(properties["User"], flush=True)
os.execv(arguments[command], arguments[command:])
"""


@pytest.mark.slow
def test_manage_acts_on_the_database_of_the_unit(tmp_path):
    project = tmp_path / "project"
    (project / ".venv" / "bin").mkdir(parents=True)
    (project / ".venv" / "bin" / "python").write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')
    shutil.copytree(DEPLOY, project / "deploy")
    for name in ("cinema", "fixtures", "manage.py"):
        (project / name).symlink_to(ROOT / name)
    (tmp_path / "systemd-run").write_text(SYSTEMD_RUN)
    for program in (tmp_path / "systemd-run", project / ".venv" / "bin" / "python"):
        program.chmod(0o755)
    database = tmp_path / "unit.sqlite3"
    url = f"sqlite:///{database}?timeout=20&check_same_thread=False"
    (tmp_path / "cinema.env").write_text(f"SECRET_KEY={'$k&' * 20}\nDATABASE_URL={url}\n")
    unit = (DEPLOY / "cinema.service").read_text().replace("/etc/cinema.env", str(tmp_path / "cinema.env"))
    (tmp_path / "cinema.service").write_text(unit)
    environment = {"PATH": f"{tmp_path}:{os.environ['PATH']}", "UNIT": str(tmp_path / "cinema.service")}
    command = [project / "deploy" / "manage", "migrate", "--verbosity", "0"]
    result = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert (result.returncode, result.stdout, result.stderr) == (0, "cinema\n", "")
    assert database.stat().st_size > 100_000
    assert database.stat().st_mode & 0o077 == 0


def test_unit_does_not_migrate():
    assert "manage.py" not in (DEPLOY / "cinema.service").read_text()


# The exposure that systemd computes, times ten. 30 is "OK", 90 is "UNSAFE".
MAX_EXPOSURE = 30


@pytest.mark.slow
@requires(shutil.which("systemd-analyze"), "systemd is not installed")
@pytest.mark.parametrize("unit", sorted(DEPLOY.glob("*.service")), ids=lambda path: path.name)
def test_unit_is_confined(unit):
    command = [
        "systemd-analyze",
        "security",
        "--offline=yes",
        f"--threshold={MAX_EXPOSURE}",
        "--no-pager",
        unit,
    ]
    result = subprocess.run(command, capture_output=True, text=True)
    assert result.returncode == 0, result.stdout + result.stderr


@pytest.mark.parametrize("name", [*SCRIPTS, *(unit.name for unit in DEPLOY.glob("cinema*"))])
def test_guide_names_every_script_and_unit(name):
    assert f"({name})" in (DEPLOY / "README.md").read_text()


@pytest.mark.parametrize("script", SCRIPTS)
def test_script_has_valid_syntax(script):
    subprocess.run(["dash", "-n", DEPLOY / script], check=True)


# --- backup: as cinema-backup.service runs it ---


@pytest.fixture
def backup_folder(tmp_path):
    old, recent = tmp_path / "cinema-20310101-030000.dump", tmp_path / "cinema-20310110-030000.dump"
    for file, days in ((old, 16), (recent, 12)):
        file.touch()
        os.utime(file, times=(time.time() - days * 86400,) * 2)
    return tmp_path


@requires(connection.vendor == "sqlite" or shutil.which("pg_dump"), "pg_dump is not installed")
@pytest.mark.django_db(transaction=True)
def test_backup_is_private_complete_and_replaces_those_older_than_14_days(backup_folder, show):
    subprocess.run([DEPLOY / "backup", backup_folder], env=environment(), check=True)
    kept, new = sorted(backup_folder.iterdir(), key=lambda file: file.stat().st_mtime)
    assert kept.name == "cinema-20310110-030000.dump"
    assert new.stat().st_mode & 0o077 == 0
    if connection.vendor == "sqlite":
        assert new.suffix == ".sqlite3"
        (title,) = sqlite3.connect(new).execute("SELECT title FROM shows_movie").fetchone()
    else:
        assert new.suffix == ".dump"
        command = ["pg_restore", "--data-only", "--table=shows_movie", "--file=-", new]
        title = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert show.movie.title in title


def test_failed_backup_deletes_no_older_one(backup_folder):
    env = environment(DATABASE_URL="postgres://127.0.0.1:1/cinema")
    result = subprocess.run([DEPLOY / "backup", backup_folder], env=env, capture_output=True)
    assert result.returncode != 0
    assert len(list(backup_folder.iterdir())) == 2


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
