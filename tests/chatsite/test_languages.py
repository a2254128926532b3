"""Who reads what in which language."""

import re
from html.parser import HTMLParser
from uuid import uuid4

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.core import mail
from django.test import Client
from django.utils import translation
from pytest_django import Settings

from chatsite.accounts.invitations import link_of
from chatsite.accounts.models import Invitation
from chatsite.chat.models import Conversation, Message
from chatsite.chat.rendering import pieces
from chatsite.config import terminal
from chatsite.documents.models import Document, Passage
from chatsite.sharing.models import Link
from streaming.errors import TIMEOUT_IDLE, in_language
from tests.chatsite.chat.portable.conversations import add

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("site_in_this_process")]

CHINESE = {"Accept-Language": "zh-CN,zh;q=0.9,en;q=0.5"}
JSON = {"Accept": "application/json"}


@pytest.fixture(autouse=True)
def with_guests(settings: Settings) -> None:
    settings.CHAT_ALLOW_GUESTS = True


@pytest.fixture
def person() -> User:
    return User.objects.create_user("wei", "wei@example.org", "long and unusual 7")


@pytest.fixture
def chinese(person: User) -> Client:
    client = Client(headers=CHINESE)
    client.force_login(person)
    return client


@pytest.fixture
def talk(person: User) -> Conversation:
    """A conversation of whatever a page can have to say something about, in no language."""
    talk = Conversation.objects.create(user=person, title="…", assistant="chat")
    question = add(talk, None, "user", "…")
    details = {
        "reasoning": "…",
        "steps": [{"id": "1", "name": "_", "input": {}, "error": "The tool failed (ValueError)."}],
        "documents": [{"id": "1", "title": "_, page 3", "source": "", "text": "…"}],
    }
    text = "```\n…\n```\n\n- [ ] …\n\n|…|\n|-|\n|…|"
    add(talk, question, "assistant", text, status="stopped", details=details, model="_")
    failed = add(talk, question, "assistant", "…", status="failed", model="_")
    Message.objects.filter(pk=failed.pk).update(error_code="timeout", error_message=TIMEOUT_IDLE.message)
    return talk


# Which language


def test_the_browser_says_which_language(client: Client) -> None:
    page = client.get("/", headers=CHINESE)
    assert '<html lang="zh-hans"' in page.text
    assert page["Content-Language"] == "zh-hans"
    assert "Accept-Language" in page["Vary"]
    assert '<html lang="en"' in client.get("/", headers={"Accept-Language": "de"}).text


def test_what_a_person_has_chosen_comes_before_the_browsers_language(client: Client) -> None:
    chosen = client.post("/language/", {"language": "zh-hans", "next": "/?temporary=1"})
    assert (chosen.status_code, chosen["Location"]) == (302, "/?temporary=1")
    cookie = chosen.cookies[settings.LANGUAGE_COOKIE_NAME]
    assert (cookie["httponly"], cookie["samesite"]) == (True, "Lax")
    assert '<html lang="zh-hans"' in client.get("/", headers={"Accept-Language": "en"}).text

    client.post("/language/", {"language": "en"})
    assert '<html lang="en"' in client.get("/", headers=CHINESE).text


def test_choosing_a_language_leads_to_no_other_site(client: Client) -> None:
    chosen = client.post("/language/", {"language": "zh-hans", "next": "https://example.org/"})
    assert chosen["Location"] == "/"


def test_choosing_a_language_needs_the_token_of_a_page() -> None:
    strict = Client(enforce_csrf_checks=True)
    assert strict.post("/language/", {"language": "zh-hans"}).status_code == 403
    assert settings.LANGUAGE_COOKIE_NAME not in strict.cookies


@pytest.mark.parametrize("address", ["/", "/accounts/login/"])
def test_a_page_offers_the_other_language_in_its_own_words(client: Client, address: str) -> None:
    assert 'value="zh-hans" lang="zh-hans">简体中文</button>' in client.get(address).text
    assert 'value="en" lang="en">English</button>' in client.get(address, headers=CHINESE).text


def test_a_page_that_a_browser_has_is_another_one_in_another_language(
    chinese: Client, talk: Conversation
) -> None:
    address = talk.get_absolute_url()
    tag = chinese.get(address)["ETag"]
    assert chinese.get(address, headers={"If-None-Match": tag}).status_code == 304
    english = chinese.get(address, headers={"If-None-Match": tag, "Accept-Language": "en"})
    assert english.status_code == 200


# What is said


def test_an_error_is_told_in_its_readers_language(chinese: Client) -> None:
    refused = chinese.post("/messages/", {"text": " "}, headers=JSON).json()["error"]
    assert refused == {"code": "required", "message": "请先写点什么。"}
    assert "这里没有内容" in chinese.get(f"/c/{uuid4()}/").text


def test_a_stored_error_is_told_in_each_readers_language(chinese: Client, talk: Conversation) -> None:
    address = talk.get_absolute_url() + f"?until={Message.objects.get(status='failed').pk}"
    assert "模型在回复中途没有了响应。" in chinese.get(address, follow=True).text
    english = chinese.get(address, headers={"Accept-Language": "en"}, follow=True).text
    assert TIMEOUT_IDLE.message in english
    assert Message.objects.get(status="failed").error_message == TIMEOUT_IDLE.message


def test_what_was_kept_in_english_is_known_again_with_its_places() -> None:
    with translation.override("zh-hans"):
        assert in_language("007, page 12") == "007，第 12 页"
        assert in_language("The tool failed (KeyError).") == "工具出错了（KeyError）。"
        assert in_language("page one") == "page one"
        assert in_language("") == ""
    with translation.override("en"):
        assert in_language("007, page 12") == "007, page 12"


def test_labels_of_a_reply_are_translated_in_tags_only() -> None:
    written = '<pre role="group" aria-label="Code" tabindex="0"></pre><p>aria-label="Code"</p>'
    with translation.override("zh-hans"):
        shown = pieces.labelled(written, pieces.labels())
    assert shown == '<pre role="group" aria-label="代码" tabindex="0"></pre><p>aria-label="Code"</p>'
    with translation.override("en"):
        assert pieces.labelled(written, pieces.labels()) == written


def test_a_mail_is_in_the_language_of_whoever_asks_for_it(client: Client, settings: Settings) -> None:
    settings.MAIL, settings.DEFAULT_FROM_EMAIL = object(), "chat@example.org"
    client.post("/accounts/password/reset/", {"email": "nobody@example.org"}, headers=CHINESE)
    assert [sent.subject for sent in mail.outbox] == ["testserver 没有使用此邮箱的账号"]


# In a terminal


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({"LANG": "zh_CN.UTF-8"}, "zh-hans"),
        ({"LANG": "zh_SG"}, "zh-hans"),
        ({"LANG": "zh_TW.UTF-8"}, "en"),
        ({"LANG": "C.UTF-8"}, "en"),
        ({"LANG": "zh_CN.UTF-8", "LC_ALL": "en_GB.UTF-8"}, "en"),
        ({"LANG": "en_GB.UTF-8", "LANGUAGE": "de:zh_CN:en"}, "zh-hans"),
        ({}, "en"),
    ],
    ids=str,
)
def test_a_terminals_language_is_what_other_programs_take(
    monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], expected: str
) -> None:
    for name in ("LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert terminal.language() == expected
    assert terminal.say("Stopped.") == ("已停止。" if expected == "zh-hans" else "Stopped.")


# Nothing is left in English

OURS = re.compile(r"[A-Za-z_]{2,}")
NAMES = {
    *("English", "JSON", "Markdown", "PDF", "Word", "HTML", "CSV", "UTC", "MB", "KB", "Cookie", "km", "txt"),
    *("Enter", "Shift", "Ctrl", "Esc", "OPENAI_API_KEY", "OPENAI_BASE_URL", "timeout", "not_found"),
    *("SmolLM", "Instruct"),
    *("wei", "wang", "example", "org", "testserver", "http", "https", "ValueError", "gpt", "mini"),
}
"""What stands in a Chinese page as it does in an English one."""


class _Words(HTMLParser):
    """Collects what a person reads, but what is in another language by its `lang`, and code."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self._skipped = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._skipped += tag in ("script", "style")
        self.found += [
            value or "" for name, value in attrs if name in ("title", "aria-label", "placeholder", "alt")
        ]
        self.found += [value or "" for name, value in attrs if name == "content" and value and " " in value]

    def handle_endtag(self, tag: str) -> None:
        self._skipped -= tag in ("script", "style")

    def handle_data(self, data: str) -> None:
        if not self._skipped:
            self.found.append(data)


def english_in(page: str) -> set[str]:
    reader = _Words()
    reader.feed(re.sub(r"<head>.*?(<title>.*?</title>).*?</head>", r"\1", page, flags=re.DOTALL))
    return set(OURS.findall(" ".join(reader.found))) - NAMES


def test_no_page_has_english_in_it(chinese: Client, person: User, talk: Conversation) -> None:
    document = Document.objects.create(user=person, title="_", kind="text", size=9, characters=9)
    passage = Passage.objects.create(document=document, number=1, place="part 1", overlap=0, text="…")
    failed = Message.objects.get(status="failed")
    link = Link.objects.create(conversation=talk, leaf=failed, title="…")
    pages = [
        *("/", "/?temporary=1", *(f"/?assistant={slug}" for slug in ("documents", "agent", "structured"))),
        *(talk.get_absolute_url(), f"/c/{talk.pk}/edit/"),
        *(
            "/c/",
            "/c/archived/",
            "/search/",
            "/search/?q=a",
            "/c/export/",
            "/c/shared/",
            f"/c/{talk.pk}/share/",
        ),
        *(link.get_absolute_url(), f"{link.get_absolute_url()}copy/", f"/messages/{failed.pk}/details/"),
        *("/documents/", document.get_absolute_url(), passage.get_absolute_url(), "/nowhere/"),
        *("/accounts/", "/accounts/password/", "/accounts/sessions/", "/accounts/second-factor/"),
    ]
    found = {address: chinese.get(address) for address in pages}
    assert {
        address: page.status_code for address, page in found.items() if page.status_code not in (200, 404)
    } == {}
    assert {address: words for address, page in found.items() if (words := english_in(page.text))} == {}


def test_no_page_of_a_stranger_has_english_in_it(settings: Settings) -> None:
    settings.SIGN_UP = "INVITATION"
    invitation = Invitation(ends="2100-01-01T00:00Z")
    key = invitation.give_key()
    invitation.save()
    stranger = Client(headers=CHINESE)
    for address in ("/accounts/login/", "/accounts/signup/", link_of(key), "/accounts/inactive/"):
        page = stranger.get(address)
        assert english_in(page.text) == set(), address


def test_what_is_wrong_with_a_password_is_told_in_chinese(settings: Settings) -> None:
    """Django and allauth say it, whose catalogs lack some of it."""
    settings.SIGN_UP = "OPEN"
    stranger = Client(headers=CHINESE)
    for one, other in (("1", "1"), ("long and unusual 8", "another")):
        page = stranger.post("/accounts/signup/", {"username": "new", "password1": one, "password2": other})
        assert 'role="alert"' in page.text
        assert english_in(page.text) == set()
