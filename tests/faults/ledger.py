"""The other side of the promises: what people sent, saw and asked to stop, and what the provider was asked.

Prompts are told apart by their text, which is in the provider's request and in the database as well.
"""

import itertools
import threading
import time
from collections import deque
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import httpx

from streaming.upstream.client import RETRY_AFTER
from tests.sse import ServerEvent
from tests.upstream import Failure, Reply, Request, ScriptedUpstream
from tests.upstream.script import Ending, EndlessTokens, Step, Token
from tests.visitor import EVENTS, Reading, Visitor

Script = Reply | Failure
ASKS_FOR_A_RETRY = {408, 409, 429}
"""Statuses to which OpenAI's client sends the same request again, as it does from 500 on."""
BACK_OFF = 1.0
"""Seconds, at most, that it waits before it does where the provider says nothing of it."""


@dataclass(frozen=True)
class Call:
    """A request that the provider got, and what it says to it."""

    request: Request
    script: Script

    @property
    def retries(self) -> int:
        """How often its client has sent it before, by its own account: 0 if it is a call of the site's."""
        return int(self.request.headers.get("x-stainless-retry-count", "0"))

    @property
    def asks_for_a_retry(self) -> bool:
        """Whether it was refused in such a way that its client may send it again."""
        if not isinstance(self.script, Failure) or not self.request.answered.is_set():
            return False
        asks = self.script.status in ASKS_FOR_A_RETRY or self.script.status >= 500
        return asks and self._back_off <= RETRY_AFTER

    @property
    def retried_by(self) -> float:
        """When its client, if it does, sends it again at the latest (monotonic)."""
        return self.request.answered.at + self._back_off

    @property
    def _back_off(self) -> float:
        return float(self.script.headers.get("Retry-After", BACK_OFF))


@dataclass(frozen=True)
class Stop:
    """A person asked to stop; when that was, and when it was answered (monotonic)."""

    asked_at: float
    answered_at: float


@dataclass(frozen=True)
class Death:
    """A process was killed, or told to leave, and is dead by then (monotonic)."""

    asked_at: float
    by: float


@dataclass
class Sight:
    """What one connection was shown, of the events after one number."""

    after: int
    events: list[ServerEvent]


@dataclass(eq=False)
class Prompt:
    """A prompt, and all that is known of it outside the site."""

    text: str
    person: Visitor
    scripts: deque[Script]
    key: str = field(default_factory=lambda: str(uuid4()))
    accepted: bool = False
    """Whether the site has said so."""
    place: str = ""
    """Where its reply is shown, as the site says when it takes it."""
    calls_wanted: int = 1
    """Calls of the provider that the reply takes: more with tools, and with several models."""
    says: str | None = None
    """What comes of the provider's words, where it is not the words themselves."""
    fields: dict[str, str] = field(default_factory=dict)
    """What else is sent, such as `assistant`."""
    calls: list[Call] = field(default_factory=list)
    sights: list[Sight] = field(default_factory=list)
    stops: list[Stop] = field(default_factory=list)
    deaths: list[Death] = field(default_factory=list)
    """Of processes that may have been writing the reply."""
    deleted: bool = False
    """Whether the person has ever asked to delete the conversation: nobody need be let in then."""

    def post(self, door: Visitor | None = None, *, after: int = 0) -> Reading | httpx.Response:
        """Send it, or send it again: the key is the same. The reply's events, or another answer."""
        door = door or self.person
        headers = {"Accept": EVENTS} | ({"Last-Event-ID": str(after)} if after else {})
        form = door.form("/messages/", {"text": self.text, "key": self.key, **self.fields}, headers)
        response = door.http.send(form, stream=True)
        if response.status_code == 200:
            self.accepted = True
            self.place = response.headers["Content-Location"]
            return self.reading(response, after=after)
        response.read()
        self.accepted = self.accepted or response.status_code in {201, 303}  # 201: it waits
        return response

    def follow(self, door: Visitor | None = None, *, after: int = 0) -> Reading | httpx.Response:
        """Read the events after one: a reading, or another answer."""
        door = door or self.person
        headers = {"Accept": EVENTS, "Last-Event-ID": str(after)}
        request = door.http.build_request("GET", f"/runs/{self.run}/events/", headers=headers)
        response = door.http.send(request, stream=True)
        if response.status_code == 200:
            return self.reading(response, after=after)
        response.read()
        return response

    def reading(self, response: httpx.Response, *, after: int = 0) -> Reading:
        """The answer as a reading that is remembered."""
        reading = Reading(response)
        self.sights.append(Sight(after, reading.events))
        return reading

    def stop(self, door: Visitor | None = None) -> httpx.Response:
        """Ask to stop the reply, and remember it if the site agreed."""
        asked_at = time.monotonic()
        response = (door or self.person).stop(self.run)
        if response.status_code == 204:
            self.stops.append(Stop(asked_at, time.monotonic()))
        return response

    def delete(self) -> bool:
        """Ask to delete its conversation. Whether the site agreed."""
        return self._of_conversation("delete")

    def restore(self) -> bool:
        """Ask to have the conversation back. Whether the site agreed."""
        return self._of_conversation("restore")

    def _of_conversation(self, action: str) -> bool:
        return self.person.post(f"/c/{self.conversation}/{action}/").status_code == 303

    @property
    def run(self) -> str:
        return str(self._start["run"])

    @property
    def conversation(self) -> str:
        return str(self._start["conversation"])

    @property
    def message(self) -> str:
        """The reply's id."""
        return str(self._start["message"])

    def is_in(self, conversation: str) -> bool:
        return conversation in (self.fields.get("conversation"), self.has_started and self.conversation)

    @property
    def as_edited(self) -> dict[str, str]:
        """The fields of another version of it, once it was taken."""
        return {"conversation": self.conversation, "edited": self.place.partition("?leaf=")[2]}

    @property
    def as_next(self) -> dict[str, str]:
        """The fields of a message that is to wait for its reply, once this has begun."""
        return {"conversation": self.conversation, "leaf": self.message, "wait": "1"}

    @property
    def bereaved(self) -> bool:
        """Whether a process was killed while the reply went on."""
        return bool(self.deaths)

    @property
    def has_started(self) -> bool:
        """Whether any reader has seen the start, so that the run's id is known."""
        return any(sight.events for sight in self.sights)

    @property
    def said(self) -> str | None:
        """All that the provider says. None if it has no end, is no plain text, or comes in several calls."""
        if self.says is not None or self.calls_wanted > 1:
            return self.says
        scripts = [call.script for call in self.calls if isinstance(call.script, Reply)]
        return plain_text(scripts[-1].steps) if scripts else ""

    @property
    def _start(self) -> dict[str, str]:
        events = (event for sight in self.sights for event in sight.events)
        return next(dict(event.json) for event in events if event.name == "start")


def plain_text(steps: tuple[Step, ...]) -> str | None:
    """The texts of the tokens up to the end, if there is one."""
    said = itertools.takewhile(lambda step: not isinstance(step, Ending), steps)
    tokens = list(said)
    if any(isinstance(step, EndlessTokens) for step in tokens):
        return None
    return "".join(step.text for step in tokens if isinstance(step, Token))


class Ledger:
    """All prompts of a test. Answers the provider's requests with the script that each prompt has."""

    def __init__(self, upstream: ScriptedUpstream) -> None:
        self.prompts: list[Prompt] = []
        self.strays: list[Request] = []
        """Requests to the provider that belong to no prompt."""
        self._lock = threading.Lock()
        upstream.on(self._answer)

    def prompt(self, person: Visitor, *scripts: Script, **options: Any) -> Prompt:
        """A new one, not sent yet. A second script is for a second call; the last one is for all others."""
        made = Prompt(f"Prompt {uuid4()}", person, deque(scripts), **options)
        with self._lock:
            self.prompts.append(made)
        return made

    def ask(self, person: Visitor, *scripts: Script, **options: Any) -> tuple[Prompt, Reading]:
        """A new prompt, sent and accepted, and its first reading."""
        prompt = self.prompt(person, *scripts, **options)
        reading = prompt.post()
        assert isinstance(reading, Reading), f"{reading.status_code} {reading.text[:500]}"
        return prompt, reading

    def delete(self, prompt: Prompt) -> bool:
        """Its conversation, with all the prompts in it: for these it is a Stop. Whether the site agreed."""
        in_it = [other for other in self.prompts if other.is_in(prompt.conversation)]
        for other in in_it:
            other.deleted = True
        accepted = [other for other in in_it if other.accepted]
        asked_at = time.monotonic()
        agreed = prompt.delete()
        if agreed:
            for other in accepted:
                other.stops.append(Stop(asked_at, time.monotonic()))
        return agreed

    def bereave(self, *, grace: float = 0.0) -> None:
        """A process is killed now, or told to leave within so many seconds of grace: whose reply it was
        writing is not known."""
        now = time.monotonic()
        for prompt in self.prompts:
            prompt.deaths.append(Death(now, now + grace))

    def _answer(self, request: Request) -> Script | None:
        asked = str(request.messages)
        with self._lock:
            # What it is about comes last: before it may be others, of the same conversation.
            prompt = max(self.prompts, key=lambda prompt: asked.rfind(prompt.text), default=None)
            if prompt is None or prompt.text not in asked:
                self.strays.append(request)
                return None
            script = prompt.scripts.popleft() if len(prompt.scripts) > 1 else prompt.scripts[0]
            prompt.calls.append(Call(request, script))
            return script
