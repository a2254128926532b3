"""What the branches and tools of a run open in the database is closed with the run."""

import threading
from typing import Any

import pytest
from django.db import DEFAULT_DB_ALIAS, connections
from langchain.agents import create_agent
from langchain_core.runnables import RunnableLambda, RunnableParallel
from langchain_core.tools import tool

from streaming import stream
from streaming.models import Run
from tests.streaming.models import chat_model
from tests.upstream import Reply, ScriptedUpstream, ToolCall

pytestmark = pytest.mark.django_db(transaction=True)
ASK = {"messages": [{"role": "user", "content": "Hi"}]}


class Asking:
    """Asks the database, and remembers the connections of the threads in which it did."""

    def __init__(self) -> None:
        self.connections: dict[int, Any] = {}

    def ask(self, *_: Any) -> int:
        count = Run.objects.count()
        self.connections[threading.get_ident()] = connections[DEFAULT_DB_ALIAS]
        return count

    @property
    def open(self) -> list[Any]:
        return [connection for connection in self.connections.values() if connection.connection is not None]


@pytest.fixture
def asking() -> Asking:
    return Asking()


def test_parallel_branches_leave_no_connection(asking: Asking) -> None:
    meeting = threading.Barrier(2, timeout=30)  # so that each branch has a thread of its own

    def branch(given: Any) -> int:
        meeting.wait()
        return asking.ask(given)

    events = list(stream(RunnableParallel(a=RunnableLambda(branch), b=RunnableLambda(branch)), "Hi"))

    assert events[-1].data()["status"] == "done"
    assert len(asking.connections) == 2
    assert asking.open == []


def test_a_branch_that_fails_leaves_no_connection(asking: Asking) -> None:
    def branch(given: Any) -> int:
        asking.ask(given)
        raise ValueError(given)

    list(stream(RunnableParallel(a=RunnableLambda(branch), b=RunnableLambda(branch)), "Hi"))

    assert asking.connections
    assert asking.open == []


def test_tools_of_one_step_leave_no_connection(upstream: ScriptedUpstream, asking: Asking) -> None:
    @tool
    def count() -> int:
        """Count the runs."""
        return asking.ask()

    calls = (ToolCall("count", ("{}",), id=f"call_{n}", index=n) for n in range(2))
    upstream.enqueue(Reply(*calls, finish="tool_calls"), Reply("None."))

    list(stream(create_agent(chat_model(upstream), [count]), ASK))

    assert asking.connections
    assert asking.open == []


def test_the_readers_own_connection_stays(asking: Asking) -> None:
    asking.ask()

    list(stream(RunnableLambda(len), "Hi"))

    assert asking.open == list(asking.connections.values())
