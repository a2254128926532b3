"""Where somebody is signed in, and ending that."""

import re

import pytest
from allauth.usersessions.models import UserSession
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django import Settings

from chatsite.accounts import devices
from chatsite.accounts.retention import expire
from tests.chatsite.accounts.conftest import PASSWORD, sign_in

pytestmark = pytest.mark.django_db

LIST = "/accounts/sessions/"
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
EDGE = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/140.0 Safari/537.36 Edg/140.0"
IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605 Version/18.0 Safari/604.1"


@pytest.fixture(autouse=True)
def alice(pages: Settings) -> User:
    devices._written.clear()
    return User.objects.create_user("alice", password=PASSWORD)


def signed_in(browser: str) -> Client:
    client = Client(headers={"User-Agent": browser})
    assert sign_in(client)
    return client


def ends(client: Client) -> list[str]:
    """Where the list's buttons lead."""
    return re.findall(rf'action="({LIST}\d+/end/)"', client.get(LIST).text)


def test_the_list_says_which_browsers_there_are_and_which_is_this_one() -> None:
    mine = signed_in(FIREFOX)
    signed_in(EDGE)
    signed_in(IPHONE)

    page = mine.get(LIST).text

    assert re.findall(r"\w+ on \w+", page) == ["Firefox on Linux", "Safari on iPhone", "Edge on Windows"]
    assert page.index("(this one)") < page.index("Safari on iPhone")
    assert "127.0.0.1" in page
    assert len(ends(mine)) == 2


def test_what_says_nothing_of_itself_is_in_the_list() -> None:
    signed_in("<b>curl</b>")

    assert "no known browser" in signed_in("").get(LIST).text


def test_somebody_ends_one_session_and_no_other() -> None:
    mine, lost, kept = signed_in(FIREFOX), signed_in(EDGE), signed_in(IPHONE)
    row = UserSession.objects.get(user_agent=EDGE)

    answer = mine.post(f"{LIST}{row.pk}/end/", follow=True)

    assert "signed out" in answer.text
    assert "Edge" not in answer.text
    assert lost.get("/accounts/").status_code == 302
    assert mine.get("/accounts/").status_code == kept.get("/accounts/").status_code == 200


def test_nobody_ends_somebody_elses_session(client: Client) -> None:
    User.objects.create_user("bob", password=PASSWORD)
    hers = signed_in(FIREFOX)
    client.post("/accounts/login/", {"username": "bob", "password": PASSWORD})
    row = UserSession.objects.get(user__username="alice")

    assert client.post(f"{LIST}{row.pk}/end/").status_code == 404
    assert client.get(f"{LIST}{row.pk}/end/").status_code == 405
    assert Client().post(f"{LIST}{row.pk}/end/").status_code == 403
    assert hers.get("/accounts/").status_code == 200


def test_whoever_was_signed_in_before_there_was_a_list_is_in_it() -> None:
    mine = signed_in(FIREFOX)
    UserSession.objects.all().delete()
    devices._written.clear()

    mine.get("/accounts/")

    assert "Firefox on Linux" in mine.get(LIST).text


def test_another_password_takes_the_others_out_of_the_list() -> None:
    mine = signed_in(FIREFOX)
    signed_in(EDGE)

    mine.post(LIST, {"password": PASSWORD})

    page = mine.get(LIST).text
    assert "Firefox on Linux" in page
    assert "Edge" not in page


def test_when_it_was_seen_is_written_every_few_minutes(monkeypatch: pytest.MonkeyPatch) -> None:
    mine = signed_in(FIREFOX)
    long_ago = timezone.now().replace(year=2020)
    UserSession.objects.update(last_seen_at=long_ago)
    devices._written.clear()

    mine.get("/accounts/")
    seen = UserSession.objects.get().last_seen_at
    UserSession.objects.update(last_seen_at=long_ago)
    mine.get("/accounts/")

    assert seen > long_ago
    assert UserSession.objects.get().last_seen_at == long_ago
    monkeypatch.setattr(devices, "SEEN_EVERY", 0.0)
    mine.get("/accounts/")
    assert UserSession.objects.get().last_seen_at > long_ago


def test_the_list_asks_as_much_for_many_as_for_one() -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            mine.get(LIST)
        return len(captured)

    mine = signed_in(FIREFOX)
    mine.get(LIST)
    few = queries()
    for _ in range(10):
        signed_in(EDGE)

    assert queries() == few


def test_beyond_so_many_the_oldest_are_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(devices, "MOST", 2)
    first, second, third = (signed_in(FIREFOX) for _ in range(3))

    assert first.get("/accounts/").status_code == 302
    assert second.get("/accounts/").status_code == third.get("/accounts/").status_code == 200


def test_signing_in_needs_no_address() -> None:
    client = Client(REMOTE_ADDR="")
    sign_in(client)

    page = client.get(LIST)
    assert page.status_code == 200
    assert devices.NO_ADDRESS not in page.text


def test_what_is_known_of_a_session_goes_with_it() -> None:
    signed_in(FIREFOX)
    Session.objects.all().delete()

    expire()

    assert not UserSession.objects.exists()


def test_staff_sign_somebody_out_everywhere(alice: User) -> None:
    listed, unlisted = signed_in(FIREFOX), signed_in(EDGE)
    UserSession.objects.filter(user_agent=EDGE).delete()
    staff = Client()
    staff.force_login(User.objects.create_superuser("root"))

    staff.post("/admin/auth/user/", {"action": "sign_out", "_selected_action": [alice.pk]})

    assert listed.get("/accounts/").status_code == unlisted.get("/accounts/").status_code == 302
    assert staff.get("/accounts/").status_code == 200
