"""What somebody does with messages that wait."""

import re

import httpx

from tests.site import Site
from tests.upstream import Gate, Reply
from tests.visitor import Reading, Visitor

JSON = {"Accept": "application/json"}


def begin(site: Site, visitor: Visitor, text: str = "First") -> tuple[str, Gate, Reading]:
    """A conversation whose first reply is being written, until the gate is opened."""
    gate = site.upstream.gate()
    site.upstream.enqueue(Reply("One", gate, "."))
    reading = visitor.send(text)
    reading.until("token")
    return str(reading.start["conversation"]), gate, reading


def wait(visitor: Visitor, conversation: str, text: str, **fields: str) -> httpx.Response:
    sent = {"text": text, "conversation": conversation, "wait": "1", **fields}
    return visitor.post("/messages/", sent, headers=JSON)


def waiting(visitor: Visitor, conversation: str) -> list[str]:
    """What waits, as the page has it."""
    page = visitor.get(f"/c/{conversation}/waiting/").text
    return re.findall(r"<div class=\"waiting-said[^>]*>([^<]*)</div>", page)


def address(visitor: Visitor, conversation: str, place: int = 0) -> str:
    """Where a message that waits is, without its last part."""
    page = visitor.get(f"/c/{conversation}/waiting/").text
    return str(re.findall(r'href="(/waiting/[-0-9a-f]+/)edit/"', page)[place])


def said(visitor: Visitor, conversation: str) -> list[str]:
    """What the person has said, as the page has it."""
    page = visitor.get(f"/c/{conversation}/").text
    found = re.findall(r'<div class="said as-typed"[^>]*>([^<]*)</div>', page)
    return found[:-1]  # the last one is the script's template
