"""A project with an asynchronous view over `astream()`, for real ASGI servers to serve."""

from django.conf import settings
from django.core.asgi import get_asgi_application
from django.http import HttpRequest
from django.urls import path

from streaming import EventStreamResponse, astream

settings.configure(
    ALLOWED_HOSTS=["127.0.0.1"],
    INSTALLED_APPS=["streaming"],
    ROOT_URLCONF=__name__,
)


async def answer(request: HttpRequest) -> EventStreamResponse:
    from langchain_openai import ChatOpenAI

    return EventStreamResponse(astream(ChatOpenAI(model="scripted"), request.GET["question"]))


urlpatterns = [path("answer/", answer)]
application = get_asgi_application()
