"""Nobody sees what is not theirs: for an outsider it does not exist."""

from collections.abc import Iterator

import pytest

from tests.site import Site, SiteStarter
from tests.upstream import Reply
from tests.visitor import Reading, Visitor


@pytest.fixture
def owner(site: Site) -> Visitor:
    return site.visitor()


@pytest.fixture
def reading(site: Site, owner: Visitor) -> Iterator[Reading]:
    """The owner's conversation, whose reply is being written."""
    gate = site.upstream.gate()
    site.upstream.enqueue(Reply("secret", gate, "!"))
    with owner.send("My secret?") as reading:
        reading.until("token")
        yield reading
        gate.open()
        assert reading.end["status"] == "done"


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/c/{conversation}/"),
        ("GET", "/c/{conversation}/?leaf={message}"),
        ("GET", "/c/{conversation}/?until={message}"),
        ("GET", "/messages/{message}/edit/"),
        ("GET", "/runs/{run}/events/"),
        ("POST", "/runs/{run}/stop/"),
        ("POST", "/messages/{message}/regenerate/"),
        ("POST", "/messages/{message}/continue/"),
        ("GET", "/c/{conversation}/edit/"),
        *(
            ("POST", f"/c/{{conversation}}/{action}/")
            for action in ("rename", "pin", "unpin", "archive", "unarchive", "delete", "restore")
        ),
    ],
)
@pytest.mark.parametrize("accept", ["text/html", "application/json", "text/event-stream"])
def test_an_outsider_finds_nothing(site: Site, reading: Reading, method: str, path: str, accept: str) -> None:
    outsider = site.visitor()
    address = path.format(**reading.start)

    ask = outsider.get if method == "GET" else outsider.post
    response = ask(address, headers={"Accept": accept})

    assert response.status_code == 404
    assert "secret" not in response.text


def test_an_outsider_cannot_write_into_a_conversation(site: Site, reading: Reading) -> None:
    response = site.visitor().post(
        "/messages/",
        {"text": "Hi", "conversation": reading.start["conversation"]},
        headers={"Accept": "application/json"},
    )

    assert (response.status_code, response.json()["error"]["code"]) == (404, "not_found")


def test_the_list_has_only_the_persons_own_conversations(
    site: Site, owner: Visitor, reading: Reading
) -> None:
    assert reading.start["conversation"] in owner.get("/").text
    assert reading.start["conversation"] not in site.visitor().get("/").text


def test_guests_are_asked_to_sign_in_where_they_are_not_allowed(start_site: SiteStarter) -> None:
    site = start_site(settings={"CHAT_ALLOW_GUESTS": "0"})
    visitor = site.visitor()
    visitor.get("/accounts/login/")

    page = visitor.get("/")
    sent = visitor.post("/messages/", {"text": "Hi"}, headers={"Accept": "text/event-stream"})

    assert (page.status_code, page.headers["Location"]) == (302, "/accounts/login/?next=%2F")
    assert (sent.status_code, sent.json()["error"]["code"]) == (403, "sign_in_required")
