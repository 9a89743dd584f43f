"""A real browser for tests, spoken to through the DevTools protocol over a pipe, with the standard library alone."""

import base64
import json
import os
import shutil
import subprocess
from contextlib import contextmanager

PROGRAMS = ("chromium", "chromium-browser", "google-chrome", "chrome")


def found():
    """Return the browser on PATH; None if there is none."""
    return next((path for path in map(shutil.which, PROGRAMS) if path), None)


class Page:
    """A page of the browser.

    ``problems`` collects messages of the console, exceptions and requests that leave the page, as text.
    """

    def __init__(self, to, answers):
        self._to, self._answers, self._number, self._session = to, answers, 0, None
        self.problems = []
        target = self("Target.createTarget", url="about:blank")["targetId"]
        self._session = self("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self(f"{domain}.enable")

    def __call__(self, method, **params):
        """Send a command, and return its result."""
        self._number += 1
        message = {"id": self._number, "method": method, "params": params}
        if self._session:
            message["sessionId"] = self._session
        os.write(self._to, json.dumps(message).encode() + b"\0")
        while True:
            answer = self._next()
            if answer.get("id") == self._number:
                assert "error" not in answer, answer
                return answer["result"]

    def open(self, path, *, width, dark=False):
        """Show a file, or an address, in a window of a given width, and wait until it is complete."""
        self("Emulation.setDeviceMetricsOverride", width=width, height=800, deviceScaleFactor=1, mobile=width < 600)
        colours = [{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}]
        self("Emulation.setEmulatedMedia", features=colours)
        self.loaded = False
        self("Page.navigate", url=path if isinstance(path, str) else path.as_uri())
        while not self.loaded:
            self._next()

    def evaluate(self, expression):
        """Return the value of an expression of JavaScript."""
        return self("Runtime.evaluate", expression=expression, returnByValue=True)["result"].get("value")

    def screenshot(self, file):
        """Write the whole page as a PNG."""
        image = self("Page.captureScreenshot", captureBeyondViewport=True)
        file.write_bytes(base64.b64decode(image["data"]))

    def printed(self):
        """Return the page as PDF."""
        return base64.b64decode(self("Page.printToPDF", printBackground=True)["data"])

    def _next(self):
        message = json.loads(next(self._answers))
        method, params = message.get("method"), message.get("params", {})
        if method == "Page.loadEventFired":
            self.loaded = True
        elif method == "Runtime.consoleAPICalled":
            self.problems.append(f"console: {params['args']}")
        elif method == "Runtime.exceptionThrown":
            self.problems.append(f"exception: {params['exceptionDetails']['text']}")
        elif method == "Log.entryAdded":
            self.problems.append(f"{params['entry']['source']}: {params['entry']['text']}")
        elif method == "Network.requestWillBeSent":
            url = params["request"]["url"]
            if not url.startswith(("data:", "file:", "about:")):
                self.problems.append(f"request: {url}")
        return message


@contextmanager
def browser(profile):
    """Start a browser with a profile of its own, and yield a `Page`; it ends with the block."""
    read_commands, commands = os.pipe()
    answers, write_answers = os.pipe()
    options = ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--remote-debugging-pipe"]
    # the browser reads commands from descriptor 3 and writes answers to 4
    shell = f'exec "$@" 3<&{read_commands} 4>&{write_answers}'
    process = subprocess.Popen(
        ["bash", "-c", shell, "bash", found(), *options, f"--user-data-dir={profile}"],
        pass_fds=(read_commands, write_answers),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    os.close(read_commands)
    os.close(write_answers)
    try:
        yield Page(commands, _messages(answers))
    finally:
        process.terminate()
        process.wait(20)
        os.close(commands)
        os.close(answers)


def _messages(descriptor):
    rest = b""
    while chunk := os.read(descriptor, 1 << 20):
        *whole, rest = (rest + chunk).split(b"\0")
        yield from whole
    raise AssertionError("the browser ended")
