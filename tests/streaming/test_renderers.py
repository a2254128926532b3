"""Views of Django REST framework that stream, in a process of their own."""

import subprocess
import sys

import pytest

from tests.server import ROOT

PROJECT = """
from django.conf import settings

settings.configure(
    INSTALLED_APPS=["streaming", "rest_framework"],
    ALLOWED_HOSTS=["*"],
    ROOT_URLCONF=__name__,
    REST_FRAMEWORK={"UNAUTHENTICATED_USER": None, "DEFAULT_AUTHENTICATION_CLASSES": []},
)
import django

django.setup()
from django.test import Client
from django.urls import path
from langchain_core.language_models import FakeListChatModel
from rest_framework.decorators import api_view, renderer_classes
from rest_framework.exceptions import NotAuthenticated
from rest_framework.renderers import JSONRenderer

from streaming import EventStreamResponse, stream
from streaming.renderers import EventStreamRenderer


@api_view()
@renderer_classes([JSONRenderer, EventStreamRenderer])
def answer(request):
    if "who" not in request.GET:
        raise NotAuthenticated
    return EventStreamResponse(stream(FakeListChatModel(responses=["Hi"]), "x"))


urlpatterns = [path("", answer)]
events = {"accept": "text/event-stream"}
"""
ANSWERED = """
response = Client().get("/?who=me", headers=events)
assert response.status_code == 200, response.status_code
assert response["Content-Type"] == "text/event-stream"
assert b"event: end" in b"".join(response)
"""
REFUSED = """
response = Client().get("/", headers=events)
assert response.status_code == 403, response.status_code
assert response["Content-Type"] == "application/json"
assert "detail" in response.json()
"""


@pytest.mark.parametrize("asked", [ANSWERED, REFUSED], ids=["answered", "refused"])
def test_a_view_answers_those_who_ask_for_events(asked: str) -> None:
    pytest.importorskip("rest_framework")
    command = [sys.executable, "-c", PROJECT + asked]

    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)

    assert done.returncode == 0, done.stderr
