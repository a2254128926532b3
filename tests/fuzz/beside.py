"""What a second person notices while a first one sends hostile content to a live site, and what it holds.

.venv/bin/python -m tests.fuzz.beside            # on gthread and gevent: the longest waits, and the memory

The second person does the same with nobody beside them first: on a busy machine only the difference says
something about the site. Who attacks is a process of its own, and takes none of the second person's time.
"""

import multiprocessing
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.chatsite.documents.people import upload_form
from tests.server import copy_prepared, prepare
from tests.site import Site, running_site
from tests.upstream import Pause, Reply
from tests.upstream.request import Request
from tests.visitor import Visitor

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
ROUNDS = 20
"""How often the second person does everything with nobody beside them."""


@dataclass
class Person:
    """Somebody who does what people do. `waits` are seconds, by what was done."""

    visitor: Visitor
    waits: dict[str, list[float]] = field(default_factory=dict)

    def go_about(self) -> None:
        """Open the page, send, read on, stop."""
        self._time("page", lambda: self.visitor.get("/"))
        began = time.monotonic()
        with self.visitor.send(GREETING) as reading:
            reading.until("token")
            self.waits.setdefault("stream", []).append(time.monotonic() - began)
            run = reading.start["run"]
            self._time("stop", lambda: self.visitor.stop(run))
            assert reading.end["status"] == "stopped"

    def _time(self, what: str, do: Callable[[], object]) -> None:
        began = time.monotonic()
        do()
        self.waits.setdefault(what, []).append(time.monotonic() - began)


@dataclass
class Beside:
    """What was measured."""

    alone: Person
    """With nobody beside them."""
    beside: Person
    sent: int
    """Hostile things that were sent and answered."""
    grew: int = 0
    """Bytes by which the memory of the workers grew at most."""


def answer(request: Request) -> Reply:
    """The reply to a prompt: the hostile text that it names, a usual one, or a word."""
    said = request.messages[-1]["content"]
    return USUAL if said == GREETING else Reply(HOSTILE.get(said, "Yes."))


def attack(url: str, names: Iterable[str]) -> None:
    """Send each hostile text three ways: as the model's reply, as a file, as a message of one's own."""
    with Visitor(url) as visitor:
        for name in names:
            with visitor.send(name, html=True) as reading:
                conversation = reading.start["conversation"]
                assert reading.end["status"] == "done"
            assert visitor.get(f"/c/{conversation}/").status_code == 200
            assert visitor.http.send(upload_form(visitor, "a.md", HOSTILE[name])).status_code < 500
            # It may be longer than the model can read.
            assert visitor.post("/messages/", {"text": HOSTILE[name][:20_000]}).status_code < 500


@contextmanager
def attacking(site: Site, names: Iterable[str]) -> Iterator[Callable[[], bool]]:
    """Attack the site meanwhile. Yields what says whether it goes on."""
    attacker = multiprocessing.get_context("spawn").Process(target=attack, args=(site.url, list(names)))
    attacker.start()
    try:
        yield attacker.is_alive
        attacker.join()
    finally:
        attacker.kill()
        attacker.join()
    assert attacker.exitcode == 0


def measure(site: Site, names: Iterable[str] = HOSTILE) -> Beside:
    """Let both at the site at once. The first time of all is not measured: much is loaded then."""
    site.upstream.on(answer)
    with site.visitor().send("Hi", html=True) as reading:
        assert reading.end["status"] == "done"
    names = list(names)
    measured = Beside(alone=Person(site.visitor()), beside=Person(site.visitor()), sent=3 * len(names))
    Person(site.visitor()).go_about()
    for _ in range(ROUNDS):
        measured.alone.go_about()
    before = memory_of(site)
    with attacking(site, names) as goes_on:
        while goes_on():
            measured.beside.go_about()
            measured.grew = max(measured.grew, memory_of(site) - before)
    return measured


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


def report(name: str, measured: Beside) -> None:
    print(f"{name}: {measured.sent} hostile texts, the workers grew by {measured.grew >> 20} MB at most")
    for what, seconds in measured.beside.waits.items():
        alone = figures(measured.alone.waits[what])
        print(f"  {what}: {figures(seconds)}; with nobody beside {alone}")


def figures(seconds: list[float]) -> str:
    ordered = sorted(seconds)
    middle, worst = ordered[len(ordered) // 2], ordered[-1]
    return f"{middle * 1000:.0f} ms as a rule, {worst * 1000:.0f} at worst of {len(ordered)}"


if __name__ == "__main__":
    sys.exit(main())
