"""Try the site as a newcomer would: `make run`, a prompt, real tokens, Ctrl-C.

    python3 .ci/first_run.py CHECKOUT

Standard library only: nothing is installed yet. Exits with 1, and says why, if a promise is not kept.
"""

import http.client
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.parse
from collections.abc import Iterator
from pathlib import Path
from typing import NoReturn

PROMPT = "How cool are LLMs?"
INSTALL_SECONDS = 600.0
AGAIN_SECONDS = 30.0
STOP_SECONDS = 10.0
# What a newcomer's shell has, and what pip may need to reach the packages. No setting of the site's.
INHERITED = ("PATH", "HOME", "USER", "LANG", "LC_", "TERM", "TMPDIR", "PIP_", "SSL_", "REQUESTS_CA_BUNDLE")
PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY")


def fail(reason: str) -> NoReturn:
    sys.exit(f"FAILED: {reason}")


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def make_run(checkout: Path, port: int) -> subprocess.Popen[bytes]:
    """`make run` in a process group of its own, as a terminal starts it, with no setting but the port."""
    env = {
        name: value
        for name, value in os.environ.items()
        if name.startswith(INHERITED) or name.upper() in PROXIES
    }
    env["PORT"] = str(port)
    return subprocess.Popen(["make", "run"], cwd=checkout, env=env, start_new_session=True)


def wait_until_ready(server: subprocess.Popen[bytes], port: int, *, seconds: float) -> float:
    """Seconds until GET /readyz answers 200."""
    start = time.monotonic()
    while time.monotonic() - start < seconds:
        if server.poll() is not None:
            fail(f"make run ended with {server.returncode}")
        try:
            if get(port, "/readyz").status == 200:
                return time.monotonic() - start
        except OSError:
            time.sleep(0.1)
    fail(f"no answer within {seconds:g} s")


def get(port: int, path: str) -> http.client.HTTPResponse:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    connection.request("GET", path)
    return connection.getresponse()


def ask(port: int) -> Iterator[tuple[str, dict[str, object], float]]:
    """Send the prompt as the page does; each event's name, data and time since the request."""
    page = get(port, "/")
    cookies = "; ".join(header.split(";")[0] for header in page.headers.get_all("Set-Cookie") or [])
    found = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page.read().decode())
    if found is None:
        fail("the page has no form with a CSRF token")
    body = urllib.parse.urlencode({"text": PROMPT, "csrfmiddlewaretoken": found[1]})
    headers = {
        "Accept": "text/event-stream",
        "Content-Type": "application/x-www-form-urlencoded",
        "Cookie": cookies,
    }
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
    start = time.monotonic()
    connection.request("POST", "/messages/", body, headers)
    response = connection.getresponse()
    if response.status != 200:
        fail(f"POST /messages/ answered {response.status}: {response.read(500)!r}")
    name, data = "", ""
    for line in response:
        field, _, value = line.decode().rstrip("\n").partition(": ")
        if field == "event":
            name = value
        elif field == "data":
            data = value
        elif not field and data:
            yield name, json.loads(data), time.monotonic() - start
            name, data = "", ""


def check_reply(port: int) -> None:
    events = list(ask(port))
    tokens = [(data["text"], at) for name, data, at in events if name == "token"]
    name, end, _ = events[-1] if events else ("nothing", {}, 0.0)
    if name != "end" or end.get("status") != "done":
        fail(f"the reply did not end well: {name} {end}")
    if len(tokens) < 5 or len({at for _, at in tokens}) < 5:
        fail(f"expected tokens one after another, got {len(tokens)}")
    print(f"{len(tokens)} tokens, from {tokens[0][1]:.2f} s to {tokens[-1][1]:.2f} s:")
    print("".join(str(text) for text, _ in tokens)[:300])


def stop(server: subprocess.Popen[bytes], port: int) -> None:
    """Ctrl-C; then nothing that was started is left."""
    session = server.pid
    start = time.monotonic()
    model = started_by(session)
    os.killpg(session, signal.SIGINT)
    try:
        server.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        fail(f"still running {STOP_SECONDS:g} s after Ctrl-C")
    while left := [pid for pid in model if alive(pid)]:
        if time.monotonic() - start > STOP_SECONDS:
            fail(f"processes left after Ctrl-C: {left}")
        time.sleep(0.05)
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind(("127.0.0.1", port))
    print(f"Ctrl-C ended {len(model)} processes in {time.monotonic() - start:.1f} s, and the port is free.")


def started_by(pid: int) -> list[int]:
    """This process and all below it."""
    table = subprocess.run(["ps", "-eo", "pid=,ppid="], capture_output=True, text=True, check=True).stdout
    children: dict[int, list[int]] = {}
    for line in table.splitlines():
        child, parent = map(int, line.split())
        children.setdefault(parent, []).append(child)
    found = [pid]
    for one in found:
        found.extend(children.get(one, []))
    return found


def alive(pid: int) -> bool:
    """Whether it runs; one that has ended and waits for its parent to look counts as gone."""
    state = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True, check=False)
    return bool(state.stdout.strip()) and not state.stdout.strip().startswith("Z")


def main(checkout: Path) -> None:
    for limit in (INSTALL_SECONDS, AGAIN_SECONDS):
        port = free_port()
        server = make_run(checkout, port)
        try:
            print(f"Ready after {wait_until_ready(server, port, seconds=limit):.1f} s.")
            check_reply(port)
            stop(server, port)
        finally:
            if server.poll() is None:
                os.killpg(server.pid, signal.SIGKILL)
    print("The first run works, and so does the second.")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
