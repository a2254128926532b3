"""A site, people and a provider, and everything that can happen to them, one call each.

What drives it decides what happens when: by chance (`python -m tests.faults`), or a state machine that looks
for trouble (`test_state_machine.py`). Afterwards `settle` lets all replies end, and says which promises were
broken.
"""

import contextlib
import os
import random
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx

from tests.faults.checker import Breach, breaches, check_others
from tests.faults.conftest import GRACE
from tests.faults.ledger import Ledger, Prompt, Script
from tests.faults.reader import Reader
from tests.faults.store import SQLite
from tests.faults.waiting import send_those_that_wait_for
from tests.site import Site
from tests.upstream import Cut, EndlessTokens, ErrorEvent, Failure, Gate, Pause, Reply, Reset
from tests.upstream.script import Step
from tests.visitor import Visitor
from tests.waiting import wait_until

UP_WITHIN = 60.0
JOIN_WITHIN = 60.0


def flow(tokens: int, *, every: float) -> list[str | Step]:
    """Tokens at a pace."""
    return [step for number in range(tokens) for step in (f"{number} ", Pause(every))]


class World:
    """People are told apart by their prompts: each has one, and other versions of it."""

    def __init__(self, site: Site, *, chance: random.Random) -> None:
        self._site = site
        self._chance = chance
        self._store = SQLite(site.data_dir)
        self._workers = len(site.server.worker_pids)
        self._leaving: set[int] = set()
        """Workers that were killed, or told to leave."""
        self._told: set[int] = set()
        """Those that got TERM."""
        site.server.mark_log()
        self._begin()

    def _begin(self) -> None:
        self.readers: list[Reader] = []
        """The first reader of each prompt, in the order of sending; `tabs` are the others."""
        self.tabs: list[Reader] = []
        self._endless: list[Prompt] = []
        self._wanted: dict[str, tuple[Prompt, bool]] = {}
        """Of conversations that were deleted: whether they are wanted back."""
        self._gate: Gate = self._site.upstream.gate()
        self.ledger = Ledger(self._site.upstream)

    # People

    def send(self, kind: str) -> None:
        """Somebody new sends a prompt, to which the provider says one of `SCRIPTS`."""
        self._send(kind, self._site.visitor())

    def edit(self, reader: Reader, kind: str) -> None:
        """The same person sends another version of the prompt, whatever has become of its reply."""
        if reader.prompt.has_started:
            self._send(kind, reader.prompt.person, fields=reader.prompt.as_edited)

    def _send(self, kind: str, person: Visitor, **options: Any) -> None:
        prompt = self.ledger.prompt(person, SCRIPTS[kind](self._chance, self._gate), **options)
        if kind == "endless":
            self._endless.append(prompt)
        self.readers.append(Reader(prompt).start())

    def queue(self, reader: Reader, kind: str) -> None:
        """The same person sends the next message, which waits if the reply is still being written."""
        if reader.prompt.has_started:
            self._send(kind, reader.prompt.person, fields=reader.prompt.as_next)

    def open_tab(self, reader: Reader) -> None:
        """The same person reads it once more."""
        if reader.prompt.has_started:
            self.tabs.append(Reader(reader.prompt).start())

    def stop(self, reader: Reader) -> None:
        """It may find nobody there: then it was not asked for."""
        with contextlib.suppress(httpx.TransportError):
            if reader.prompt.has_started:
                reader.prompt.stop()

    def delete(self, reader: Reader, *, restore: bool = False) -> None:
        """The person deletes the conversation, whatever is written in it, and may have it back at once."""
        if reader.prompt.has_started:
            self._wanted[reader.prompt.conversation] = reader.prompt, restore
            with contextlib.suppress(httpx.TransportError):
                self._delete(reader.prompt, restore=restore)

    def _delete(self, prompt: Prompt, *, restore: bool) -> None:
        self.ledger.delete(prompt)
        if restore:
            prompt.restore()

    # Processes

    def kill(self) -> None:
        """kill -9 of a worker."""
        self._signal(signal.SIGKILL)

    def terminate(self) -> None:
        """A worker is told to leave; the master starts another."""
        self._told.add(self._signal(signal.SIGTERM, grace=GRACE))

    def freeze(self) -> None:
        """A worker stands still for as long as it takes the others to think it dead, or a little less."""
        worker = self._chance.choice(self._living())
        self.ledger.bereave()
        os.kill(worker, signal.SIGSTOP)
        self._chance.choice(self.readers).drop()
        time.sleep(self._chance.uniform(0.1, 7.0))  # that is the fault, and synchronises nothing
        with contextlib.suppress(ProcessLookupError):
            os.kill(worker, signal.SIGCONT)

    def reload(self) -> None:
        """HUP, as a deploy does: the workers leave once there are others."""
        self._leaving.update(self._living())
        self.ledger.bereave(grace=UP_WITHIN + GRACE)
        self._site.server.process.send_signal(signal.SIGHUP)

    def restart(self) -> None:
        """The whole site ends (TERM), and starts again."""
        self.ledger.bereave(grace=GRACE)
        assert self._site.server.stop(timeout=UP_WITHIN), "it did not end"
        self._site.server.start()

    def kill_master(self) -> None:
        """kill -9 of the master alone: its workers leave, and then it is started again."""
        workers = self._living()
        self.ledger.bereave(grace=GRACE)
        self._site.server.process.kill()
        self._site.server.process.wait()
        wait_until(lambda: not any(Path(f"/proc/{pid}").exists() for pid in workers), timeout=UP_WITHIN)
        self._site.server.start()

    def _signal(self, number: signal.Signals, *, grace: float = 0.0) -> int:
        """The worker that got it."""
        worker = self._chance.choice(self._living())
        self._leaving.add(worker)
        self.ledger.bereave(grace=grace)
        with contextlib.suppress(ProcessLookupError):
            os.kill(worker, number)
        return worker

    def _living(self) -> list[int]:
        """The workers there are; at least one."""
        return wait_until(lambda: self._site.server.worker_pids, timeout=UP_WITHIN)

    # The end of a round

    def settle(self) -> tuple[int, list[Breach]]:
        """Let everything end, check all promises, and begin anew. How many prompts there were, and the
        breaches."""
        self._gate.open()  # so that those who were told to leave need not wait for their replies
        wait_until(self._is_up, timeout=UP_WITHIN, message="the site did not come back")
        for reader in [*self.readers, *self.tabs]:
            reader.come_back()
        found = list(self._not_as_wanted())
        for reader in self.readers:
            if reader.prompt in self._endless:
                self._stop_surely(reader)
        found += self._unread()
        found += breaches(self.ledger.prompts, self._store)
        found += self._of_others()
        found += self._of_server()
        count = len(self.ledger.prompts)
        try:
            self._site.new_round()
        except AssertionError as error:  # the provider was asked for what nobody wanted
            found.append(Breach("one call", "the provider", str(error)))
        self._begin()
        return count, found

    def _stop_surely(self, reader: Reader) -> None:
        prompt = reader.prompt
        wait_until(lambda: prompt.has_started or reader.is_over, timeout=JOIN_WITHIN)

        def stopped() -> bool:
            with contextlib.suppress(httpx.TransportError):
                return reader.is_over or prompt.stop().status_code == 204
            return False

        wait_until(stopped, timeout=JOIN_WITHIN)

    def _not_as_wanted(self) -> Iterator[Breach]:
        """A conversation that was deleted is gone, with its replies, and one that was had back is there. The
        site may have ended while it was asked: it is asked once more."""
        for prompt, restore in self._wanted.values():
            wanted = 200 if restore else 404
            if self._status(prompt) != wanted:
                self._delete(prompt, restore=restore)
            if (status := self._status(prompt)) != wanted:
                yield Breach("deleted", prompt.text, f"its page is answered with {status}, not {wanted}")

    def _status(self, prompt: Prompt) -> int:
        return prompt.person.get(f"/c/{prompt.conversation}/").status_code

    def _unread(self) -> Iterator[Breach]:
        for reader in [*self.readers, *self.tabs]:
            try:
                if not reader.is_turned_away:
                    self._send_what_waits(reader)
                    reader.join(timeout=JOIN_WITHIN)
            except AssertionError as error:
                reader.leave()
                yield Breach("resume", reader.prompt.text, str(error))

    def _send_what_waits(self, reader: Reader) -> None:
        """The reply before it was stopped, has failed, or was interrupted: its person sends it."""
        prompt, until = reader.prompt, time.monotonic() + JOIN_WITHIN
        while "wait" in prompt.fields and not reader.is_over and time.monotonic() < until:
            send_those_that_wait_for(prompt.person, prompt.fields["conversation"])
            time.sleep(0.1)

    def _of_others(self) -> Iterator[Breach]:
        try:
            check_others(Ledger(self._site.upstream), self._site)
        except (AssertionError, httpx.HTTPError) as error:
            yield Breach("others", "another person", repr(error))

    def _of_server(self) -> Iterator[Breach]:
        log = self._site.server.log
        self._site.server.mark_log()
        for words in ("Traceback", "database is locked", "test-key", *(p.text for p in self.ledger.prompts)):
            if words in log:
                yield Breach("log", words, log[max(0, log.index(words) - 500) :][:3000])

    def _is_up(self) -> bool:
        with (
            contextlib.suppress(httpx.TransportError, ProcessLookupError),
            httpx.Client(base_url=self._site.url, timeout=5, trust_env=False) as client,
        ):
            up = client.get("/readyz").status_code == 200
            workers = set(self._site.server.worker_pids)
            for worker in self._told & workers:
                # Once more: TERM is lost on a worker in its first moments, which has the master's handlers.
                self._told.discard(worker)
                os.kill(worker, signal.SIGTERM)
            return up and len(workers) == self._workers and not workers & self._leaving
        return False


SCRIPTS: dict[str, Callable[[random.Random, Gate], Script]] = {
    "short": lambda chance, gate: Reply("All ", "of ", "it."),
    "flowing": lambda chance, gate: Reply(*flow(chance.randrange(5, 60), every=chance.uniform(0, 0.04))),
    "fast": lambda chance, gate: Reply(*flow(500, every=0)),
    "held": lambda chance, gate: Reply("a ", "b ", gate, "c ", "d"),
    "silent": lambda chance, gate: Reply("late ", "but ", "here", headers_after=gate),
    "endless": lambda chance, gate: Reply("on ", EndlessTokens("and on ", every=0.02)),
    "cut": lambda chance, gate: Reply(*flow(10, every=0.02), Cut()),
    "reset": lambda chance, gate: Reply("a ", gate, Reset()),
    "error": lambda chance, gate: Reply("a ", "b ", ErrorEvent("overloaded")),
    "unfinished": lambda chance, gate: Reply("a ", "b ", finish=None),
    "refused": lambda chance, gate: Failure(500),
}
"""What the provider may say."""
