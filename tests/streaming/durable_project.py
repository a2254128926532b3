"""A project with durable runs and nothing else, for a plain gunicorn. Its database is at DATABASE."""

import os

from django.conf import settings
from django.core.management import call_command
from django.core.wsgi import get_wsgi_application
from django.http import HttpRequest, HttpResponse
from django.urls import path

settings.configure(
    ALLOWED_HOSTS=["127.0.0.1"],
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": os.environ.get("DATABASE")}},
    INSTALLED_APPS=["streaming"],
    ROOT_URLCONF=__name__,
)


def ask(request: HttpRequest) -> HttpResponse:
    from langchain_openai import ChatOpenAI

    from streaming import runs
    from streaming.upstream import http_client

    model = ChatOpenAI(model="scripted", http_client=http_client())
    return HttpResponse(str(runs.start(runs.Job(runnable=model, input="Hi"))))


urlpatterns = [path("ask/", ask)]
wsgi = get_wsgi_application()
call_command("migrate", verbosity=0)
