"""Tools that have only a coroutine, in synchronous runs."""

import asyncio
import threading
from collections.abc import Awaitable, Callable
from typing import Any

from django.utils import translation
from langchain.agents import create_agent
from langchain_core.runnables import Runnable
from langchain_core.tools import StructuredTool

from streaming import stream
from streaming.events import ToolEnd, ToolStart
from tests.streaming.models import chat_model
from tests.streaming.reading import of_kind, text_of, until
from tests.upstream import Reply, ScriptedUpstream, ToolCall

ASK: dict[str, Any] = {"messages": [("user", "Look both up.")]}


def agent(upstream: ScriptedUpstream, lookup: Callable[[str], Awaitable[str]]) -> Runnable[Any, Any]:
    """An agent that looks up two words in one step."""
    calls = ToolCall("lookup", ('{"word": "a"}',)), ToolCall("lookup", ('{"word": "b"}',), "call_2", 1)
    upstream.enqueue(Reply(*calls, finish="tool_calls"))
    tool = StructuredTool.from_function(coroutine=lookup, name="lookup", description="Look up a word.")
    return create_agent(chat_model(upstream), [tool])


def test_two_calls_of_a_coroutine_work_side_by_side(upstream: ScriptedUpstream) -> None:
    threads: set[int] = set()
    both = asyncio.Event()

    async def lookup(word: str) -> str:
        threads.add(threading.get_ident())
        if word == "a":
            await both.wait()
        both.set()
        return f"{word} in {translation.get_language()}"

    runnable = agent(upstream, lookup)
    upstream.enqueue(Reply("Found."))

    with translation.override("de"):
        events = list(stream(runnable, ASK))

    assert sorted(str(end.output) for end in of_kind(ToolEnd, events)) == ["a in de", "b in de"]
    assert text_of(events) == "Found."
    assert len(threads) == 1


def test_a_cancelled_run_cancels_its_coroutines(upstream: ScriptedUpstream) -> None:
    begun, cancelled = threading.Semaphore(0), threading.Semaphore(0)

    async def lookup(word: str) -> str:
        try:
            begun.release()
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            cancelled.release()
            raise
        return word

    events = stream(agent(upstream, lookup), ASK)
    until(ToolStart, events)
    assert all(begun.acquire(timeout=10) for _ in range(2))
    events.close()

    assert all(cancelled.acquire(timeout=10) for _ in range(2))
    assert events.end is not None
    assert events.end.status == "stopped"
