"""The pages of settings: stored whole or not at all, for guests as well, and for nobody else."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from langchain_core.runnables import RunnableLambda
from pytest_django import Settings

from chatsite.accounts.adoption import adopt
from chatsite.accounts.models import Guest
from chatsite.accounts.retention import expire
from chatsite.accounts.visitor import Visitor
from chatsite.assistants.base import Assistant
from chatsite.assistants.preferences import Preferences
from chatsite.chat.models import Conversation, Message
from chatsite.chat.replies import job_of
from chatsite.preferences import views
from chatsite.preferences.in_force import in_force
from chatsite.preferences.models import OfConversation, Own

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("site_in_this_process")]
ALL = {"instructions": "Be brief.", "model": "large", "temperature": "0.7", "max_tokens": "200"}
AS_KEPT = Preferences(instructions="Be brief.", model="large", temperature=0.7, max_tokens=200)


@pytest.fixture(autouse=True)
def choice(settings: Settings) -> Settings:
    """Two models to choose from."""
    settings.CHAT_ALLOW_GUESTS = True
    settings.CHAT_LOCAL_MODEL = False
    settings.OPENAI_API_KEY = "test-key"
    settings.CHAT_CONTEXT_TOKENS, settings.CHAT_MAX_TOKENS = 32_000, None
    settings.CHAT_MODEL, settings.CHAT_MODELS = "usual", {"large": 100_000}
    return settings


@pytest.fixture
def owner(client: Client) -> User:
    user = User.objects.create_user("owner")
    client.force_login(user)
    return user


def talk_of(user: User, assistant: str = "chat") -> Conversation:
    return Conversation.objects.create(user=user, title="Tea", assistant=assistant)


def test_what_is_filled_in_is_kept_and_shown(client: Client, owner: User) -> None:
    answer = client.post("/settings/", ALL, follow=True)
    assert in_force(Visitor(owner)).own == AS_KEPT
    for shown in (">\nBe brief.</textarea>", 'value="large" selected', 'value="0.7"', 'value="200"'):
        assert shown in answer.text
    client.post("/settings/", {"instructions": "Rhyme."})
    assert in_force(Visitor(owner)).own == Preferences(instructions="Rhyme.")
    assert Own.objects.count() == 1


def test_a_guest_has_settings_from_the_first_form_on(client: Client) -> None:
    assert client.get("/settings/").status_code == 200
    client.post("/settings/", ALL)
    assert Own.objects.get().guest == Guest.objects.get().pk
    assert "Be brief." in client.get("/settings/").text


@pytest.mark.parametrize(
    ("field", "value", "told"),
    [
        ("instructions", "x" * 4_001, "The instructions have 4,001 characters. They can have 4,000 at most."),
        ("instructions", "a\0b", "The instructions contain a NUL character, which cannot be stored."),
        ("model", "gpt-9", "This site does not offer that model. Choose another one."),
        ("temperature", "2.1", "The temperature is a number from 0 to 2."),
        ("temperature", "-0.1", "The temperature is a number from 0 to 2."),
        ("temperature", "nan", "The temperature is a number from 0 to 2."),
        ("temperature", "warm", "The temperature is a number from 0 to 2."),
        ("max_tokens", "0", "The longest reply is a whole number from 1 to 1,000,000."),
        ("max_tokens", "1000001", "The longest reply is a whole number from 1 to 1,000,000."),
        ("max_tokens", "few", "The longest reply is a whole number from 1 to 1,000,000."),
    ],
    ids=lambda value: value[:12],
)
@pytest.mark.parametrize("where", ["/settings/", "conversation"])
def test_one_bad_field_is_named_and_nothing_is_stored(
    client: Client, owner: User, where: str, field: str, value: str, told: str
) -> None:
    path = where if where.startswith("/") else f"{talk_of(owner).get_absolute_url()}settings/"

    answer = client.post(path, ALL | {field: value})

    assert answer.status_code == 400
    assert told in answer.text
    assert answer.text.count('aria-invalid="true"') == 1
    assert not Own.objects.exists()
    assert not OfConversation.objects.exists()


def test_a_conversation_says_what_it_inherits(client: Client, owner: User) -> None:
    Own.keep(Visitor(owner), AS_KEPT)
    talk = talk_of(owner)

    page = client.get(f"{talk.get_absolute_url()}settings/").text

    for told in (
        "Empty: those of your settings, “Be brief.”",
        "As in your settings: large",
        "Empty: 0.7, as",
    ):
        assert told in page
    client.post(f"{talk.get_absolute_url()}settings/", {"temperature": "0", "model": "usual"})
    wanted = in_force(Visitor(owner), talk.pk)
    assert wanted.there == Preferences(temperature=0.0, model="usual")
    assert wanted.all == Preferences(instructions="Be brief.", model="usual", temperature=0.0, max_tokens=200)


def test_nobody_else_sees_or_changes_them(client: Client, owner: User) -> None:
    talk = talk_of(owner)
    path = f"{talk.get_absolute_url()}settings/"
    client.post(path, {"instructions": "canary-instructions"})
    stranger = Client()
    stranger.force_login(User.objects.create_user("stranger"))
    assert "canary" not in stranger.get("/settings/").text
    assert stranger.get(path).status_code == stranger.post(path, {}).status_code == 404
    Conversation.objects.update(deleted=timezone.now())
    assert client.get(path).status_code == 404
    assert OfConversation.objects.get().instructions == "canary-instructions"


@pytest.mark.parametrize("where", ["/settings/", "settings of the chat", "the chat"])
def test_a_model_that_was_withdrawn_is_replaced_and_said(
    client: Client, owner: User, choice: Settings, where: str
) -> None:
    talk = talk_of(owner)
    Own.keep(Visitor(owner), AS_KEPT)
    choice.CHAT_MODELS = {"another": None}
    paths = {
        "settings of the chat": f"{talk.get_absolute_url()}settings/",
        "the chat": talk.get_absolute_url(),
    }

    page = client.get(paths.get(where, where)).text

    assert "large" in page
    assert "usual answers in its place." in page
    assert in_force(Visitor(owner)).all.model_name == "usual"


def test_where_there_is_one_model_nothing_is_to_be_chosen(
    client: Client, owner: User, choice: Settings
) -> None:
    choice.CHAT_MODELS = {}
    assert 'name="model"' not in client.get("/settings/").text + client.get("/").text


def test_the_bar_shows_what_answers_and_lets_one_choose(client: Client, owner: User) -> None:
    Own.keep(Visitor(owner), AS_KEPT)
    page = client.get("/").text
    assert 'name="model" form="composer"' in page
    assert '<option value="large" selected>' in page


def test_only_what_an_assistant_takes_is_shown(
    client: Client, owner: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    def assistant(*takes: str) -> Any:
        found = Assistant(slug="x", name="Pirate", description="", build=RunnableLambda, takes=takes)
        return lambda slug: found

    path = f"{talk_of(owner).get_absolute_url()}settings/"
    monkeypatch.setattr(views, "get_assistant", assistant("temperature"))
    page = client.get(path).text
    assert 'name="temperature"' in page
    assert not [name for name in ("instructions", "model", "max_tokens") if f'name="{name}"' in page]
    monkeypatch.setattr(views, "get_assistant", assistant())
    assert "Pirate takes no settings." in client.get(path).text


def test_the_theme_is_kept_in_the_browser(client: Client) -> None:
    client.post("/settings/", {"theme": "dark"})
    page = client.get("/settings/").text
    assert 'data-theme="dark"' in page
    assert '<option value="dark" selected>' in page


def test_an_account_gets_a_guests_settings_unless_it_has_its_own(owner: User) -> None:
    guests = [Guest.objects.create(key_hash=name) for name in "ab"]
    for number, guest in enumerate(guests):
        Own.keep(Visitor(guest=guest.pk), Preferences(instructions=f"from {number}"))
    assert [adopt(guest, owner) for guest in guests] == [{}, {}]
    assert Own.objects.get().instructions == "from 0"


def test_settings_stay_with_their_person_and_go_with_a_guest(owner: User, choice: Settings) -> None:
    choice.KEEP_DAYS = 1
    gone = Guest.objects.create(key_hash="a", seen=timezone.now() - timedelta(days=99))
    Own.keep(Visitor(guest=gone.pk), AS_KEPT)
    Own.keep(Visitor(owner), AS_KEPT)
    Own.objects.update(changed=timezone.now() - timedelta(days=99))
    assert expire() == 0
    assert Own.objects.get().user == owner


def test_all_that_is_set_is_read_in_one_query(owner: User) -> None:
    talk = talk_of(owner)
    Own.keep(Visitor(owner), AS_KEPT)
    OfConversation.keep(talk, Preferences(model="usual"))
    with CaptureQueriesContext(connection) as captured:
        assert in_force(Visitor(owner), talk.pk).all.model_name == "usual"
    assert len(captured) == 1


def test_a_reply_that_is_begun_anew_is_by_the_model_that_it_was_begun_with(owner: User) -> None:
    talk = talk_of(owner)
    asked = Message.objects.create(conversation=talk, role="user", content="Hi")
    run = "00000000-0000-4000-8000-000000000001"
    Message.objects.create(
        conversation=talk, parent=asked, role="assistant", status="running", model="large", run_id=run
    )
    Own.keep(Visitor(owner), Preferences(model="usual", instructions="Rhyme."))
    job = job_of(Message.objects.get(run_id=run).run)
    assert job is not None
    assert getattr(job.runnable, "model_name", "") == "large"
    assert job.input[0].content.endswith("Rhyme.")
