"""What holds where a run is started holds in its threads: context variables, and what Django keeps."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextvars import ContextVar
from typing import Any

import pytest
from django.urls import get_script_prefix, get_urlconf, set_script_prefix, set_urlconf
from django.utils import timezone, translation
from langchain.agents import create_agent
from langchain_core.runnables import RunnableGenerator, RunnableLambda, RunnableParallel
from langchain_core.tools import tool

from streaming import stream
from streaming.events import End, Event, ToolEnd
from tests.streaming.models import chat_model
from tests.streaming.reading import of_kind, outputs_of
from tests.upstream import Reply, ScriptedUpstream, ToolCall

user: ContextVar[str] = ContextVar("user", default="nobody")
HELD = ["de", "Europe/Berlin", "/app/", "tenant.urls", "ada"]
ASK: dict[str, Any] = {"messages": [{"role": "user", "content": "Who am I?"}]}


def held(_: object = None) -> list[str | None]:
    """What holds here."""
    language, zone = translation.get_language(), timezone.get_current_timezone_name()
    return [language, zone, get_script_prefix(), get_urlconf(), user.get()]


@tool
def who() -> str:
    """Tell what holds where tools work."""
    return repr(held())


def agent(upstream: ScriptedUpstream) -> Any:
    """An agent that calls `who` twice in one step."""
    calls = ToolCall("who", ("{}",)), ToolCall("who", ("{}",), "call_2", 1)
    upstream.enqueue(Reply(*calls, finish="tool_calls"))
    upstream.enqueue(Reply("Ada."))
    return create_agent(chat_model(upstream), [who])


@pytest.fixture
def request_values() -> Iterator[None]:
    prefix, token = get_script_prefix(), user.set("ada")
    set_script_prefix("/app/")
    set_urlconf("tenant.urls")
    with translation.override("de"), timezone.override("Europe/Berlin"):
        yield
    set_urlconf(None)
    set_script_prefix(prefix)
    user.reset(token)


@pytest.mark.usefixtures("request_values")
def test_a_run_sees_its_callers_language_and_zone() -> None:
    assert outputs_of(stream(RunnableLambda(held), None)) == [HELD]


@pytest.mark.usefixtures("request_values")
def test_branches_see_the_callers_language_and_zone() -> None:
    inner = RunnableParallel(a=RunnableLambda(held), b=RunnableLambda(held))

    *_, output = outputs_of(stream(RunnableParallel(x=inner, y=RunnableLambda(held)), None))

    assert output == {"x": {"a": HELD, "b": HELD}, "y": HELD}


@pytest.mark.usefixtures("request_values")
def test_parallel_tools_see_the_callers_language_and_zone(upstream: ScriptedUpstream) -> None:
    ends = of_kind(ToolEnd, stream(agent(upstream), ASK))

    assert [end.output for end in ends] == [repr(HELD)] * 2


@pytest.mark.usefixtures("request_values")
def test_a_language_chosen_in_a_step_holds_in_its_branches() -> None:
    branches = RunnableParallel(a=RunnableLambda(held), b=RunnableLambda(held))

    def in_french(_: None) -> list[Any]:
        with translation.override("fr"):
            french = branches.invoke(None)
        return [french["a"][0], french["b"][0], translation.get_language()]

    assert outputs_of(stream(RunnableLambda(in_french), None))[-1] == ["fr", "fr", "de"]


@pytest.mark.usefixtures("request_values")
def test_a_language_chosen_in_a_run_stays_in_it() -> None:
    list(stream(RunnableLambda(lambda _: translation.activate("fr")), None))

    assert held() == HELD


@pytest.mark.usefixtures("request_values")
def test_threads_take_turns_reading_and_another_closes() -> None:
    def endless(_: Iterator[object]) -> Iterator[str]:
        while True:
            yield user.get()

    branches = RunnableParallel(a=RunnableLambda(held), b=RunnableGenerator(endless))
    events = stream(branches, None)
    read: list[Event] = []

    for _ in range(6):
        with ThreadPoolExecutor(1) as reader:  # a thread of its own each time
            read.append(reader.submit(next, events).result())
    with ThreadPoolExecutor(1) as reader:
        reader.submit(events.close).result()

    assert "ada" in repr(outputs_of(read))
    assert "nobody" not in repr(read)
    assert isinstance(events.end, End)
    assert events.end.status == "stopped"
