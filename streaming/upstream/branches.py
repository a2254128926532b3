"""Finds out whether a thread or a task works for a run: LangChain keeps no list of a run's branches.

What it starts for a run has the run's callback in a frame: in a manager, or in the config of a generator.
"""

from types import AsyncGeneratorType, FrameType
from typing import TYPE_CHECKING, Any

from langchain_core.callbacks import BaseCallbackHandler, BaseCallbackManager
from langchain_core.callbacks.manager import BaseRunManager

if TYPE_CHECKING:
    import asyncio


def task_works_for(callback: BaseCallbackHandler, task: "asyncio.Task[Any]") -> bool:
    """Whether the task works for the run of the callback, or reads from a generator that does."""
    return works_for(callback, getattr(task.get_coro(), "cr_frame", None))


def works_for(callback: BaseCallbackHandler, frame: FrameType | None) -> bool:
    """Whether the frame, or one that it was called from, works for the run of the callback."""
    while frame is not None:
        if any(_holds(value, callback) for value in frame.f_locals.values()):
            return True
        frame = frame.f_back
    return False


def _holds(value: Any, callback: BaseCallbackHandler) -> bool:
    # By type(): isinstance() asks the value, and a lazy object answers by loading itself.
    kind = type(value)
    if issubclass(kind, BaseRunManager | BaseCallbackManager):
        return callback in value.handlers
    if kind is AsyncGeneratorType and value.ag_frame is not None:
        configs = [held for held in value.ag_frame.f_locals.values() if type(held) is dict]
        return any(_holds(config.get("callbacks"), callback) for config in configs)
    return False
