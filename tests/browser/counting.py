"""An assistant for the tests: its reply is prose, and its output is made of it at the end."""

from typing import Any

from langchain_core.messages import BaseMessage
from langchain_core.runnables import Runnable, RunnableLambda

from chatsite.assistants.base import Assistant
from chatsite.assistants.chat_model import chat_model


def count(message: BaseMessage) -> dict[str, object]:
    return {"words": len(message.text.split()), "share_of_all": 1.0, "items": [], "note": None}


def build() -> Runnable[Any, Any]:
    return chat_model() | RunnableLambda(count)


assistant = Assistant(slug="counting", name="Counting", description="Counts its own words.", build=build)
