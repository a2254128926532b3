"""What people are told who have reached a limit, and people who send much at the same moment."""

import threading
from collections import Counter
from collections.abc import Collection, Iterable
from concurrent.futures import ThreadPoolExecutor

import httpx

from chatsite.accounts.limits import LIMITS
from tests.visitor import Visitor

JSON = {"Accept": "application/json"}
TAKEN = "taken"

Sent = tuple[Visitor, httpx.Request]
"""A request, and who sends it."""


def too_many(name: str, most: int) -> str:
    """What somebody is told who has reached the limit, but for when it ends."""
    return LIMITS[name].sentence.format(most=most).partition(" Try again")[0]


def at_once(sent: Iterable[Sent], *, insist_on: Collection[str] = ()) -> Counter[str]:
    """Send all of it at the same moment: how much was taken, and how much refused with which sentence.

    What is refused with one of the sentences to `insist_on` is sent again.
    """
    all_of_it = list(sent)
    ready = threading.Barrier(len(all_of_it))

    def send(one: Sent) -> str:
        ready.wait()
        while (told := told_by(one)) in insist_on:
            pass
        return told

    with ThreadPoolExecutor(len(all_of_it)) as pool:
        return Counter(pool.map(send, all_of_it))


def told_by(one: Sent) -> str:
    """`TAKEN`, or the sentence of the refusal, but for when it ends. A stream is closed unread."""
    visitor, request = one
    answer = visitor.http.send(request, stream=True)
    try:
        if answer.status_code < 400:
            return TAKEN
        answer.read()
        assert answer.status_code == 429, answer.text
        message: str = answer.json()["error"]["message"]
        return message.partition(" Try again")[0]
    finally:
        answer.close()
