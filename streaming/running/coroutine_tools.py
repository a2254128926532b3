"""Lets a synchronous run call tools that have only a coroutine, as those of MCP servers do.

LangChain refuses such a call, and the model would read the refusal as the tool's result. So the tool gets a
function: it does the coroutine in the process's event loop, and ends with the run that calls it.
"""

import functools
from collections.abc import Awaitable, Callable, Iterator, Mapping
from concurrent.futures import CancelledError
from typing import Any

from langchain_core.runnables import Runnable
from langchain_core.tools import StructuredTool

from streaming import cancellation, django_locals
from streaming.process_loop import in_process_loop


def give_functions(runnable: Any) -> None:
    """Give each tool in the runnable that has only a coroutine a function, too."""
    for part in _parts(runnable, set()):
        if isinstance(part, StructuredTool) and part.func is None and part.coroutine is not None:
            part.func = _function(part.coroutine)


def _function(coroutine: Callable[..., Awaitable[Any]]) -> Callable[..., Any]:
    @functools.wraps(coroutine)  # LangChain looks at the signature for what it is to pass
    def call(*args: Any, **kwargs: Any) -> Any:
        async def work() -> Any:
            django_locals.carry()
            return await coroutine(*args, **kwargs)

        run = cancellation.current.get()
        django_locals.note()
        future = in_process_loop(work())
        if run is None:  # called outside of a run
            return future.result()
        try:
            run.adopt(future.cancel)
            return future.result()
        except CancelledError:
            run.check()
            raise
        finally:
            future.cancel()  # does nothing to what is done
            run.disown(future.cancel)

    return call


def _parts(runnable: Any, seen: set[int]) -> Iterator[Any]:
    """The runnable, and those that it is made of: steps, nodes of graphs, tools of agents."""
    if id(runnable) in seen:
        return
    seen.add(id(runnable))
    yield runnable
    for name in ("bound", "steps", "steps__", "nodes", "runnable", "fallbacks", "tools_by_name"):
        inner = getattr(runnable, name, None)
        for part in inner.values() if isinstance(inner, Mapping) else _listed(inner):
            yield from _parts(part, seen)


def _listed(inner: Any) -> list[Any] | tuple[Any, ...]:
    if isinstance(inner, list | tuple):
        return inner
    return [inner] if isinstance(inner, Runnable) or hasattr(inner, "bound") else []
