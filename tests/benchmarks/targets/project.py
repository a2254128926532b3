"""A Django project of one file with three views: this project's, the seed article's, a bare loop."""

import gc
import json
import os
import threading
from collections.abc import Iterator
from queue import Empty, Queue
from typing import Any

import django
from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.urls import path

settings.configure(
    ALLOWED_HOSTS=["*"],
    INSTALLED_APPS=["streaming"],
    ROOT_URLCONF=__name__,
    SECRET_KEY=os.urandom(32).hex(),
    STREAMING={"MAX_STREAMS": 100_000},
)
django.setup()

import langchain_openai  # noqa: E402 - Django has to be set up first
from langchain_core.callbacks import BaseCallbackHandler  # noqa: E402
from pydantic import SecretStr  # noqa: E402

from streaming import EventStreamResponse, stream  # noqa: E402
from streaming.upstream import ChatOpenAI, http_client  # noqa: E402

OPTIONS: dict[str, Any] = {
    "base_url": os.environ["PROVIDER"],
    "api_key": SecretStr("benchmark"),
    "model": "benchmark",
    "stream_usage": True,
}
ours = ChatOpenAI(http_client=http_client(), **OPTIONS)
langchains = langchain_openai.ChatOpenAI(**OPTIONS)


def answer(request: HttpRequest) -> HttpResponseBase:
    """A bare view of this project's."""
    return EventStreamResponse(stream(ours, request.POST["question"]))


class Recipe(BaseCallbackHandler):
    """The seed article's handler."""

    def __init__(self, queue: "Queue[Any]") -> None:
        self._queue = queue

    def on_llm_new_token(self, token: str | list[Any], **kwargs: Any) -> None:
        self._queue.put(token)


def recipe(request: HttpRequest) -> HttpResponseBase:
    """The seed article's generator: a thread, a queue, a handler."""
    return StreamingHttpResponse(_recipe(request.POST["question"]), content_type="text/event-stream")


def _recipe(question: str) -> Iterator[bytes]:
    queue: Queue[Any] = Queue()
    done = object()

    def task() -> None:
        for _ in langchains.stream(question, config={"callbacks": [Recipe(queue)]}):
            pass
        queue.put(done)

    threading.Thread(target=task).start()
    while True:
        try:
            token = queue.get(True, timeout=1)
        except Empty:
            continue
        if token is done:
            return
        yield _frame(token)


def loop(request: HttpRequest) -> HttpResponseBase:
    """A bare loop over LangChain's class, with no thread and no callback."""
    chunks = langchains.stream(request.POST["question"])
    frames = (_frame(chunk.content) for chunk in chunks if chunk.content)
    return StreamingHttpResponse(frames, content_type="text/event-stream")


def _frame(text: object) -> bytes:
    return b"data: %b\n\n" % json.dumps({"text": text}).encode()


def healthz(request: HttpRequest) -> HttpResponse:
    return HttpResponse("ok")


urlpatterns = [
    path("answer/", answer),
    path("recipe/", recipe),
    path("loop/", loop),
    path("healthz", healthz),
]
application = get_wsgi_application()
gc.collect()
gc.freeze()  # as docs/streaming/deployment.md says
