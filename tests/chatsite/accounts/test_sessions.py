"""Sessions that end: everywhere else at once, or by themselves."""

import pytest
from django.contrib.auth.models import User
from django.test import Client
from pytest_django import Settings

from tests.chatsite.accounts.conftest import PASSWORD, is_signed_in, sign_in

pytestmark = pytest.mark.django_db

ELSEWHERE = "/accounts/sessions/"


@pytest.fixture(autouse=True)
def alice(pages: Settings) -> User:
    return User.objects.create_user("alice", password=PASSWORD)


def test_somebody_signs_out_everywhere_else_and_keeps_the_password(client: Client) -> None:
    elsewhere = Client()
    assert sign_in(client)
    assert sign_in(elsewhere)

    answer = client.post(ELSEWHERE, {"password": PASSWORD}, follow=True)

    assert "signed out everywhere else" in answer.text
    assert "alice" in client.get("/").text
    assert elsewhere.get("/")["Location"] == "/accounts/login/?next=%2F"
    assert sign_in(Client())


def test_it_needs_the_password(client: Client) -> None:
    elsewhere = Client()
    sign_in(client)
    sign_in(elsewhere)

    assert client.get(ELSEWHERE).status_code == 200
    assert "not your password" in client.post(ELSEWHERE, {"password": "wrong"}).text

    assert "alice" in elsewhere.get("/").text


def test_whose_session_is_over_is_told_so_once_and_led_back(client: Client) -> None:
    sign_in(client)
    client.session.flush()

    answer = client.get("/c/?after=x", follow=True)

    assert answer.redirect_chain == [("/accounts/login/?next=%2Fc%2F%3Fafter%3Dx", 302)]
    assert "Your session is over" in answer.text
    form = {"username": "alice", "password": PASSWORD, "next": "/c/?after=x"}
    assert client.post("/accounts/login/", form)["Location"] == "/c/?after=x"
    client.session.flush()
    client.get("/")
    assert client.get("/").status_code == 200  # a guest now


@pytest.mark.parametrize("guests", [True, False])
def test_a_form_is_told_so_and_the_next_page_too(client: Client, pages: Settings, guests: bool) -> None:
    pages.CHAT_ALLOW_GUESTS = guests
    sign_in(client)
    client.session.flush()
    json = {"Accept": "application/json"}

    codes = [client.post("/messages/", {"text": "Hi"}, headers=json).json()["error"]["code"] for _ in "12"]

    assert codes == ["session_over", "session_over"]
    assert "Your session is over" in client.get("/", follow=True).text


def test_somebody_who_signed_out_is_a_guest_at_once(client: Client) -> None:
    sign_in(client)
    client.post("/accounts/logout/")

    assert not is_signed_in(client)
    assert client.get("/").status_code == 200
