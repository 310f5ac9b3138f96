"""Runs deploy/install.sh in a clean Debian 12 and uses the result, with a stopwatch.

    python -m tests.deployment.try_install [--sqlite]

The Debian is a systemd container with its own network, so it needs no port of this machine. Buyers book over
HTTPS while the code is upgraded, rolled back, and a backup is restored. The program fails if a request fails or
if an acknowledged booking is missing. It needs root, and Debian's packages mmdebstrap, systemd-container and
slirp4netns. Downloads stay in ~/.cache/cinema-install.
"""

import http.client
import json
import os
import re
import secrets
import shutil
import signal
import socket
import ssl
import sys
import time
from collections.abc import Callable

from tests.chaos.ledger import Ledger, verify
from tests.chaos.load import BookingLoad
from tests.chaos.setup import SCRIPT, LoadData
from tests.deployment.machine import Machine, say

DOMAIN = "cinema.example"
PROGRAMS = ("mmdebstrap", "systemd-nspawn", "slirp4netns", "nsenter", "unshare")
BUYERS, SHOWS, SEATS = 4, 40, 300
MAIL_SUBSCRIPTION = """
from django.contrib.auth.models import User
from cinema.notices.models import Subscription
User.objects.filter(username='alice').update(email='alice@cinema.example')
Subscription.objects.create(name='mails', kind='mail')
"""


class Connection(http.client.HTTPSConnection):
    """A connection to the host name's HTTPS port at 127.0.0.1, which verifies the certificate."""

    def connect(self) -> None:
        raw = socket.create_connection(("127.0.0.1", 443), self.timeout)
        self.sock = self._context.wrap_socket(raw, server_hostname=self.host)  # type: ignore[attr-defined]


class Trial:
    def __init__(self, machine: Machine, *, sqlite: bool) -> None:
        self.machine, self.sqlite = machine, sqlite
        self.password = secrets.token_hex(16)

    def install(self) -> None:
        option = "--sqlite" if self.sqlite else ""
        began = time.monotonic()
        superuser = {"USERNAME": "boss", "EMAIL": "boss@cinema.example", "PASSWORD": secrets.token_urlsafe(12)}
        self.machine.run(
            f"cinema/deploy/install.sh {option} {DOMAIN}",
            show=True,
            **{f"DJANGO_SUPERUSER_{name}": value for name, value in superuser.items()},
        )
        self.machine.run("cinema-manage load_demo")
        self.first_booking()
        say(f"From a bare Debian to the first booking over HTTPS: {time.monotonic() - began:.0f} s")
        self.machine.run(f"cinema/deploy/install.sh {option} {DOMAIN}")
        say("The script ran a second time")
        self.check_admin(superuser)

    def first_booking(self) -> None:
        """Books with curl, as a stranger would try it."""
        call = (
            f"curl -sS --cacert /etc/ssl/cinema/fullchain.pem --resolve {DOMAIN}:443:127.0.0.1 https://{DOMAIN}"
        )
        run = self.machine.run
        account = "-d username=alice -d password=plum-tart-42"
        run(f"{call}/signup {account}")
        token = json.loads(run(f"{call}/login {account}"))["access"]
        show = json.loads(run(f"{call}/movies/1/shows/?upcoming=true"))["results"][0]["id"]
        seats = json.loads(run(f"{call}/shows/{show}/seats/"))["seats"]
        seat = next(seat["seat_number"] for seat in seats if seat["status"] == "available")
        booking = run(f"{call}/shows/{show}/book/ -H 'Authorization: Bearer {token}' -d seat_number={seat}")
        assert json.loads(booking)["status"] == "booked", booking
        redirect = run(f"curl -sI --resolve {DOMAIN}:80:127.0.0.1 http://{DOMAIN}/movies/")
        assert f"Location: https://{DOMAIN}/movies/" in redirect, redirect

    def check_admin(self, superuser: dict[str, str]) -> None:
        jar = "-b /tmp/jar -c /tmp/jar --cacert /etc/ssl/cinema/fullchain.pem"
        call = f"curl -sS {jar} --resolve {DOMAIN}:443:127.0.0.1"
        url = f"https://{DOMAIN}/admin/login/"
        page = self.machine.run(f"{call} {url}")
        token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page)
        assert token, page
        fields = f"-d username={superuser['USERNAME']} -d password={superuser['PASSWORD']}"
        form = f"{fields} -d csrfmiddlewaretoken={token[1]} -e {url} -w '\n%{{http_code}}'"
        page = self.machine.run(f"{call} {form} {url}")
        assert page.endswith("\n302"), f"The superuser can't log in: {page[-3000:]}"

    def check_files(self) -> None:
        run = self.machine.run
        modes = run("stat -c '%a %U %G' /etc/cinema.env /var/lib/cinema /var/backups/cinema").splitlines()
        assert modes == ["640 root cinema", "700 cinema cinema", "700 cinema cinema"], modes
        exposure = run("systemd-analyze security cinema --no-pager | tail -n 1").strip()
        say(exposure.lstrip("→ "))
        for unit in ("cinema", "cinema-deliver", "cinema-backup", "cinema-manage@check_seats"):
            run(f"systemd-analyze security {unit} --no-pager --threshold=30 >/dev/null")
        run("systemd-analyze verify /etc/systemd/system/cinema*.service /etc/systemd/system/cinema*.timer")
        run("systemctl is-active logrotate.timer && logrotate --force /etc/logrotate.d/nginx")
        assert run("ls /var/log/nginx/access.log.1")
        run("systemctl enable --now cinema-manage@archive_shows.timer")  # docs/operations.md
        commands = ("flushexpiredtokens", "clearsessions", "check_seats", "archive_shows")
        for job in ("cinema-backup", *(f"cinema-manage@{name}" for name in commands)):
            run(f"systemctl start {job}")
            run(f"systemctl is-enabled --quiet {job}.timer && systemctl is-active {job}.timer")
        backups = run("stat -c '%a %U %s' /var/backups/cinema/*").splitlines()
        assert backups
        assert all(line.startswith("600 cinema ") for line in backups), backups
        failed = run("systemctl --failed --no-legend --plain").strip()
        assert "cinema" not in failed, failed
        assert "Traceback" not in run("journalctl --no-pager -u 'cinema*'")

    def check_mails(self) -> None:
        """Turns mails on, as docs/notices.md says, and books. They stay on for the rest of the trial."""
        run = self.machine.run
        run("echo EMAIL_URL=file:////var/lib/cinema/mails >> /etc/cinema.env && /srv/cinema/deploy/restart")
        run(f'cinema-manage shell --no-imports -c "{MAIL_SUBSCRIPTION}"')
        run("systemctl enable --quiet --now cinema-deliver")
        self.first_booking()
        wait = "for _ in $(seq 60); do grep -qs {} /var/lib/cinema/mails/* && exit 0; sleep 0.5; done; exit 1"
        run(wait.format("'^To: alice@cinema.example'"))
        say("The mail about a booking was sent")

    def check_telemetry(self) -> None:
        """Turns Sentry and OpenTelemetry on, as docs/operations.md says. The release gets their packages."""
        run = self.machine.run
        before = self.current_release()
        run("echo SENTRY_DSN=https://key@127.0.0.1:9/1 >> /etc/cinema.env")
        run("echo OTEL_EXPORTER_OTLP_ENDPOINT=http://127.0.0.1:9 >> /etc/cinema.env")
        run("/srv/cinema/deploy/upgrade")
        assert self.current_release() == before
        run("/srv/cinema/.venv/bin/python -c 'import sentry_sdk, opentelemetry.sdk'")
        run("sed -i '/^SENTRY_DSN=/d; /^OTEL_/d' /etc/cinema.env && /srv/cinema/deploy/restart")
        say("Sentry and OpenTelemetry were on")

    def check_deliverer(self) -> None:
        """Fails unless the deliverer runs the code of the current release."""
        process = "$(systemctl show --property=MainPID --value cinema-deliver)"
        folder = self.machine.run(f"readlink /proc/{process}/cwd").strip()
        assert folder == self.current_release(), folder

    def prepare_buyers(self) -> None:
        script = SCRIPT.format(buyers=BUYERS, shows=SHOWS, seats=SEATS)
        (self.machine.root / "root" / "buyers.py").write_text(script)
        output = self.machine.run('cinema-manage shell --no-imports -c "$(cat buyers.py)"')
        data = LoadData(**json.loads(output.strip().splitlines()[-1]))
        self.tokens, self.shows = data.tokens, data.shows
        self.machine.run("echo THROTTLE_BOOKING= >> /etc/cinema.env && /srv/cinema/deploy/restart")
        if not self.sqlite:
            sql = f"ALTER ROLE cinema PASSWORD '{self.password}'"
            self.machine.run(f'cd / && runuser -u postgres -- psql -q -c "{sql}"')

    def database_url(self) -> str:
        url = self.machine.run("sed -n 's/^DATABASE_URL=//p' /etc/cinema.env").strip()
        if self.sqlite:
            return f"sqlite:///{self.machine.root}{url.removeprefix('sqlite://')}"
        return f"postgres://cinema:{self.password}@127.0.0.1/{url.rpartition('/')[2]}"

    def under_load(self, name: str, action: Callable[[Ledger], None]) -> Ledger:
        """Runs the action while buyers book, and checks that no request failed."""
        certificate = self.machine.root / "etc/ssl/cinema/fullchain.pem"
        context = ssl.create_default_context(cafile=str(certificate))

        def connect(_: str, timeout_seconds: float) -> http.client.HTTPConnection:
            return Connection(DOMAIN, timeout=timeout_seconds, context=context)

        shows = [self.shows.pop() for _ in range(4)]
        urls = [f"https://{DOMAIN}"]
        with BookingLoad(urls, self.tokens, shows, seats=SEATS, seed=name, connect=connect) as load:
            time.sleep(2)
            began = time.monotonic()
            action(load.ledger)
            ended = time.monotonic()
            time.sleep(2)
        ledger = load.ledger
        errors = sum(count for status, count in ledger.statuses.items() if status >= 500)
        failed = ledger.dropped + ledger.timeouts + errors
        say(
            f"{name}: {ended - began:.1f} s, {ledger.requests} requests, {len(ledger.confirmed)} bookings, "
            f"{failed} failed, the slowest took {ledger.slowest_seconds:.1f} s"
        )
        assert failed == 0, f"{ledger.dropped} dropped, {ledger.timeouts} timed out, {dict(ledger.statuses)}"
        assert ledger.confirmed
        return ledger

    def run_under_load(self, name: str, script: str) -> None:
        ledger = self.under_load(name, lambda _: print(self.machine.run(script), end=""))
        assert ledger.unexpected == [], ledger.unexpected[:5]
        verdict = verify(ledger, self.database_url())
        assert verdict.clean, str(verdict)

    def current_release(self) -> str:
        return self.machine.run("readlink -f /srv/cinema").strip()

    def upgrade(self) -> None:
        self.machine.copy_project("cinema-new")
        self.machine.run("echo '# Another release.' >> cinema-new/cinema/__init__.py")
        before = self.current_release()
        self.run_under_load("Upgrade", "cinema-new/deploy/upgrade")
        assert self.current_release() != before
        self.check_deliverer()
        self.run_under_load("Rollback", "/srv/cinema/deploy/upgrade --back")
        assert self.current_release() == before
        self.check_deliverer()

    def refuse_broken_releases(self) -> None:
        """The first one fails before the server restarts, the second one when it starts."""
        before = self.current_release()
        for number, file in enumerate(("cinema/asgi.py", "gunicorn.conf.py")):
            folder = f"cinema-broken-{number}"
            self.machine.copy_project(folder)
            self.machine.run(f"echo 'raise SystemExit(1)' >> {folder}/{file}")
            self.run_under_load(f"Upgrade with a broken {file}", f"! {folder}/deploy/upgrade")
            assert self.current_release() == before
            # It fails if it counts the restarts of the release that did not start.
            self.machine.run("/srv/cinema/deploy/restart")

    def restore(self) -> None:
        """Only what was booked between the backup and the switch to the restored database may be missing."""
        before_backup: set[int] = set()
        after_restore: set[int] = set()

        def restore(ledger: Ledger) -> None:
            with ledger.lock:
                before_backup.update(ledger.confirmed)
            self.machine.run("systemctl start cinema-backup")
            script = "/srv/cinema/deploy/restore $(ls /var/backups/cinema/* | tail -n 1)"
            assert "Shows, seats and bookings agree." in self.machine.run(script)
            with ledger.lock:
                after_restore.update(ledger.confirmed)

        ledger = self.under_load("Backup and restore", restore)
        # A lost booking can't be canceled, and its number is used again. A lost cancel leaves the seat booked.
        expected = ("/cancel/: 404", "to the first cancel of booking", "was confirmed twice")
        lost_cancels = [f"'already_yours', 'booking': {booking}, " for booking in ledger.cancelled]
        others = [
            text for text in ledger.unexpected if not any(part in text for part in (*expected, *lost_cancels))
        ]
        assert others == [], others[:5]
        lost = verify(ledger, self.database_url()).lost
        missing = {int(text.split()[2]) for text in lost if text.endswith("is missing")}
        assert not missing & before_backup, missing & before_backup
        assert not missing - after_restore, missing - after_restore
        say(f"{len(before_backup)} bookings before the backup are there, {len(missing)} after it are not")
        output = self.machine.run("cinema-manage check_seats")
        assert "Shows, seats and bookings agree." in output, output


def main() -> None:
    if missing := [name for name in PROGRAMS if not shutil.which(name)]:
        sys.exit(
            f"Not installed: {', '.join(missing)}. Run: apt install mmdebstrap systemd-container slirp4netns"
        )
    if os.getuid():
        sys.exit("Run this script as root.")
    # So that the machine is removed on SIGTERM, too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    with Machine() as machine:
        trial = Trial(machine, sqlite="--sqlite" in sys.argv)
        say("Debian runs")
        trial.install()
        trial.check_files()
        trial.check_mails()
        trial.check_telemetry()
        machine.enter_network()
        trial.prepare_buyers()
        trial.upgrade()
        trial.refuse_broken_releases()
        trial.restore()
    say("All of it worked")


if __name__ == "__main__":
    main()
