"""The files in `deploy/` as they stand there, but for names, ports and certificates."""

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

from tests.factories import BookingFactory
from tests.needs import left_out_unless
from tests.server import ROOT, Server, Stream, spare_port

NGINX = shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin")
DEPLOY = ROOT / "deploy"


class UnitServer(Server):
    """The command of the systemd unit."""

    def command(self):
        unit = (DEPLOY / "cinema.service").read_text().replace("\\\n", " ")
        (line,) = re.findall("^ExecStart=(.*)$", unit, re.MULTILINE)
        program, *arguments = shlex.split(line)
        assert program.endswith("/gunicorn")
        arguments[arguments.index("127.0.0.1:8000")] = f"127.0.0.1:{self.port}"
        return [sys.executable, "-m", "gunicorn", *arguments]


@pytest.fixture
def proxy(tmp_path):
    """nginx with our configuration, before a server with the unit's command; the address of nginx."""
    certificate = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=cinema.example"]
    files = ["-keyout", tmp_path / "privkey.pem", "-out", tmp_path / "fullchain.pem"]
    subprocess.run([*certificate, *files], check=True, capture_output=True)
    port = spare_port()
    with UnitServer(HTTPS="on", NUM_PROXIES="1", ALLOWED_HOSTS="cinema.example,127.0.0.1") as server:
        site = (DEPLOY / "nginx.conf").read_text()
        for ours, here in (
            ("127.0.0.1:8000", f"127.0.0.1:{server.port}"),
            ("listen 443", f"listen 127.0.0.1:{port}"),
            ("/etc/ssl/cinema", str(tmp_path)),
        ):
            assert ours in site
            site = site.replace(ours, here)
        temporary = "".join(
            f"{kind}_temp_path {tmp_path}/{kind};\n"
            for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        )
        (tmp_path / "nginx.conf").write_text(
            f"daemon off; pid {tmp_path}/pid; user root; error_log {tmp_path}/error.log;\n"
            f"events {{}}\nhttp {{ access_log off;\n{temporary}{site}}}\n"
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


def ask(url, **headers):
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    request = urllib.request.Request(url, headers={"Host": "cinema.example", **headers})
    return urllib.request.urlopen(request, context=context, timeout=10)


@left_out_unless(NGINX, "nginx is not installed")
@pytest.mark.django_db(transaction=True)
def test_a_node_behind_nginx_answers_and_passes_live_events_on(proxy, show):
    with ask(f"{proxy}/shows/{show.pk}/") as answer:
        assert json.load(answer)["total_seats"] == 12
        assert "max-age" in answer.headers["Strict-Transport-Security"]
    with ask(f"{proxy}/shows/{show.pk}/events/") as answer:
        stream = Stream(answer)
        assert stream.event()["complete"]
        BookingFactory(show=show, seat_number=7)
        assert stream.event()["seats"] == [{"seat_number": 7, "status": "taken"}]
