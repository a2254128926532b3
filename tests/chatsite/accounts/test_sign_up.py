"""Who may make an account: nobody, who was invited, everybody."""

from datetime import timedelta

import pytest
from django.conf import settings as django_settings
from django.contrib.auth.models import User
from django.core.management import call_command
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from chatsite.accounts.models import Guest, Invitation, new_key
from chatsite.chat.models import Conversation
from tests.chatsite.accounts.conftest import is_signed_in, sign_up_form

pytestmark = pytest.mark.django_db

SIGN_UP = "/accounts/signup/"


@pytest.fixture(autouse=True)
def _in_this_process(pages: Settings) -> None:
    """No server is needed here."""


def invite(**values: object) -> str:
    invitation = Invitation(**{"ends": timezone.now() + timedelta(days=1), **values})
    key = invitation.give_key()
    invitation.save()
    return key


def test_where_it_is_off_there_is_no_such_page(client: Client, settings: Settings) -> None:
    settings.SIGN_UP = "OFF"

    assert client.get(SIGN_UP).status_code == 404
    assert client.post(SIGN_UP, sign_up_form()).status_code == 404
    assert "Make an account" not in client.get("/accounts/login/").text
    assert not User.objects.exists()


def test_whoever_makes_an_account_is_signed_in_and_keeps_what_they_had(client: Client) -> None:
    client.cookies[django_settings.GUEST_COOKIE_NAME] = key = new_key()
    guest = Guest.objects.make(key)
    conversation = Conversation.objects.create(title="Hi", assistant="chat", guest=guest.pk)

    answer = client.post(SIGN_UP, sign_up_form(next=f"/c/{conversation.pk}/"))

    assert (answer.status_code, answer["Location"]) == (302, f"/c/{conversation.pk}/")
    assert is_signed_in(client)
    conversation.refresh_from_db()
    assert conversation.user == User.objects.get(username="alice")


@pytest.mark.parametrize("elsewhere", ["https://evil.example/", "//evil.example/", "javascript:alert(1)"])
def test_nobody_is_led_to_another_site(client: Client, elsewhere: str) -> None:
    assert "evil" not in client.get(SIGN_UP, {"next": elsewhere}).text
    assert client.post(SIGN_UP, sign_up_form(next=elsewhere))["Location"] == "/"


def test_what_is_wrong_is_said_at_its_field_and_the_name_is_kept(client: Client) -> None:
    page = client.post(SIGN_UP, sign_up_form(password1="password", password2="other")).text

    assert 'value="alice"' in page
    assert "too common" in page
    assert 'aria-describedby="id_password1-error id_password1-hint"' in page
    assert "password1-error" in page
    assert not User.objects.exists()


def test_a_name_is_one_name_however_it_is_written(client: Client) -> None:
    User.objects.create_user("Alice")

    assert "already exists" in client.post(SIGN_UP, sign_up_form()).text
    assert User.objects.count() == 1


def test_the_way_to_make_an_account_is_offered_where_everybody_may(client: Client) -> None:
    assert "Sign in" in client.get("/").text
    assert 'href="/accounts/signup/?next=/c/"' in client.get("/accounts/login/", {"next": "/c/"}).text


class TestByInvitation:
    @pytest.fixture(autouse=True)
    def _by_invitation(self, pages: Settings) -> None:
        pages.SIGN_UP = "INVITATION"

    def test_without_one_the_page_says_how_accounts_are_made(self, client: Client) -> None:
        for key in ("", "nonsense", invite(ends=timezone.now())):
            answer = client.get(SIGN_UP, {"invitation": key})
            assert (answer.status_code, "By invitation" in answer.text) == (403, True)
            assert client.post(SIGN_UP, sign_up_form(invitation=key)).status_code == 403
        assert not User.objects.exists()

    def test_an_invitation_is_good_for_one_account(self, client: Client) -> None:
        key = invite()
        assert f'name="invitation" value="{key}"' in client.get(SIGN_UP, {"invitation": key}).text

        assert client.post(SIGN_UP, sign_up_form(invitation=key)).status_code == 302

        assert Invitation.objects.get().user == User.objects.get()
        again = Client().post(SIGN_UP, sign_up_form(username="bob", invitation=key))
        assert again.status_code == 403
        assert User.objects.count() == 1

    def test_of_two_who_use_it_at_once_one_gets_an_account(self) -> None:
        key = invite()
        first, second = Invitation.objects.of_key(key), Invitation.objects.of_key(key)
        assert first is not None
        assert second is not None

        assert (first.take(), second.take()) == (True, False)

    def test_a_form_that_is_refused_leaves_it_as_good_as_it_was(self, client: Client) -> None:
        key = invite()
        assert client.post(SIGN_UP, sign_up_form(invitation=key, password2="other")).status_code == 200

        assert client.post(SIGN_UP, sign_up_form(invitation=key)).status_code == 302

    def test_the_command_prints_a_link(self, client: Client, capsys: pytest.CaptureFixture[str]) -> None:
        call_command("invite", "--note", "for Alice")

        link = capsys.readouterr().out.strip()
        assert client.get(link).status_code == 200
        assert Invitation.objects.get().note == "for Alice"

    def test_staff_see_a_link_once(self, client: Client, admin_client: Client) -> None:
        ends = timezone.now() + timedelta(days=2)
        form = {"note": "", "ends_0": f"{ends:%Y-%m-%d}", "ends_1": f"{ends:%H:%M:%S}"}
        page = admin_client.post("/admin/accounts/invitation/add/", form, follow=True).text

        link = page.partition("http://testserver")[2].split("<")[0]
        assert client.get(link).status_code == 200
        assert link not in admin_client.get("/admin/accounts/invitation/", follow=True).text
