"""Chains, and what their models write: for the tests of chains and of structured output."""

from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any, TypedDict

import pytest
from langchain_core.output_parsers import (
    JsonOutputParser,
    StrOutputParser,
)
from langchain_core.prompts import ChatPromptTemplate
from langchain_core.runnables import (
    Runnable,
    RunnableGenerator,
    RunnableParallel,
)
from pydantic import BaseModel

from tests.upstream import Reply

STORY = '{"title": "The bell", "people": [{"name": "a thief", "age": 30}], "moral": "It \\"rings\\"\\n."}'
Chain = Callable[[Runnable[Any, Any]], Runnable[Any, Any]]


def pieces(text: str, length: int = 3) -> list[str]:
    return [text[start : start + length] for start in range(0, len(text), length)]


class Story(TypedDict):
    """A story."""

    title: str
    people: list[dict[str, Any]]
    moral: str


class Contact(BaseModel):
    """How to reach somebody."""

    name: str
    age: int


def title_of(story: Any) -> str:
    """A function that needs the whole input: the stream stops before it."""
    return str(story["title"]).upper()


def titles(stories: Iterator[Any]) -> Iterator[str]:
    """A generator function, which keeps the stream: the pieces of the title, as they come."""
    sent = ""
    for story in stories:
        title = str(story.get("title", ""))
        yield title[len(sent) :]
        sent = title


async def titles_in_a_loop(stories: AsyncIterator[Any]) -> AsyncIterator[str]:
    """The same, where the run is a task of an event loop."""
    sent = ""
    async for story in stories:
        title = str(story.get("title", ""))
        yield title[len(sent) :]
        sent = title


CHAINS: dict[str, Chain] = {
    "text": lambda model: ChatPromptTemplate.from_template("{topic}") | model | StrOutputParser(),
    "json": lambda model: model | JsonOutputParser(),
    "function": lambda model: model | JsonOutputParser() | title_of,
    "generator": lambda model: model | JsonOutputParser() | RunnableGenerator(titles, titles_in_a_loop),
    "parallel": lambda model: RunnableParallel(left=model, right=model),
}


METHODS = ["json_schema", "json_mode", "function_calling"]
by_every_method = pytest.mark.parametrize("method", METHODS)
by_every_schema = pytest.mark.parametrize("schema", [Story, Contact], ids=["typed", "pydantic"])


def by_content(left: Reply, right: Reply) -> Callable[..., Reply]:
    return lambda request: left if "left" in request.messages[-1]["content"] else right
