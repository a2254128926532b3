"""Fixtures for what `stream()` and `astream()` have in common."""

import gc
from collections.abc import Iterator

import pytest

import streaming
from tests.streaming.in_a_loop import LoopThread, Stream
from tests.upstream import ScriptedUpstream


@pytest.fixture(scope="session", autouse=True)
def collections_are_short() -> None:
    """A run that cut off a client of its own collects. With all that the tests have imported, that holds
    every thread up for some tenths of a second, the scripted provider's too, which measures closes."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session")
def loop() -> Iterator[LoopThread]:
    """The one event loop of the session."""
    thread = LoopThread()
    yield thread
    thread.close()


@pytest.fixture
def astream(loop: LoopThread, upstream: ScriptedUpstream) -> Iterator[Stream]:
    """`astream()`, for a test that has no loop. LangChain's asynchronous clients, which are collected some
    time after the test, would leave the connections open that they keep."""
    upstream.keeps_connections = False
    yield loop.astream
    loop.run(loop.settle())


@pytest.fixture(params=["stream", "astream"])
def stream(request: pytest.FixtureRequest) -> Stream:
    """Both ways to stream a runnable, one after the other: what holds for one holds for the other."""
    chosen: Stream = request.getfixturevalue("astream") if request.param == "astream" else streaming.stream
    return chosen
