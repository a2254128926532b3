"""A project whose views stream, for real servers to serve: by WSGI as the README has it, and by ASGI."""

from django.conf import settings
from django.core.asgi import get_asgi_application
from django.core.wsgi import get_wsgi_application
from django.http import HttpRequest
from django.urls import path

from streaming import EventStreamResponse, astream, stream

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


urlpatterns = [path("answer/", answer), path("async/answer/", answer_asynchronously)]
wsgi = get_wsgi_application()
asgi = get_asgi_application()
