"""What a guest has stays theirs alone, and comes with them when they sign in."""

import re
from collections.abc import Iterator

import pytest

from tests.chatsite.accounts.people import create_account, manage, sign_in, sign_out
from tests.chatsite.documents.people import upload
from tests.site import Site, SiteStarter
from tests.upstream import Reply
from tests.visitor import Visitor


@pytest.fixture
def own_site(start_site: SiteStarter) -> Iterator[Site]:
    """A site with accounts, two workers of one process each."""
    site = start_site(workers=2)
    create_account(site, "alice")
    yield site
    site.new_round()


def converse(site: Site, visitor: Visitor, text: str) -> str:
    """Have a short conversation, and return its address."""
    site.upstream.enqueue(Reply("Noted."))
    with visitor.send(text) as reading:
        assert reading.end["status"] == "done"
    return f"/c/{reading.start['conversation']}/"


def test_a_saved_page_does_not_make_its_reader_the_guest(site: Site) -> None:
    guest, thief = site.visitor(), site.visitor()
    page = guest.get("/").text
    (token,) = set(re.findall(r'name="csrfmiddlewaretoken" value="([^"]+)"', page))
    key = re.findall(r'name="key" value="([^"]+)"', page)[0]
    address = converse(site, guest, "My secret")

    # What stands in the page is all that the thief has: the mask of the token comes off without a key.
    thief.get("/")
    thief.http.cookies.set("csrftoken", token)
    thief._token = token
    site.upstream.enqueue(Reply("Who are you?"))
    with thief.send("My secret", key=key) as reading:
        assert reading.end["status"] == "done"

    assert thief.get(address).status_code == 404
    assert address not in thief.get("/").text


def test_a_guest_who_signs_in_keeps_what_they_have(own_site: Site) -> None:
    guest = own_site.visitor()
    address = converse(own_site, guest, "Remember this")
    assert upload(guest, "notes.txt", "Some notes.").status_code == 303

    sign_in(guest, "alice")

    page = guest.get("/").text
    assert "in your account now: 1 conversation and 1 document." in page
    assert address in page
    assert guest.get(address).status_code == 200
    assert "notes.txt" in guest.get("/documents/").text
    sign_out(guest)
    sign_in(guest, "alice")
    assert "in your account now" not in guest.get("/").text


def test_after_a_sign_out_the_next_person_sees_nothing(own_site: Site) -> None:
    browser = own_site.visitor()
    address = converse(own_site, browser, "Remember this")
    sign_in(browser, "alice")
    sign_out(browser)

    assert browser.get(address).status_code == 404
    assert address not in browser.get("/").text
    other = converse(own_site, browser, "I am somebody else")
    sign_in(browser, "alice")
    assert other in browser.get("/").text


def test_signing_in_leads_back_to_where_one_was(own_site: Site) -> None:
    guest = own_site.visitor()
    address = converse(own_site, guest, "Remember this")
    ours = str(guest.http.base_url).rstrip("/")

    page = guest.get("/accounts/login/", headers={"Referer": f"{ours}{address}?a=b"}).text
    assert f'name="next" value="{address}?a=b"' in page
    for elsewhere in (
        "https://evil.example/",
        f"{ours}/accounts/login/",
        f"{ours}/accounts/password/reset/",
        "nonsense",
    ):
        page = guest.get("/accounts/login/", headers={"Referer": elsewhere}).text
        assert 'name="next" value=""' in page


@pytest.mark.parametrize("how", ["sign-out", "deactivation"])
def test_an_open_stream_ends_with_the_session(own_site: Site, how: str) -> None:
    browser = own_site.visitor()
    sign_in(browser, "alice")
    gate = own_site.upstream.gate()
    own_site.upstream.enqueue(Reply("Before.", gate, "After."))
    with browser.send("Hi") as reading:
        reading.until("token")
        if how == "sign-out":
            sign_out(browser)
        else:
            manage(own_site, "shell", "--command", DEACTIVATE)
        assert [event.name for event in reading] == []  # the stream ends, before the reply does
        gate.open()

    assert reading.text == "Before."


DEACTIVATE = "from django.contrib.auth.models import User; User.objects.update(is_active=False)"
