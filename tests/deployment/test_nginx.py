"""A node behind nginx, with the files in `deploy/` and other host names, ports and certificates."""

import json
import os
import re
import shlex
import shutil
import ssl
import subprocess
import sys
import urllib.request
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from tests.factories import BookingFactory
from tests.live_server import ROOT, Server, Stream, wait_for
from tests.ports import spare_port
from tests.requirements import requires

NGINX = shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin")
DEBIAN_NGINX = Path("/etc/nginx/nginx.conf")
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
