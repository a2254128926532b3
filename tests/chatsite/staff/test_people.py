"""Who there is, and what is done to them."""

from collections.abc import Callable

import pytest
from django.contrib.auth.models import Group, User
from django.test import Client

from chatsite.accounts.models import Guest
from chatsite.chat.models import Conversation
from tests.chatsite.chat.portable.conversations import add
from tests.chatsite.staff.conftest import queries

pytestmark = pytest.mark.django_db

LIST = "/admin/auth/user/"


def talk_of(**owner: object) -> Conversation:
    """A conversation with a reply of today, and one of long ago."""
    talk = Conversation.objects.create(title="canary-title", assistant="chat", **owner)
    question = add(talk, None, "user", "canary-words")
    old = add(talk, question, "assistant", "Yes.", input_tokens=7, output_tokens=1)
    new = add(talk, question, "assistant", "No.", input_tokens=1_000, output_tokens=234)
    type(old).objects.filter(pk=old.pk).update(created="2020-01-01T00:00:00Z")
    type(new).objects.filter(pk=new.pk).update(created=talk.created)
    return talk


def chosen(action: str, *people: User) -> dict[str, object]:
    return {"action": action, "_selected_action": [person.pk for person in people]}


def test_the_list_says_what_people_have_used(root: Client) -> None:
    talk_of(user=User.objects.create_user("alice"))

    row = root.get(f"{LIST}?q=alice").text.partition("result_list")[2]

    assert '<td class="field-conversations">1</td>' in row
    assert '<td class="field-replies">1</td>' in row
    assert '<td class="field-tokens">1234</td>' in row


def test_guests_have_a_list_of_their_own(root: Client) -> None:
    guest = Guest.objects.make("a key")
    talk_of(guest=guest.pk)

    page = root.get("/admin/accounts/guest/").text
    assert guest.pk in page
    assert '<td class="field-tokens">1234</td>' in page

    root.post("/admin/accounts/guest/", {"action": "send_away", "_selected_action": [guest.pk]})
    assert Guest.objects.of_key("a key") is None


def test_a_list_asks_as_much_for_thirty_as_for_one(root: Client) -> None:
    def arrive(number: int) -> None:
        talk_of(user=User.objects.create_user(f"user{number}"))
        talk_of(guest=Guest.objects.make(f"key {number}").pk)

    def asked() -> list[int]:
        return [queries(root, address) for address in (LIST, "/admin/accounts/guest/")]

    arrive(0)
    asked()
    few = asked()
    for number in range(1, 31):
        arrive(number)

    assert asked() == few


def test_people_are_filtered_by_what_they_are(root: Client) -> None:
    User.objects.create_user("alice")
    User.objects.create_user("bob", is_active=False)

    page = root.get(f"{LIST}?is_active__exact=0").text
    assert "bob" in page
    assert "alice" not in page


def test_whoever_is_deactivated_is_signed_out(root: Client, client: Client) -> None:
    alice = User.objects.create_user("alice")
    client.force_login(alice)
    assert client.get("/accounts/").status_code == 200

    root.post(LIST, chosen("deactivate", alice))

    assert client.get("/accounts/").status_code == 302
    root.post(LIST, chosen("activate", alice))
    assert User.objects.get(pk=alice.pk).is_active
    assert client.get("/accounts/").status_code == 302


def test_nobody_deactivates_themselves_or_a_superuser(root: Client, staff: Callable[..., Client]) -> None:
    superuser = User.objects.get(username="root")
    helper = staff("auth.view_user", "auth.change_user")

    assert "left as they are" in root.post(LIST, chosen("deactivate", superuser), follow=True).text
    helper.post(LIST, chosen("deactivate", superuser))

    assert User.objects.filter(is_active=True).count() == 2


def test_whoever_may_only_look_does_nothing(staff: Callable[..., Client]) -> None:
    alice = User.objects.create_user("alice")

    staff("auth.view_user").post(LIST, chosen("deactivate", alice))

    assert User.objects.get(pk=alice.pk).is_active


def test_staff_give_nobody_powers(staff: Callable[..., Client]) -> None:
    helper = staff("auth.view_user", "auth.change_user", "auth.view_group", "auth.change_group")
    me = User.objects.get(username="staff")
    form = {"username": "staff", "is_active": "on", "is_staff": "on", "is_superuser": "on", "groups": []}
    dates = {"date_joined_0": "2026-01-01", "date_joined_1": "00:00:00"}

    assert helper.post(f"{LIST}{me.pk}/change/", form | dates).status_code == 302
    assert not User.objects.get(pk=me.pk).is_superuser

    group = Group.objects.create(name="readers")
    permission = me.user_permissions.first()
    assert permission is not None
    powers = {"name": "writers", "permissions": [permission.pk]}
    assert helper.post(f"/admin/auth/group/{group.pk}/change/", powers).status_code == 302
    assert list(group.permissions.all()) == []


def test_staff_change_no_superuser(root: Client, staff: Callable[..., Client]) -> None:
    superuser = User.objects.get(username="root")
    helper = staff("auth.view_user", "auth.change_user", "auth.delete_user")

    assert helper.get(f"{LIST}{superuser.pk}/password/").status_code == 403
    assert helper.post(f"{LIST}{superuser.pk}/delete/", {"post": "yes"}).status_code == 403
    assert User.objects.filter(username="root").exists()


def test_an_account_is_deleted_without_a_word_of_its_titles(staff: Callable[..., Client]) -> None:
    alice = User.objects.create_user("alice")
    talk_of(user=alice)
    helper = staff("auth.view_user", "auth.change_user", "auth.delete_user")

    page = helper.get(f"{LIST}{alice.pk}/delete/").text
    assert "canary-title" not in page
    assert "conversations" in page.lower()

    assert helper.post(f"{LIST}{alice.pk}/delete/", {"post": "yes"}).status_code == 302
    assert not Conversation.objects.exists()
