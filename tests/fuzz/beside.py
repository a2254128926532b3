"""What a second person notices while a first one sends hostile content to a live site, and what it holds.

.venv/bin/python -m tests.fuzz.beside            # on gthread and gevent: the longest waits, and the memory
"""

import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path

from tests.chatsite.documents.people import upload_form
from tests.server import copy_prepared, prepare
from tests.site import Site, running_site
from tests.upstream import Pause, Reply
from tests.upstream.request import Request

LENGTH = 100_000
PATTERNS = (
    "[a]: https://b\n",
    "> " * 40 + "a\nlazy\n",
    "**_* ",
    "# a\n",
    "[![*_`",
    "```perl\n" + "\\" * 60 + "\n```\n",
    "```c\n" + "\n" * 9_900 + "\n```\n",
    "|a" * 50 + "\n",
    '{"a": "\\',
)
HOSTILE = {f"hostile {number}": (pattern * LENGTH)[:LENGTH] for number, pattern in enumerate(PATTERNS)}
GREETING = "Hello"
USUAL = Reply("Well, ", "one ", Pause(30.0), "two")


@dataclass
class Beside:
    """What was measured: seconds, by what the second person did; bytes."""

    waits: dict[str, list[float]] = field(default_factory=dict)
    sent: int = 0
    """Hostile things that were sent and answered."""
    grew: int = 0
    """By how much more memory the workers held at most."""

    def timed(self, what: str, do: Callable[[], object]) -> None:
        began = time.monotonic()
        do()
        self.waits.setdefault(what, []).append(time.monotonic() - began)


def answer(request: Request) -> Reply:
    """The reply to a prompt: the hostile text that it names, a usual one, or a word."""
    said = request.messages[-1]["content"]
    return USUAL if said == GREETING else Reply(HOSTILE.get(said, "Yes."))


def attack(site: Site, beside: Beside, names: Iterable[str]) -> None:
    """Send each hostile text three ways: as the model's reply, as a file, as a message of one's own."""
    visitor = site.visitor()
    for name in names:
        text = HOSTILE[name]
        with visitor.send(name, html=True) as reading:
            conversation = reading.start["conversation"]
            assert reading.end["status"] == "done"
        assert visitor.get(f"/c/{conversation}/").status_code == 200
        assert visitor.http.send(upload_form(visitor, "a.md", text)).status_code < 500
        # It may be longer than the model can read.
        assert visitor.post("/messages/", {"text": text[:20_000]}).status_code < 500
        beside.sent += 3


def go_about(site: Site, beside: Beside, over: threading.Event) -> None:
    """Do what people do, until it is over: open the page, send, read on, stop."""
    visitor = site.visitor()
    visitor.get("/")
    while not over.is_set():
        beside.timed("page", lambda: visitor.get("/"))
        began = time.monotonic()
        with visitor.send(GREETING) as reading:
            reading.until("token")
            beside.waits.setdefault("stream", []).append(time.monotonic() - began)
            run = reading.start["run"]
            beside.timed("stop", lambda: visitor.stop(run))  # noqa: B023 - called at once
            assert reading.end["status"] == "stopped"


def measure(site: Site, names: Iterable[str] = HOSTILE) -> Beside:
    """Let both at the site at once. The first time of all is not measured: much is loaded then."""
    site.upstream.on(answer)
    beside, over = Beside(), threading.Event()
    with site.visitor().send("Hi", html=True) as reading:
        assert reading.end["status"] == "done"
    before = memory_of(site)
    hostile = threading.Thread(target=attack, args=(site, beside, names))
    second = threading.Thread(target=go_about, args=(site, beside, over))
    hostile.start()
    second.start()
    while hostile.is_alive():
        beside.grew = max(beside.grew, memory_of(site) - before)
        hostile.join(0.2)
    over.set()
    second.join()
    return beside


def memory_of(site: Site) -> int:
    """Bytes that the workers hold. Their children are bounded each by its budget."""
    held = 0
    for pid in site.server.worker_pids:
        pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
        held += pages * 4096
    return held


def main() -> int:
    with tempfile.TemporaryDirectory() as directory:
        prepare(Path(directory) / "prepared")
        for worker_class in ("gthread", "gevent"):
            data = copy_prepared(Path(directory) / "prepared", Path(directory) / worker_class)
            settings = {"LIMIT_GUEST_MESSAGES": "100000", "LIMIT_REQUESTS": "100000"}
            with running_site(data, worker_class=worker_class, settings=settings) as site:
                report(worker_class, measure(site))
    return 0


def report(name: str, beside: Beside) -> None:
    print(f"{name}: {beside.sent} hostile texts, the workers grew by {beside.grew >> 20} MB at most")
    for what, seconds in beside.waits.items():
        ordered = sorted(seconds)
        middle, worst = ordered[len(ordered) // 2], ordered[-1]
        print(
            f"  {what}: {len(ordered)} times, {middle * 1000:.0f} ms as a rule, {worst * 1000:.0f} at worst"
        )


if __name__ == "__main__":
    sys.exit(main())
