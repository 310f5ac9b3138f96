"""A clean Debian 12, which runs beside this machine as a systemd container."""

import ctypes
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from tests.chaos.setup import ROOT

CACHE = Path.home() / ".cache" / "cinema-install"
CERTIFICATES = Path("/etc/ssl/certs/ca-certificates.crt")
CLONE_NEWNET = 0x40000000
started = time.monotonic()


def say(text: str) -> None:
    print(f"=== [{time.monotonic() - started:5.1f} s] {text}", flush=True)


class Machine:
    """Context manager that boots a clean Debian 12 with a copy of the project in /root/cinema."""

    def __enter__(self) -> "Machine":
        self.stack = ExitStack()
        try:
            self._boot()
        except BaseException:
            self.stack.close()
            raise
        return self

    def __exit__(self, *_: Any) -> None:
        self.stack.close()

    def _boot(self) -> None:
        base = CACHE / "debian-12.tar"
        if not base.exists():
            say("Making a Debian 12")
            CACHE.mkdir(parents=True, exist_ok=True)
            packages = "systemd,systemd-sysv,dbus,ca-certificates"
            new = base.with_suffix(".new.tar")
            arguments = ["--quiet", "--variant=apt", f"--include={packages}", "bookworm", str(new)]
            subprocess.run(["mmdebstrap", *arguments], check=True)
            new.rename(base)
        self.folder = Path(tempfile.mkdtemp(prefix="cinema-install-", dir="/var/tmp"))
        self.stack.callback(shutil.rmtree, self.folder, ignore_errors=True)
        self.root = self.folder / "root"
        self.root.mkdir()
        subprocess.run(["tar", "xf", str(base), "-C", str(self.root)], check=True)
        (self.root / "etc/resolv.conf").unlink(missing_ok=True)
        (self.root / "etc/resolv.conf").write_text("nameserver 10.0.2.3\n")
        self.copy_project("cinema")
        self._make_network()
        binds = []
        for name, target in (("apt", "/var/cache/apt/archives"), ("pip", "/root/.cache/pip")):
            (CACHE / name).mkdir(exist_ok=True)
            binds.append(f"--bind={CACHE / name}:{target}")
        # mmdebstrap's apt would delete the packages that it has installed.
        keep = 'Binary::apt::APT::Keep-Downloaded-Packages "true";\nAPT::Keep-Downloaded-Packages "true";\n'
        (self.root / "etc/apt/apt.conf.d/99keep").write_text(keep)
        if "PIP_CERT" in os.environ:
            # A network that intercepts TLS needs its own certificate authority.
            shutil.copyfile(CERTIFICATES, self.root / "root/ca.crt")
            (self.root / "etc/pip.conf").write_text("[global]\ncert = /root/ca.crt\n")
        arguments = ["--quiet", "--boot", "--register=no", "--keep-unit", "--resolv-conf=off", "--timezone=off"]
        network = f"--network-namespace-path=/proc/{self.network.pid}/ns/net"
        console = self.stack.enter_context((self.folder / "console.log").open("wb"))
        nspawn = subprocess.Popen(
            ["systemd-nspawn", *arguments, network, f"--directory={self.root}", *binds],
            stdin=subprocess.DEVNULL,
            stdout=console,
            stderr=console,
        )
        self.stack.callback(self._stop, nspawn)
        for _ in range(300):
            children = Path(f"/proc/{nspawn.pid}/task/{nspawn.pid}/children").read_text().split()
            if children and self._is_booted(int(children[0])):
                break
            time.sleep(0.1)
        else:
            raise SystemExit(f"Debian did not boot:\n{(self.folder / 'console.log').read_text()[-3000:]}")

    def _make_network(self) -> None:
        """Makes a network namespace that reaches the Internet but not this machine."""
        self.network = subprocess.Popen(["unshare", "--net", "sleep", "infinity"])
        self.stack.callback(self._stop, self.network)
        while os.readlink(f"/proc/{self.network.pid}/ns/net") == os.readlink("/proc/self/ns/net"):
            time.sleep(0.01)
        options = ["--configure", "--mtu=65520", "--disable-host-loopback"]
        slirp = subprocess.Popen(
            ["slirp4netns", *options, str(self.network.pid), "tap0"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        self.stack.callback(self._stop, slirp)

    @staticmethod
    def _stop(process: subprocess.Popen[bytes]) -> None:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def _is_booted(self, leader: int) -> bool:
        self.leader = leader
        state = self.run("systemctl is-system-running", check=False).strip()
        return state in {"running", "degraded"}

    def copy_project(self, name: str) -> None:
        """Copies the files that git knows, with their uncommitted changes."""
        target = self.root / "root" / name
        target.mkdir()
        files = subprocess.run(
            ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
            cwd=ROOT,
            capture_output=True,
            check=True,
        ).stdout
        names = [name for name in files.split(b"\0") if name and (ROOT / name.decode()).is_file()]
        tar = subprocess.run(
            ["tar", "c", "--null", "-T", "-"],
            cwd=ROOT,
            input=b"\0".join(names),
            capture_output=True,
            check=True,
        )
        subprocess.run(["tar", "x", "-C", str(target)], input=tar.stdout, check=True)

    def run(self, script: str, *, check: bool = True, show: bool = False, **environment: str) -> str:
        """Runs a shell script as root in the machine and returns its output."""
        variables = {
            "PATH": "/usr/local/sbin:/usr/sbin:/usr/bin:/sbin:/bin",
            "HOME": "/root",
            "LANG": "C.UTF-8",
        }
        command = ["nsenter", f"--target={self.leader}", "--all", "--wdns=/root", "sh", "-euc", script]
        result = subprocess.run(
            command,
            env=variables | environment,
            stdin=subprocess.DEVNULL,
            stdout=None if show else subprocess.PIPE,
            stderr=None if show else subprocess.STDOUT,
            text=True,
            check=False,
        )
        if check and result.returncode:
            print(result.stdout or "", file=sys.stderr)
            print(self.run("journalctl --no-pager -n 60", check=False), file=sys.stderr)
            raise SystemExit(f"Exit status {result.returncode}: {script}")
        return result.stdout or ""

    def enter_network(self) -> None:
        """Moves this thread, and those that it starts, into the network of the machine."""
        with open(f"/proc/{self.network.pid}/ns/net") as namespace:
            if ctypes.CDLL(None, use_errno=True).setns(namespace.fileno(), CLONE_NEWNET):
                raise OSError(ctypes.get_errno(), "setns")
