"""The checker finds each way in which a promise can be broken. It is held against false facts."""

import json
import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Any
from unittest.mock import Mock
from uuid import uuid4

import httpx
import pytest

from tests.faults import checker
from tests.faults.checker import END_WITHIN, PROMISES, in_time
from tests.faults.ledger import Call, Death, Prompt, Sight, Stop
from tests.faults.store import Stored, StoredReply
from tests.sse import ServerEvent
from tests.upstream import EndlessTokens, Failure, Reply, Request
from tests.upstream.request import Moment


def event(number: int, name: str, **data: object) -> ServerEvent:
    return ServerEvent(name, json.dumps(data), str(number), 0.0)


START, HEL, LO = event(1, "start", run="r"), event(2, "token", text="Hel"), event(3, "token", text="lo")
END = event(4, "end", status="done")


def a_call(
    *,
    reply: Reply | Failure | None = None,
    closed: bool = False,
    answered: bool = True,
    retries: int = 0,
) -> Call:
    call = Request(1, "POST", "/", {"x-stainless-retry-count": str(retries)}, b"", 1, Moment())
    if answered:
        call.answered.mark()
    if closed:
        call.peer_closed.mark()
    return Call(call, reply or Reply("Hel", "lo"))


def a_prompt(**values: Any) -> Prompt:
    """One that was kept: accepted, called once, read by two readers."""
    kept: dict[str, Any] = {
        "accepted": True,
        "calls": [a_call()],
        "sights": [Sight(0, [START, HEL]), Sight(2, [LO, END])],
    }
    return Prompt("Prompt 1", Mock(), deque(), **(kept | values))


def a_reply(**values: Any) -> StoredReply:
    kept: dict[str, Any] = {
        "message": uuid4(),
        "run": uuid4(),
        "status": "done",
        "content": "Hello",
        "finish_reason": "stop",
        "run_status": "done",
        "attempt": 1,
        "last_event": 4,
        "ended": time.monotonic(),
        "stop_requested": False,
        "stopped_after_ms": None,
        "events": (START, HEL, LO, END),
    }
    return StoredReply(**(kept | values))


def a_death(*, ago: float = 0.0, grace: float = 0.0) -> Death:
    asked_at = time.monotonic() - ago
    return Death(asked_at, asked_at + grace)


def broken(prompt: Prompt, *replies: StoredReply, messages: int = 1) -> set[str]:
    """The promises that these facts break."""
    found = Stored(messages, replies)
    return {name for name, promise in PROMISES.items() if list(promise(prompt, found))}


def test_nothing_is_broken_where_all_is_well() -> None:
    assert broken(a_prompt(), a_reply()) == set()


def test_nothing_is_broken_where_a_prompt_was_never_taken() -> None:
    assert broken(a_prompt(accepted=False, calls=[], sights=[]), messages=0) == set()


def test_a_prompt_that_was_accepted_is_there() -> None:
    assert broken(a_prompt(sights=[]), messages=0) == {"accepted"}
    assert broken(a_prompt(sights=[])) == {"accepted"}


def test_a_key_is_taken_once() -> None:
    assert broken(a_prompt(), a_reply(), a_reply()) == {"accepted"}
    assert broken(a_prompt(), a_reply(), messages=2) == {"accepted"}


def test_the_provider_is_called_once() -> None:
    dead = a_call(closed=True, answered=False)
    again = a_call()
    assert broken(a_prompt(calls=[dead, again]), a_reply()) == {"one call"}
    assert broken(a_prompt(calls=[dead, again]), a_reply(attempt=2)) == {"one call"}
    deaths = [a_death()]
    assert broken(a_prompt(calls=[dead, again], deaths=deaths), a_reply(attempt=2)) == set()
    assert broken(a_prompt(calls=[dead, again, a_call()], deaths=deaths), a_reply(attempt=2)) == {"one call"}
    assert broken(a_prompt(calls=[again, a_call()], deaths=deaths), a_reply(attempt=2)) == {"one call"}


def test_a_clients_retry_of_what_was_refused_is_the_same_call() -> None:
    refused = a_call(reply=Failure(500), closed=True)
    once, twice = (a_call(retries=number) for number in (1, 2))
    assert broken(a_prompt(calls=[refused, once]), a_reply()) == set()
    assert broken(a_prompt(calls=[once]), a_reply()) == set()  # the first was lost on its way
    assert broken(a_prompt(calls=[refused, once, twice]), a_reply()) == {"one call"}
    assert broken(a_prompt(calls=[a_call(), once]), a_reply()) == {"one call"}
    for refusal in (Failure(401), Failure(429, headers={"Retry-After": "120"})):
        assert broken(a_prompt(calls=[a_call(reply=refusal), once]), a_reply()) == {"one call"}


def test_a_second_call_of_what_was_refused_is_a_second_call() -> None:
    refused = a_call(reply=Failure(500), closed=True)
    again, deaths = a_call(), [a_death()]
    assert broken(a_prompt(calls=[refused, again]), a_reply()) == {"one call"}
    assert broken(a_prompt(calls=[refused, again], deaths=deaths), a_reply(attempt=2)) == set()
    going_on = a_call(reply=Failure(500), answered=False, retries=1)
    assert broken(a_prompt(calls=[refused, going_on, again], deaths=deaths), a_reply(attempt=2)) == {
        "one call"
    }


@pytest.mark.parametrize(
    "values",
    [
        {"status": "running"},
        {"run_status": "running"},
        {"status": "interrupted"},
        {"run_status": "interrupted"},
        {"events": (START, HEL, LO)},
        {"events": (START, HEL, LO, END, event(5, "end", status="done")), "last_event": 5},
        {"events": (START, HEL, LO, END, event(5, "token", text="")), "last_event": 5},
        {"events": (START, HEL, event(3, "end", status="done"), END), "content": "Hel"},
        {"events": (START, HEL, LO, event(5, "end", status="done"))},
        {"last_event": 3},
        {"last_event": None},
    ],
    ids=str,
)
def test_there_is_one_end(values: dict[str, Any]) -> None:
    assert "one end" in broken(a_prompt(), a_reply(**values))


LATE = END_WITHIN + 1


def an_interrupted_reply(**values: Any) -> StoredReply:
    end = event(4, "end", status="interrupted")
    kept = {"status": "interrupted", "run_status": "interrupted", "events": (START, HEL, LO, end)}
    return a_reply(**(kept | values))


@pytest.mark.parametrize(
    ("deaths", "kept"),
    [
        ([{"ago": LATE}], False),
        ([{"ago": END_WITHIN - 1}], True),
        ([{"ago": LATE, "grace": 6}], True),
        ([{"ago": LATE + 6, "grace": 6}], False),
        ([{"ago": LATE}, {"ago": 1}], True),
        ([{"ago": LATE}, {"ago": -1}], False),
    ],
    ids=["late", "in time", "left in time", "left late", "another died later", "after the end"],
)
def test_what_a_dead_process_left_behind_ends_in_time(deaths: list[dict[str, float]], *, kept: bool) -> None:
    left = a_prompt(sights=[], deaths=[a_death(**death) for death in deaths])
    assert broken(left, an_interrupted_reply()) == (set() if kept else {"one end"})
    assert broken(left, a_reply()) == set()


@pytest.mark.parametrize(("ago", "breaks"), [(LATE, {"one end"}), (END_WITHIN - 1, set())])
def test_what_a_dead_process_left_behind_begins_anew_in_time(ago: float, breaks: set[str]) -> None:
    calls = [a_call(closed=True, answered=False), a_call()]
    assert broken(a_prompt(calls=calls, deaths=[a_death(ago=ago)]), a_reply(attempt=2)) == breaks


def test_what_was_seen_is_in_the_log() -> None:
    other = event(2, "token", text="Hal")
    assert broken(a_prompt(sights=[Sight(0, [START, other])]), a_reply()) == {"durable before visible"}
    lost = a_reply(events=(START, HEL, event(3, "end", status="done")), content="Hel", last_event=3)
    assert "durable before visible" in broken(a_prompt(), lost)


@pytest.mark.parametrize(
    "events", [[HEL, LO], [LO, LO, END], [END], [END, LO]], ids=["again", "twice", "gap", "order"]
)
def test_a_reader_gets_each_later_event_once(events: list[ServerEvent]) -> None:
    assert broken(a_prompt(sights=[Sight(2, events)]), a_reply()) == {"resume"}


def test_the_text_in_the_log_is_what_is_stored_and_what_was_said() -> None:
    assert broken(a_prompt(), a_reply(content="Hel")) == {"resume"}
    assert broken(a_prompt(calls=[a_call(reply=Reply("Hal", "lo"))]), a_reply()) == {"resume", "done"}


def test_done_implies_a_finish_reason_and_all_of_the_text() -> None:
    assert broken(a_prompt(), a_reply(finish_reason="")) == {"done"}
    assert broken(a_prompt(calls=[a_call(reply=Reply("Hel", "lo", finish=None))]), a_reply()) == {"done"}
    assert broken(a_prompt(calls=[a_call(reply=Reply("Hel", "lo", "!"))]), a_reply()) == {"done"}
    assert broken(a_prompt(calls=[a_call(reply=Reply(EndlessTokens()))]), a_reply()) == set()


def a_stopped_reply(**values: Any) -> StoredReply:
    end = event(4, "end", status="stopped")
    kept = {
        "status": "stopped",
        "run_status": "stopped",
        "stopped_after_ms": 20,
        "events": (START, HEL, LO, end),
    }
    return a_reply(**(kept | values))


def a_stopped_prompt(*, ago: float = 0.0, **values: Any) -> Prompt:
    asked = time.monotonic() - ago
    stopped = {"stops": [Stop(asked, asked)], "sights": [], "calls": [a_call(closed=True, answered=False)]}
    return a_prompt(**(stopped | values))


def test_stop_is_real() -> None:
    late = a_call(closed=True, answered=False)
    assert broken(a_stopped_prompt(), a_stopped_reply()) == set()
    assert broken(a_stopped_prompt(calls=[late], ago=1.5), a_stopped_reply()) == {"stop"}
    assert broken(a_stopped_prompt(), a_stopped_reply(stopped_after_ms=None)) == {"stop"}
    assert broken(a_stopped_prompt(deaths=[a_death()]), a_stopped_reply(stopped_after_ms=None)) == set()
    assert broken(a_stopped_prompt(), a_stopped_reply(stopped_after_ms=1001)) == {"stop"}
    assert broken(a_stopped_prompt(), a_reply(stop_requested=True)) == {"stop"}
    assert broken(a_stopped_prompt(), a_reply()) == set()


def test_stop_may_wait_for_a_process_to_be_replaced_and_for_nothing_else() -> None:
    now = time.monotonic()
    waited = [Stop(now - 3.0, now)]
    assert broken(a_stopped_prompt(stops=waited), a_stopped_reply()) == {"stop"}
    assert broken(a_stopped_prompt(stops=waited, deaths=[a_death()]), a_stopped_reply()) == set()


def test_a_connection_that_stays_open_after_stop() -> None:
    still_open = a_call(answered=False)
    assert broken(a_stopped_prompt(calls=[still_open], ago=1.0), a_stopped_reply()) == {"stop"}


def test_a_stop_that_came_after_all_was_said_may_come_too_late() -> None:
    assert broken(a_stopped_prompt(calls=[a_call()]), a_reply()) == set()


@pytest.mark.parametrize("change", [lambda prompt: None, lambda prompt: prompt.stops.clear()])
def test_the_provider_is_not_called_after_stop(change: Callable[[Prompt], None]) -> None:
    prompt = a_stopped_prompt(ago=1.5, calls=[a_call(closed=True)])
    change(prompt)
    assert broken(prompt, a_stopped_reply()) == ({"stop"} if prompt.stops else set())


@pytest.mark.parametrize(("closed", "breaks"), [(True, set()), (False, {"stop"})])
def test_a_refusal_that_does_not_come_is_not_waited_for_after_stop(*, closed: bool, breaks: set[str]) -> None:
    silent = a_call(reply=Failure(500), answered=False, closed=closed)
    prompt = a_stopped_prompt(calls=[silent], says="Hello", ago=0.9)
    assert broken(prompt, a_stopped_reply()) == breaks


def test_a_client_that_waits_to_try_again_does_not_after_stop() -> None:
    refused = a_call(reply=Failure(429, headers={"Retry-After": "0.2"}), closed=True)
    prompt = a_stopped_prompt(calls=[refused], says="Hello", ago=1.5)
    later = threading.Timer(0.1, lambda: prompt.calls.append(a_call(retries=1, closed=True)))
    later.start()
    assert broken(prompt, a_stopped_reply()) == {"stop"}
    later.join()


def test_others_have_the_whole_answer_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    answer = httpx.Response(200, request=httpx.Request("GET", "http://127.0.0.1/"))
    assert in_time(lambda: answer) is answer
    monkeypatch.setattr(checker, "OTHERS_WITHIN", -1.0)
    with pytest.raises(AssertionError, match="took"):
        in_time(lambda: answer)
