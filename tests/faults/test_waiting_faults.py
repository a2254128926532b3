"""Workers that are killed while messages wait for the end of a reply. Promises: `checker.py`.

A waiting message is a prompt like any other: it is sent again with its key until there is a reply to be read.
"""

import os
import random
import signal
import sqlite3
from contextlib import closing
from functools import partial

import httpx
import pytest

from tests.faults.conftest import TWO_KINDS
from tests.faults.ledger import Ledger, Prompt
from tests.faults.reader import Reader
from tests.faults.test_process_faults import LONG, a_flow, is_back
from tests.faults.waiting import send_those_that_wait_for
from tests.site import Site
from tests.upstream import Reply
from tests.waiting import wait_until


def followed(ledger: Ledger, first: Reader, *replies: Reply) -> list[Reader]:
    """Messages that wait for the reply that `first` reads, one behind the other."""
    readers = []
    for reply in replies:
        prompt = ledger.prompt(first.prompt.person, reply, fields=first.prompt.as_next)
        readers.append(Reader(prompt).start())
        wait_until(partial(_is_taken, prompt))
    return readers


def _is_taken(prompt: Prompt) -> bool:
    return prompt.accepted


def read_to_the_end(readers: list[Reader]) -> None:
    """What waits for its person, because the reply before was interrupted, is sent by them."""

    def is_over() -> bool:
        for reader in readers:
            if not reader.is_over:
                send_those_that_wait_for(reader.prompt.person, readers[0].prompt.conversation)
        return all(reader.is_over for reader in readers)

    wait_until(is_over, timeout=LONG)
    for reader in readers:
        reader.join()


@pytest.mark.parametrize("seed", [1, 2])
def test_workers_are_killed_while_messages_wait(site: Site, ledger: Ledger, seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311 - the same every time
    workers = len(site.server.worker_pids)
    conversations = []
    for _ in range(3):
        first = Reader(ledger.prompt(site.visitor(), a_flow(60))).start()
        first.wait_for(1)
        conversations.append([first, *followed(ledger, first, a_flow(10), Reply("And ", "on."))])
    conversations[0][0].wait_for(chance.randrange(60))
    ledger.bereave()

    os.kill(chance.choice(site.server.worker_pids), signal.SIGKILL)

    wait_until(is_back(site, workers=workers), timeout=LONG)
    for readers in conversations:
        read_to_the_end(readers)


@pytest.mark.parametrize("site", TWO_KINDS, indirect=True)
def test_a_worker_is_killed_between_an_end_and_what_waits_for_it(site: Site, ledger: Ledger) -> None:
    """What is due by then is in the database, and nobody asks the site for anything."""
    workers = len(site.server.worker_pids)
    gate = site.upstream.gate()
    first = Reader(ledger.prompt(site.visitor(), Reply("So far", gate))).start()
    first.wait_for(2)
    prompt = ledger.prompt(first.prompt.person, Reply("After ", "all."), fields=first.prompt.as_next)
    answer = prompt.post()
    assert isinstance(answer, httpx.Response)
    assert answer.status_code == 201
    first.prompt.stop()
    first.join()
    os.kill(site.server.pid, signal.SIGSTOP)  # no new worker yet
    for pid in site.server.worker_pids:
        os.kill(pid, signal.SIGKILL)

    with closing(sqlite3.connect(site.data_dir / "db.sqlite3", timeout=60)) as connection, connection:
        connection.execute("UPDATE waiting_waitingmessage SET due = strftime('%Y-%m-%d %H:%M:%f', 'now')")
    os.kill(site.server.pid, signal.SIGCONT)

    wait_until(lambda: bool(prompt.calls), timeout=LONG)
    assert prompt.calls[0].request.answered.wait(LONG)
    wait_until(is_back(site, workers=workers), timeout=LONG)
    reader = Reader(prompt).start()
    reader.join()
    assert (reader.text, reader.status) == ("After all.", "done")
