"""The promises, each as a function that says how it was broken, and the checker that holds them all.

    ledger = Ledger(upstream)
    prompt, reading = ledger.ask(visitor, Reply("Hel", gate, "lo"))
    ...                                  # a fault
    check(ledger, SQLite(data_dir))      # waits for the ends, and fails if any promise is broken

What is checked is the same whatever was injected.
"""

import time
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass

import httpx

from tests.faults.ledger import Call, Ledger, Prompt
from tests.faults.store import Store, Stored, StoredReply, stored
from tests.site import Site
from tests.upstream import Reply
from tests.upstream.request import Moment

END_WITHIN = 30.0
"""Seconds from the death of a run's process to its end."""
STOP_WITHIN = 1.0
"""Seconds from Stop to the end of the upstream connection."""
RETRY_WITHIN = 0.5
"""Seconds that a client's retry may come later than it was to come."""
OTHERS_WITHIN = 1.0
"""Seconds for another person's page and Stop."""


@dataclass(frozen=True)
class Breach:
    """A promise that was not kept."""

    promise: str
    about: str
    how: str

    def __str__(self) -> str:
        return f"{self.promise}: {self.how} ({self.about})"


def accepted(prompt: Prompt, found: Stored) -> Iterator[str]:
    """What was accepted is there, and a key is taken once."""
    if prompt.accepted and not found.messages:
        yield "it was accepted, and is not there"
    if prompt.accepted and not found.replies:
        yield "it was accepted, and has no reply"
    if found.messages > 1 or len(found.replies) > 1:
        yield f"one key made {found.messages} messages and {len(found.replies)} replies"


def one_call(prompt: Prompt, found: Stored) -> Iterator[str]:
    """One call of the provider; a second only for a first one that died before it had shown anything.

    What the provider's client sends again, because it was refused and asked to (429, 500), is still the same
    call. That it sends again something else is as wrong as a second call of the site's, refused or not.
    """
    yield from _uncalled_for(prompt.calls)
    calls = [call for call in prompt.calls if not call.retries]
    if len(calls) <= prompt.calls_wanted:
        return
    _, second, *more = calls
    attempts = max((reply.attempt for reply in found.replies), default=1)
    before = [call.request.peer_closed for call in prompt.calls[: prompt.calls.index(second)]]
    if more or attempts != 2 or not prompt.bereaved:
        yield f"{len(calls)} calls in {attempts} attempts"
    elif not all(closed.is_set() and closed.at <= second.request.arrived_at for closed in before):
        yield "a second call while the first went on"


def _uncalled_for(calls: list[Call]) -> Iterator[str]:
    for number, call in enumerate(calls):
        sent_before = [earlier for earlier in calls[:number] if earlier.retries == call.retries - 1]
        # None of them: the provider never got what the client sends again.
        if sent_before and not any(earlier.asks_for_a_retry for earlier in sent_before):
            yield f"retry {call.retries} of a call that was not refused"


def one_end(prompt: Prompt, found: Stored) -> Iterator[str]:
    """One terminal state, the same everywhere, and one `end` in a log without gaps; in time after a death."""
    for reply in found.replies:
        yield from _end_of(reply)
    yield from _left_behind(prompt, found)


def _end_of(reply: StoredReply) -> Iterator[str]:
    if not reply.is_over:
        yield f"the reply is {reply.status} and its run is {reply.run_status} after {END_WITHIN:g} s"
        return
    numbers = [event.id for event in reply.events]
    if numbers != [str(number) for number in range(1, len(numbers) + 1)]:
        yield f"the log has the numbers {numbers}"
    ends = [event for event in reply.events if event.name == "end"]
    if [event.name for event in reply.events[-1:]] != ["end"] or len(ends) != 1:
        yield f"the log has {len(ends)} ends, and its last event is {reply.events[-1:]}"
    elif not ends[0].json["status"] == reply.status == reply.run_status:
        yield f"end says {ends[0].json['status']}, the reply {reply.status}, the run {reply.run_status}"
    if reply.last_event != len(numbers):
        yield f"the run says that event {reply.last_event} was the last of {len(numbers)}"


def _left_behind(prompt: Prompt, found: Stored) -> Iterator[str]:
    """What a process that died was writing is ended by others, or begun anew, in time."""
    for reply in found.replies:
        by_others = reply.status in {"interrupted", "stopped"} and reply.stopped_after_ms is None
        if by_others and reply.ended is not None:
            yield from _late(prompt, reply.ended, f"it was {reply.status}")
    for call in [call for call in prompt.calls if not call.retries][prompt.calls_wanted :]:
        yield from _late(prompt, call.request.arrived_at, "it was begun anew")


def _late(prompt: Prompt, moment: float, what: str) -> Iterator[str]:
    """Which of several processes was writing it is not known: it may have been the last to die."""
    deaths = [death.by for death in prompt.deaths if death.asked_at <= moment]
    stops = [stop.answered_at for stop in prompt.stops if stop.asked_at <= moment]
    if deaths and (took := moment - max(deaths + stops)) > END_WITHIN:
        yield f"{what} {took:.1f} s after its process had died"


def durable(prompt: Prompt, found: Stored) -> Iterator[str]:
    """Every event that a reader saw is in the log, byte for byte."""
    logs = [{event.id: event for event in reply.events} for reply in found.replies]
    for sight in prompt.sights:
        for event in sight.events:
            if event.id and not any(log.get(event.id) == event for log in logs):
                yield f"a reader saw {event}, and the log has {[log.get(event.id) for log in logs]}"


def resumed(prompt: Prompt, found: Stored) -> Iterator[str]:
    """Each reader gets each later event once; the text in the log is the stored one."""
    for sight in prompt.sights:
        numbers = [int(event.id) for event in sight.events if event.name != "reset"]
        if numbers != list(range(sight.after + 1, sight.after + 1 + len(numbers))):
            yield f"a reader who had {sight.after} events got the numbers {numbers}"
    for reply in found.replies:
        if reply.is_over and reply.text != reply.content:
            yield f"the log says {reply.text!r}, and {reply.content!r} is stored"
        if prompt.said is not None and not prompt.said.startswith(reply.text):
            yield f"the provider said {prompt.said!r}, and the log says {reply.text!r}"


def done(prompt: Prompt, found: Stored) -> Iterator[str]:
    """`done` implies that the provider said why it ended, and that all it said is there."""
    for reply in found.replies:
        if reply.status != "done":
            continue
        finish = {call.script.finish for call in prompt.calls if isinstance(call.script, Reply)}
        if reply.finish_reason not in finish or not reply.finish_reason:
            yield f"done with {reply.finish_reason!r}, where the provider said {finish}"
        if prompt.said is not None and reply.text != prompt.said:
            yield f"done with {reply.text!r} of {prompt.said!r}"


def stopped(prompt: Prompt, found: Stored) -> Iterator[str]:
    """Stop ends the upstream connection, or the waiting for a retry, within a second, and is measured."""
    if not prompt.stops:
        return
    if any(reply.status == "stopped" for reply in found.replies):
        _wait_for_a_retry(prompt)
    requests = [call.request for call in prompt.calls]
    # A provider that has said everything, before or meanwhile, has nothing left to be stopped.
    unsaid = [request for request in requests if not request.answered.is_set()]
    for request in requests:
        if request.arrived_at > prompt.stops[0].answered_at + STOP_WITHIN:
            yield "the provider was called after Stop"
    for request in unsaid:
        yield from _left_open(request.peer_closed, prompt)
    for reply in found.replies:
        # One that had ended before, by itself or with its process, is not asked to stop any more.
        if reply.stop_requested and unsaid and not prompt.bereaved and reply.status != "stopped":
            yield f"{reply.status} after Stop"
        yield from _unmeasured(reply, bereaved=prompt.bereaved)


def _wait_for_a_retry(prompt: Prompt) -> None:
    """As long as a client that was not stopped would wait before it sends its request again."""
    if prompt.calls and prompt.calls[-1].asks_for_a_retry:
        time.sleep(max(0.0, prompt.calls[-1].retried_by + RETRY_WITHIN - time.monotonic()))


def _left_open(closed: Moment, prompt: Prompt) -> Iterator[str]:
    stop = prompt.stops[0]
    waited = stop.answered_at - stop.asked_at
    # A request waits while the only worker is being replaced: the site cannot know of it before.
    since = stop.answered_at if waited > STOP_WITHIN and prompt.bereaved else stop.asked_at
    closed.wait(max(0.0, since + STOP_WITHIN - time.monotonic()))
    if not closed.is_set():
        yield "the upstream connection is open after Stop"
    elif (took := closed.at - since) > STOP_WITHIN:
        yield f"the upstream connection was closed after {took:.2f} s, and Stop answered after {waited:.2f} s"


def _unmeasured(reply: StoredReply, *, bereaved: bool) -> Iterator[str]:
    """Who ends the run of a dead process has nothing to measure."""
    if reply.status == "stopped" and reply.stopped_after_ms is None and not bereaved:
        yield "Stop was not measured"
    if (reply.stopped_after_ms or 0) > STOP_WITHIN * 1000:
        yield f"Stop was measured to take {reply.stopped_after_ms} ms"


PROMISES: dict[str, Callable[[Prompt, Stored], Iterator[str]]] = {
    "accepted": accepted,
    "one call": one_call,
    "one end": one_end,
    "durable before visible": durable,
    "resume": resumed,
    "done": done,
    "stop": stopped,
}


def breaches(prompts: Collection[Prompt], store: Store, *, within: float = END_WITHIN) -> list[Breach]:
    """How the promises were broken for these prompts. Waits for the ends of those that still go on: when each
    of them ended is in its row, and is held against the moment of a death, not against this one."""
    deadline = time.monotonic() + within
    found = []
    for prompt in prompts:
        facts = _settled(prompt, store, within=deadline - time.monotonic())
        for name, promise in PROMISES.items():
            found += [Breach(name, prompt.text, how) for how in promise(prompt, facts)]
    return found


def _settled(prompt: Prompt, store: Store, *, within: float) -> Stored:
    deadline = time.monotonic() + within
    while not (facts := stored(store, prompt.text)).is_over and time.monotonic() < deadline:
        time.sleep(0.05)
    return facts


def check(ledger: Ledger, store: Store, *, within: float = END_WITHIN) -> None:
    """Fail if any promise was broken for any prompt."""
    found = [str(breach) for breach in breaches(ledger.prompts, store, within=within)]
    found += [f"one call: nobody asked for {request}" for request in ledger.strays]
    assert not found, "\n".join(found)


def check_others(ledger: Ledger, site: Site, *, address: str = "") -> None:
    """Another person, with a reply of their own, opens a page and stops it, each within a second.

    `address` is where they come from, if not from this machine.
    """
    gate = site.upstream.gate()
    person = site.visitor()
    if address:
        person.http.headers["X-Forwarded-For"] = address
    prompt, reading = ledger.ask(person, Reply("Mine ", gate))
    with reading:
        reading.until("token")
        assert in_time(lambda: person.get(f"/c/{prompt.conversation}/")).status_code == 200
        assert in_time(prompt.stop).status_code == 204
        assert reading.end["status"] == "stopped"


def in_time(ask: Callable[[], httpx.Response]) -> httpx.Response:
    """The answer, which has to be there within a second, to its last byte."""
    began = time.monotonic()
    answer = ask()
    took = time.monotonic() - began
    assert took <= OTHERS_WITHIN, f"{answer.request.method} {answer.request.url} took {took:.2f} s"
    return answer
