"""What a token costs, in calls of our own functions: time would depend on the machine."""

import sys
import threading
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

import pytest
from langchain_core.messages import HumanMessage
from langchain_core.runnables import Runnable
from langgraph.graph import START, MessagesState, StateGraph

import streaming
from streaming import stream
from streaming.testing import Reply, ScriptedModel

ROOM = Path(streaming.__file__).parent
FEW, MANY = 100, 300
MOST = 40
"""Calls a token, from LangChain's callback to the event that the view gets. It may fall; before it grows, ask
what else could be left out."""


def model(tokens: int) -> Runnable[Any, Any]:
    return ScriptedModel(Reply(*["word "] * tokens))


def graph(tokens: int) -> Runnable[Any, Any]:
    def answer(state: MessagesState) -> dict[str, Any]:
        return {"messages": [model(tokens).invoke(state["messages"])]}

    made = StateGraph(MessagesState)
    made.add_node("answer", answer)
    made.add_edge(START, "answer")
    return made.compile()


@pytest.mark.parametrize(
    ("make", "input"), [(model, "Go"), (graph, {"messages": [HumanMessage("Go")]})], ids=["model", "graph"]
)
def test_calls_per_token_stay_few(make: Callable[[int], Runnable[Any, Any]], input: Any) -> None:
    few, many = calls(make(FEW), input), calls(make(MANY), input)

    each = {name: (many[name] - few[name]) / (MANY - FEW) for name in many}
    assert sum(each.values()) < MOST, sorted(each.items(), key=lambda item: -item[1])[:50]
    assert each["callbacks/handler.py: QueueCallback.on_llm_new_token"] == 1


def calls(runnable: Runnable[Any, Any], input: Any) -> Counter[str]:
    """How often each function of `streaming` is called while the runnable's events are read."""
    counted: Counter[str] = Counter()

    def count(frame: FrameType, what: str, _: Any) -> None:
        code = frame.f_code
        path = Path(code.co_filename)
        if what == "call" and path.is_relative_to(ROOM) and not path.is_relative_to(ROOM / "testing"):
            counted[f"{path.relative_to(ROOM)}: {code.co_qualname}"] += 1

    threading.setprofile(count)
    sys.setprofile(count)
    try:
        *_, end = stream(runnable, input)
    finally:
        sys.setprofile(None)
        threading.setprofile(None)
    assert end.data()["status"] == "done"
    return counted
