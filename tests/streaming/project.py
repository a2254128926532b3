"""A project whose views stream, for real servers to serve: by WSGI as the README has it, and by ASGI. As
a command, Django's own."""

import sys
from collections.abc import AsyncGenerator, Iterator

from django.conf import settings
from django.core.asgi import get_asgi_application
from django.core.management import execute_from_command_line
from django.core.wsgi import get_wsgi_application
from django.http import HttpRequest
from django.urls import path

from streaming import EventStreamResponse, astream, stream
from streaming.events import Event

settings.configure(
    ALLOWED_HOSTS=["127.0.0.1"],
    INSTALLED_APPS=["streaming"],
    ROOT_URLCONF=__name__,
)


def answer(request: HttpRequest) -> EventStreamResponse:
    from langchain_openai import ChatOpenAI

    from streaming.upstream import http_client

    llm = ChatOpenAI(model="scripted", http_client=http_client())
    return EventStreamResponse(stream(llm, request.GET["question"]))


async def answer_asynchronously(request: HttpRequest) -> EventStreamResponse:
    from langchain_openai import ChatOpenAI

    return EventStreamResponse(astream(ChatOpenAI(model="scripted"), request.GET["question"]))


def present(request: HttpRequest) -> EventStreamResponse:
    from langchain_openai import ChatOpenAI

    from streaming.upstream import http_client

    def events() -> Iterator[Event]:
        llm = ChatOpenAI(model="scripted", http_client=http_client())
        yield from stream(llm, request.GET["question"])

    return EventStreamResponse(events())


async def present_asynchronously(request: HttpRequest) -> EventStreamResponse:
    from langchain_openai import ChatOpenAI

    async def events() -> AsyncGenerator[Event, None]:
        async with astream(ChatOpenAI(model="scripted"), request.GET["question"]) as events:
            async for event in events:
                yield event

    return EventStreamResponse(events())


urlpatterns = [
    path("answer/", answer),
    path("async/answer/", answer_asynchronously),
    path("presented/", present),
    path("async/presented/", present_asynchronously),
]
wsgi = get_wsgi_application()
asgi = get_asgi_application()

if __name__ == "__main__":
    execute_from_command_line(sys.argv)
