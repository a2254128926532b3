"""Whoever is refused leaves a line in the log: an operator sees that it happens, how often, and where."""

import logging
import re
from collections.abc import Callable, Iterator
from http import HTTPStatus
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import OperationalError
from django.test import Client

from chatsite.accounts import passwords
from chatsite.accounts.models import Count
from chatsite.assistants.chat_model import model_of
from chatsite.chat.models import Conversation
from chatsite.documents import uploads
from streaming import admission
from tests.test_docs import PROTOCOL, codes, rows, section

pytestmark = pytest.mark.django_db

Refuse = Callable[[Client, pytest.MonkeyPatch, Any], Any]

AFAR = "203.0.113.5"
NEVER = 2**40


def ask(client: Client) -> Any:
    return client.post("/messages/", {"text": "Hi"}, headers={"Accept": "application/json"})


def sign_in_required(client: Client, patch: pytest.MonkeyPatch, settings: Any) -> Any:
    settings.CHAT_ALLOW_GUESTS = False
    return ask(client)


def session_over(client: Client, patch: pytest.MonkeyPatch, settings: Any) -> Any:
    client.force_login(User.objects.create_user("alice"))
    client.session.flush()
    return ask(client)


def csrf(client: Client, patch: pytest.MonkeyPatch, settings: Any) -> Any:
    return ask(Client(enforce_csrf_checks=True))


def forbidden(client: Client, patch: pytest.MonkeyPatch, settings: Any) -> Any:
    client.force_login(User.objects.create_user("helper", is_staff=True))
    return client.get("/admin/auth/user/", headers={"Accept": "application/json"})


def debug_behind_a_proxy(client: Client, patch: pytest.MonkeyPatch, settings: Any) -> Any:
    settings.DEBUG = True
    return Client().get("/", headers={"Via": "1.1 proxy"})


def limit_of_an_address(client: Client, patch: pytest.MonkeyPatch, settings: Any) -> Any:
    Count.objects.create(name="requests", who=f"address {AFAR}", amount=NEVER, ends=NEVER)
    return client.get("/", headers={"Accept": "application/json"}, REMOTE_ADDR=AFAR)


def limit_of_a_person(client: Client, patch: pytest.MonkeyPatch, settings: Any) -> Any:
    settings.CHAT_LOCAL_MODEL_URL = "http://127.0.0.1:9/v1"
    user = User.objects.create_user("alice")
    Count.objects.create(name="messages", who=f"user {user.pk}", amount=NEVER, ends=NEVER)
    client.force_login(user)
    return ask(client)


def limit_of_what_goes_on(client: Client, patch: pytest.MonkeyPatch, settings: Any) -> Any:
    client.force_login(User.objects.create_user("alice"))
    patch.setattr(uploads, "EACH", 0)
    return upload(client)


def guesses(client: Client, patch: pytest.MonkeyPatch, settings: Any) -> Any:
    settings.AXES_FAILURE_LIMIT = 1
    return sign_in(client)


def passwords_at_once(client: Client, patch: pytest.MonkeyPatch, settings: Any) -> Any:
    patch.setattr(passwords, "EACH", 0)
    return sign_in(client)


def busy_with_passwords(client: Client, patch: pytest.MonkeyPatch, settings: Any) -> Any:
    patch.setattr(passwords._in_hand, "count", passwords.AT_ONCE)
    return sign_in(client)


def busy(client: Client, patch: pytest.MonkeyPatch, settings: Any) -> Any:
    settings.CHAT_LOCAL_MODEL_URL = "http://127.0.0.1:9/v1"
    patch.setattr(admission.runs, "count", admission.limit())
    return ask(client)


def busy_with_files(client: Client, patch: pytest.MonkeyPatch, settings: Any) -> Any:
    patch.setattr(uploads._in_hand, "count", uploads.AT_ONCE)
    return upload(client)


def busy_without_a_database(client: Client, patch: pytest.MonkeyPatch, settings: Any) -> Any:
    def fail(*_: object) -> None:
        raise OperationalError

    patch.setattr(Conversation.objects, "for_visitor", fail)
    client.raise_request_exception = False
    return client.get("/", headers={"Accept": "application/json"})


def no_model(client: Client, patch: pytest.MonkeyPatch, settings: Any) -> Any:
    return ask(client)


def sign_in(client: Client) -> Any:
    form = {"username": "alice", "password": "a guess"}
    return client.post("/accounts/login/", form, headers={"Accept": "application/json"}, REMOTE_ADDR=AFAR)


def upload(client: Client) -> Any:
    file = SimpleUploadedFile("notes.txt", b"Tea.")
    return client.post("/documents/", {"file": file}, headers={"Accept": "application/json"})


REFUSALS: list[tuple[Refuse, str, int]] = [
    (sign_in_required, "sign_in_required", 403),
    (session_over, "session_over", 403),
    (csrf, "csrf", 403),
    (forbidden, "forbidden", 403),
    (debug_behind_a_proxy, "", 403),
    (limit_of_an_address, "limit_reached", 429),
    (limit_of_a_person, "limit_reached", 429),
    (limit_of_what_goes_on, "limit_reached", 429),
    (guesses, "limit_reached", 429),
    (passwords_at_once, "limit_reached", 429),
    (busy, "busy", 503),
    (busy_with_passwords, "busy", 503),
    (busy_with_files, "busy", 503),
    (busy_without_a_database, "busy", 503),
    (no_model, "no_model", 503),
]


@pytest.fixture(autouse=True)
def site_in_this_process(settings: Any) -> Iterator[None]:
    """The site as it is, with guests, no model, and script and style as they are."""
    settings.CHAT_ALLOW_GUESTS = True
    settings.STATIC_ROOT = None
    settings.STORAGES = settings.STORAGES | {
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    }
    model_of.cache_clear()
    yield
    model_of.cache_clear()


@pytest.mark.parametrize(("refuse", "code", "status"), REFUSALS, ids=[case[0].__name__ for case in REFUSALS])
def test_every_refusal_is_a_line_in_the_log(
    refuse: Refuse,
    code: str,
    status: int,
    settings: Any,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    answer = refuse(Client(), monkeypatch, settings)

    assert answer.status_code == status
    assert not code or answer.json()["error"]["code"] == code
    lines = [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING]
    phrase, path = HTTPStatus(status).phrase, answer.wsgi_request.path
    assert [line for line in lines if line.startswith(phrase) and line.endswith(f": {path}")]


@pytest.mark.parametrize(
    "refuse", [limit_of_an_address, limit_of_a_person, limit_of_what_goes_on, passwords_at_once]
)
def test_a_limit_says_whose_it_is(
    refuse: Refuse, settings: Any, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    refuse(Client(), monkeypatch, settings)

    (line,) = [record.getMessage() for record in caplog.records if record.name == "chatsite.limits"]
    assert re.search(rf"reached by (address {AFAR}|user \d+)$", line)


def test_every_refusal_is_tried_here() -> None:
    documented = {
        (codes(row[1])[0], int(row[0]))
        for row in rows(section(PROTOCOL, "## Errors"))
        if row[0] in {"403", "429", "503"}
    }
    elsewhere = {("sign_on_refused", 403)}  # accounts/test_what_a_provider_says.py has a provider
    assert documented - elsewhere == {(code, status) for _, code, status in REFUSALS if code}
