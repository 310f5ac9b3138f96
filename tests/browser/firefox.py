"""Drives Debian's Firefox by its own protocol, Marionette. Playwright drives only a Firefox of its own."""

import json
import shutil
import socket
import subprocess
import time
from contextlib import ExitStack

from tests.ports import spare_port

FIREFOX = shutil.which("firefox-esr") or shutil.which("firefox")
TIMEOUT_SECONDS = 60
# Firefox reports this if an observer changes a size; the next frame has the right one.
HARMLESS = {"ResizeObserver loop completed with undelivered notifications."}


class Firefox:
    """`with Firefox(folder) as firefox:` runs a Firefox with a new profile until the block ends."""

    def __init__(self, folder):
        self.folder = folder
        self.port = spare_port()
        self.open_files = ExitStack()

    def __enter__(self):
        (self.folder / "user.js").write_text(f'user_pref("marionette.port", {self.port});\n')
        command = [FIREFOX, "--marionette", "--remote-allow-system-access", "--headless", "--no-remote"]
        command += ["--profile", str(self.folder)]
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            self.connection = self.open_files.enter_context(self._connect())
            self.answers = self.open_files.enter_context(self.connection.makefile("rb"))
            self._read()  # The greeting.
            self.send("WebDriver:NewSession", capabilities={"alwaysMatch": {}})
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        self.open_files.close()
        self.process.terminate()
        self.process.wait(TIMEOUT_SECONDS)

    def _connect(self):
        deadline = time.monotonic() + TIMEOUT_SECONDS
        while True:
            try:
                return socket.create_connection(("127.0.0.1", self.port), TIMEOUT_SECONDS)
            except OSError:
                assert time.monotonic() < deadline, "Firefox did not open its port."
                time.sleep(0.1)

    def send(self, command, **parameters):
        """Sends a command of WebDriver and returns its result."""
        message = json.dumps([0, 1, command, parameters])
        self.connection.sendall(f"{len(message)}:{message}".encode())
        _, _, error, result = self._read()
        assert error is None, error
        return result

    def _read(self):
        length = b""
        while (character := self.answers.read(1)) != b":":
            length += character
        return json.loads(self.answers.read(int(length)))

    def open(self, url):
        self.send("WebDriver:Navigate", url=url)

    def evaluate(self, script, *arguments):
        """Runs the body of a function in the page's own scope."""
        return self.send("WebDriver:ExecuteScript", script=script, args=arguments, sandbox=None)["value"]

    def wait_until(self, script, *arguments):
        """Waits until the body of a function returns something true."""
        deadline = time.monotonic() + TIMEOUT_SECONDS
        while not self.evaluate(script, *arguments):
            assert time.monotonic() < deadline, f"Not true: {script} {arguments}"
            time.sleep(0.1)

    def wait_for(self, selector, text=""):
        """Waits until an element with this text is visible."""
        script = """return [...document.querySelectorAll(arguments[0])].some(
            (element) => element.textContent.includes(arguments[1]) && element.getClientRects().length)"""
        self.wait_until(script, selector, text)

    def errors(self):
        """The errors in the console that are about pages, and not about Firefox itself."""
        script = """return Services.console.getMessageArray()
            .filter((message) => message instanceof Ci.nsIScriptError && !(message.flags & message.warningFlag))
            .filter(({ sourceName }) => /^http/.test(sourceName))
            .map(({ errorMessage }) => errorMessage)"""
        self.send("Marionette:SetContext", value="chrome")
        messages = self.send("WebDriver:ExecuteScript", script=script, args=[])["value"]
        self.send("Marionette:SetContext", value="content")
        return set(messages) - HARMLESS

    def press(self, *keys):
        """Presses keys one after the other: characters, or the constants below."""
        actions = [{"type": kind, "value": key} for key in keys for kind in ("keyDown", "keyUp")]
        self.send("WebDriver:PerformActions", actions=[{"type": "key", "id": "keys", "actions": actions}])

    def click(self, selector):
        self.evaluate("document.querySelector(arguments[0]).click()", selector)

    def tab_to(self, selector):
        """Presses Tab until such an element has the focus."""
        for _ in range(100):
            self.press(TAB)
            if self.evaluate("return document.activeElement.matches(arguments[0])", selector):
                return
        raise AssertionError(f"Tab does not reach {selector}.")


# WebDriver's codes of keys without a character.
TAB, ENTER, SPACE, RIGHT = "\ue004", "\ue007", " ", "\ue014"
