"""A site that has the view and the template of docs/streaming/own-page.md, as they are printed there, for a
real server. Its database is at DATABASE."""

import os
import re
from pathlib import Path

from django.conf import settings
from django.contrib.staticfiles.handlers import StaticFilesHandler
from django.core.management import call_command
from django.core.wsgi import get_wsgi_application

PAGE = Path(__file__).resolve().parents[2] / "docs/streaming/own-page.md"
PYTHON, HTML = (
    re.findall(rf"^```{language}\n(.*?)^```$", PAGE.read_text(), re.MULTILINE | re.DOTALL)
    for language in ("python", "html")
)
LOADER = ("django.template.loaders.locmem.Loader", {"page.html": HTML[0]})

settings.configure(
    ALLOWED_HOSTS=["127.0.0.1"],
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": os.environ.get("DATABASE")}},
    INSTALLED_APPS=["django.contrib.sessions", "django.contrib.staticfiles", "streaming"],
    MIDDLEWARE=[
        "django.contrib.sessions.middleware.SessionMiddleware",
        "django.middleware.csrf.CsrfViewMiddleware",
    ],
    ROOT_URLCONF=__name__,
    SECRET_KEY="not a secret",
    STATIC_URL="/static/",
    TEMPLATES=[
        {"BACKEND": "django.template.backends.django.DjangoTemplates", "OPTIONS": {"loaders": [LOADER]}}
    ],
)
wsgi = StaticFilesHandler(get_wsgi_application())
for block in PYTHON:
    exec(block)  # noqa: S102 - our own
call_command("migrate", verbosity=0)
