"""A real Firefox, driven over Marionette, its own protocol: Playwright drives only one that it has patched.

https://firefox-source-docs.mozilla.org/testing/marionette/Protocol.html
"""

import contextlib
import json
import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from io import BufferedReader
from pathlib import Path
from typing import Any

from tests.server import free_port
from tests.waiting import wait_until

HOW_TO_GET_ONE = "Install one (on Debian: apt install firefox-esr), or set FIREFOX to its path."
_NAMES = ("firefox-esr", "firefox")
_ELEMENT = "element-6066-11e4-a52e-4f735466cecf"
"""The key of an element's reference, as WebDriver has it."""
_PREFERENCES = {
    "app.update.enabled": False,
    "browser.shell.checkDefaultBrowser": False,
    "datareporting.policy.dataSubmissionEnabled": False,
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
    "services.settings.server": "",
    "toolkit.telemetry.enabled": False,
}


def find_firefox() -> str | None:
    """The browser that FIREFOX names, or one that is on the PATH."""
    named = os.environ.get("FIREFOX")
    return shutil.which(named) if named else next(filter(None, map(shutil.which, _NAMES)), None)


class Firefox:
    """One window. What it finds, it finds by CSS selectors."""

    def __init__(self, connection: socket.socket, answers: BufferedReader) -> None:
        self._connection = connection
        self._answers = answers
        self._sent = 0
        self._read()  # says which protocol it speaks
        self._do("NewSession")

    def open(self, url: str) -> None:
        self._do("Navigate", url=url)

    def reload(self) -> None:
        self._do("Refresh")

    def run(self, script: str, *arguments: object) -> Any:
        """What a function's body returns, run in the page."""
        return self._do("ExecuteScript", script=script, args=arguments)["value"]

    def click(self, selector: str) -> None:
        self._do("ElementClick", id=self._find(selector))

    def type(self, selector: str, text: str) -> None:
        """Type as a person does. WebDriver's private characters are keys: "\\ue006" is Enter."""
        self._do("ElementSendKeys", id=self._find(selector), text=text)

    def text(self, selector: str) -> str:
        """What the last element of these reads, as far as it is seen. Nothing if there is none."""
        found = self.run("return [...document.querySelectorAll(arguments[0])].at(-1)?.innerText", selector)
        return str(found or "")

    def _find(self, selector: str) -> str:
        found = self._do("FindElement", using="css selector", value=selector)["value"]
        return str(found[_ELEMENT])

    def _do(self, command: str, **parameters: object) -> Any:
        self._sent += 1
        message = json.dumps([0, self._sent, f"WebDriver:{command}", parameters]).encode()
        self._connection.sendall(b"%d:%b" % (len(message), message))
        _, number, error, result = self._read()
        assert number == self._sent
        if error:
            failure = f"{command}: {error['error']}: {error['message']}"
            raise AssertionError(failure)
        return result

    def _read(self) -> Any:
        length = b""
        while (digit := self._answers.read(1)) != b":":
            assert digit, "Firefox has gone"
            length += digit
        return json.loads(self._answers.read(int(length)))


@contextlib.contextmanager
def running(executable: str) -> Iterator[Firefox]:
    """A headless Firefox with a profile of its own, until the end of the context."""
    port = free_port()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        lines = [
            f"user_pref({json.dumps(name)}, {json.dumps(value)});"
            for name, value in (_PREFERENCES | {"marionette.port": port}).items()
        ]
        Path(profile, "user.js").write_text("\n".join(lines))
        process = subprocess.Popen(
            [executable, "--headless", "--no-remote", "--marionette", "--profile", profile, "about:blank"],
            env=dict(os.environ) | {"HOME": profile},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            wait_until(lambda: _listens(port), timeout=90)
            with (
                socket.create_connection(("127.0.0.1", port), timeout=60) as connection,
                connection.makefile("rb") as answers,
            ):
                yield Firefox(connection, answers)
        finally:
            process.terminate()
            process.wait(30)


def _listens(port: int) -> bool:
    with contextlib.suppress(ConnectionError), socket.create_connection(("127.0.0.1", port)):
        return True
    return False
