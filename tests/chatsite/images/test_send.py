"""Messages with images: what the model is sent, what stays, and what is refused."""

import base64
import re
from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.chatsite.images.files import image, opened
from tests.chatsite.images.people import SEES, attached
from tests.site import Site, SiteStarter
from tests.upstream import Reply
from tests.visitor import Visitor

EVENTS = {"Accept": "text/event-stream"}
JSON = {"Accept": "application/json"}
IMAGE = re.compile(r'data-image="([-0-9a-f]{36})"')


@pytest.fixture
def seeing(start_site: SiteStarter) -> Site:
    """A site whose model sees."""
    return start_site(settings=SEES)


def said(site: Site, number: int = -1) -> Any:
    """What the model was sent as the last message, or another one."""
    return site.upstream.requests[-1].messages[number]["content"]


def sizes(content: Any) -> list[tuple[int, int]]:
    """The sizes of the images in a message, as the model sees them."""
    found = [part["image_url"]["url"] for part in content if part["type"] == "image_url"]
    heads, data = zip(*(address.split(";base64,") for address in found), strict=True) if found else ((), ())
    assert set(heads) <= {"data:image/png", "data:image/jpeg"}
    return [opened(base64.b64decode(each)).size for each in data]


def ask(person: Visitor, text: str, *images: str, **fields: str) -> str:
    """Send a message and wait for the reply's end. Returns the conversation."""
    data: dict[str, Any] = {"text": text, "images": list(images), **fields}
    with person.read(person.form("/messages/", data, EVENTS)) as reply:
        assert reply.end["status"] == "done"
        return str(reply.start["conversation"])


def refused(person: Visitor, text: str, *images: str, **fields: str) -> tuple[int, str]:
    data: dict[str, Any] = {"text": text, "images": list(images), **fields}
    response = person.post("/messages/", data, headers=JSON)
    return response.status_code, response.json()["error"]["code"]


def send_files(person: Visitor, text: str, *files: bytes, **fields: str) -> httpx.Response:
    """As a form without script does."""
    person.get("/")
    return person.http.post(
        "/messages/",
        data={"csrfmiddlewaretoken": person._token, "text": text, **fields},
        files=[("pictures", (f"{number}.png", file)) for number, file in enumerate(files, 1)],
        headers={"Origin": str(person.http.base_url).rstrip("/")},
    )


def test_the_model_is_sent_images_also_those_of_earlier_messages(seeing: Site) -> None:
    person = seeing.visitor()
    first, second = (attached(person, content=image(size)) for size in ((60, 40), (30, 90)))
    seeing.upstream.enqueue(Reply("A harbour."), Reply("Blue."), Reply("Red."))

    talk = ask(person, "What is this?", first, second)
    assert said(seeing)[0] == {"type": "text", "text": "What is this?"}
    assert sizes(said(seeing)) == [(60, 40), (30, 90)]

    ask(person, "Which colour?", conversation=talk)
    assert sizes(said(seeing, -3)) == [(60, 40), (30, 90)]
    assert said(seeing) == "Which colour?"

    page = person.get(f"/c/{talk}/").text
    assert IMAGE.findall(page) == [first, second]
    reply = re.findall(r'action="/messages/([-0-9a-f]{36})/regenerate/"', page)[0]
    with person.regenerate(reply) as again:
        assert again.end["status"] == "done"
    assert sizes(said(seeing)) == [(60, 40), (30, 90)]


def test_a_message_can_be_an_image_alone_and_be_edited(seeing: Site) -> None:
    person = seeing.visitor()
    shown = attached(person, name="harbour.png")
    seeing.upstream.enqueue(Reply("A harbour."), Reply("Nine metres."), Reply("A word."))
    talk = ask(person, "", shown)
    assert [part["type"] for part in said(seeing)] == ["image_url"]
    page = person.get(f"/c/{talk}/").text
    assert ">harbour.png</h1>" in page

    message = re.findall(r'id="message-([-0-9a-f]{36})" data-role="user"', page)[0]
    form = person.get(f"/messages/{message}/edit/").text
    assert f'name="images" value="{shown}" checked' in form
    ask(person, "How deep?", shown, conversation=talk, edited=message)
    assert sizes(said(seeing)) == [(60, 40)]
    ask(person, "How deep?", conversation=talk, edited=message)

    assert said(seeing) == "How deep?"
    assert IMAGE.findall(person.get(f"/c/{talk}/?leaf={message}").text) == [shown]


def test_without_script_files_come_with_the_message_once(seeing: Site) -> None:
    person = seeing.visitor()
    seeing.upstream.enqueue(Reply("Two."))
    key = str(uuid4())

    answers = [send_files(person, "How many?", image((50, 20)), image((20, 50)), key=key) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [303, 303]
    assert answers[0].headers["Location"] == answers[1].headers["Location"]
    assert sizes(said(seeing)) == [(50, 20), (20, 50)]
    assert 'enctype="multipart/form-data"' in person.get("/").text
    broken = send_files(person, "Look", b"Tea.")
    assert (broken.status_code, "Only images in PNG" in broken.text) == (415, True)
    assert send_files(person, "Look", image(), image(), image(), image(), image()).status_code == 400


def test_what_cannot_be_sent_is_refused(seeing: Site) -> None:
    person, other = seeing.visitor(), seeing.visitor()
    mine, theirs = attached(person), attached(other)
    seeing.upstream.enqueue(Reply("Yes."))
    ask(person, "Look", mine)

    assert refused(person, "Look", theirs) == (404, "not_found")
    assert refused(person, "Look", "x") == (404, "not_found")
    assert refused(person, "Look", mine) == (404, "not_found")  # it is in another conversation
    assert refused(person, "Look", *(attached(person) for _ in range(5))) == (400, "too_many_images")
    assert refused(person, "") == (400, "required")
    assert refused(person, "Look", attached(person), assistant="documents") == (400, "cannot_see")


def test_a_model_that_does_not_see_takes_no_images(site: Site) -> None:
    person = site.visitor()
    page = person.get("/").text

    assert "The model does not see images." in page
    assert 'name="pictures"' not in page
    assert refused(person, "Look", attached(person)) == (400, "cannot_see")
    assert send_files(person, "Look", image()).status_code == 400


def test_agents_and_forms_pass_images_on(seeing: Site) -> None:
    person = seeing.visitor()
    seeing.upstream.enqueue(Reply("Red."), Reply('{"name": "Anna"}'))
    for assistant in ("agent", "structured"):
        data: dict[str, Any] = {"text": "Look", "images": [attached(person)], "assistant": assistant}
        with person.read(person.form("/messages/", data, EVENTS)) as reply:
            assert reply.end
        assert sizes(said(seeing)) == [(60, 40)]
