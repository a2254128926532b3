"""How much was used, by whom, of what, when."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from pytest_django import Settings

from chatsite.chat.models import Conversation, Message
from tests.chatsite.chat.portable.conversations import add
from tests.chatsite.staff.conftest import queries

pytestmark = pytest.mark.django_db

PAGE = "/admin/staff/usage/"
WHOLE = f"{PAGE}?first=2026-03-01&last=2026-03-02"


def reply(owner: Mapping[str, Any], *, at: datetime, model: str = "gpt-x", **fields: object) -> None:
    talk, _ = Conversation.objects.get_or_create(title="x", assistant="chat", **owner)
    made = add(talk, None, "assistant", "Yes.", model=model, input_tokens=100, output_tokens=10, **fields)
    Message.objects.filter(pk=made.pk).update(created=at)


@pytest.fixture
def used() -> None:
    alice = {"user": User.objects.create_user("alice")}
    late = datetime(2026, 3, 1, 23, 59, 59, tzinfo=UTC)
    early = datetime(2026, 3, 2, 0, 0, 0, tzinfo=UTC)
    reply(alice, at=late)
    reply(alice, at=late, status="failed")
    reply(alice, at=early)
    reply(alice, at=early, model="llama")
    reply({"guest": "g"}, at=early)
    reply(alice, at=datetime(2026, 3, 3, tzinfo=UTC))


def lines(client: Client, address: str) -> list[str]:
    answer = client.get(f"{address}&csv=1")
    assert answer["Content-Type"].startswith("text/csv")
    return answer.text.splitlines()


@pytest.mark.usefixtures("used")
def test_it_is_told_by_day_model_and_person(root: Client) -> None:
    assert lines(root, f"{WHOLE}&by=day&by=model&by=person") == [
        "Day (UTC),Model,Person,Replies,Failed,Tokens read,Tokens written",
        "2026-03-02,gpt-x,alice,1,0,100,10",
        "2026-03-02,gpt-x,guests,1,0,100,10",
        "2026-03-02,llama,alice,1,0,100,10",
        "2026-03-01,gpt-x,alice,2,1,200,20",
    ]


@pytest.mark.usefixtures("used")
def test_what_it_is_not_told_by_is_added_up(root: Client) -> None:
    assert lines(root, f"{WHOLE}&by=person")[1:] == ["alice,4,1,400,40", "guests,1,0,100,10"]
    assert lines(root, f"{WHOLE}&by=model&model=llama")[1:] == ["llama,1,0,100,10"]
    assert lines(root, f"{WHOLE}&by=day&person=alice")[1:] == [
        "2026-03-02,2,0,200,20",
        "2026-03-01,2,1,200,20",
    ]


@pytest.mark.usefixtures("used")
def test_the_page_has_a_total_and_says_which_days_they_are(root: Client) -> None:
    page = root.get(f"{WHOLE}&by=day").text

    assert "UTC" in page
    assert '<td class="staff-number">500</td>' in page
    assert "2026-03-01" in page


@pytest.mark.usefixtures("used")
def test_prices_make_it_cents(root: Client, settings: Settings) -> None:
    settings.PRICE_INPUT, settings.PRICE_OUTPUT = 10_000, 100_000

    assert lines(root, f"{WHOLE}&by=person")[1] == "alice,4,1,400,40,8.00"


def test_a_name_is_no_formula_in_the_file(root: Client) -> None:
    reply({"user": User.objects.create_user("+1+1")}, at=datetime(2026, 3, 1, tzinfo=UTC), model="=1+1")

    assert lines(root, f"{WHOLE}&by=person&by=model")[1].startswith("'=1+1,'+1+1,")


@pytest.mark.parametrize(
    "asked",
    ["first=x&last=2026-03-02", "first=2026-03-02&last=2026-03-01", "first=2020-01-01&last=2026-01-01"],
)
def test_a_period_that_is_none_is_refused(root: Client, asked: str) -> None:
    page = root.get(f"{PAGE}?{asked}&csv=1")

    assert page.status_code == 200
    assert "errorlist" in page.text


def test_the_page_asks_as_much_for_many_rows(root: Client) -> None:
    address = f"{WHOLE}&by=day&by=person"
    queries(root, address)
    few = queries(root, address)
    for number in range(30):
        reply({"user": User.objects.create_user(f"u{number}")}, at=datetime(2026, 3, 1, tzinfo=UTC))

    assert queries(root, address) == few


def test_the_page_is_bounded_and_says_so(root: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("chatsite.staff.usage_page.ON_PAGE", 1)
    for day in (1, 2):
        reply({"guest": "g"}, at=datetime(2026, 3, day, tzinfo=UTC))

    page = root.get(f"{WHOLE}&by=day").text

    assert "first 1 rows" in page
    assert "2026-03-02</td>" in page
    assert "2026-03-01</td>" not in page


def test_it_needs_the_permission(staff: Callable[..., Client]) -> None:
    assert staff("chat.view_conversation").get(PAGE).status_code == 403
    assert staff("staff.view_usage", name="other").get(PAGE).status_code == 200
