"""People who upload, over HTTP."""

import re

import httpx

from tests.visitor import Visitor

PASSAGE = re.compile(r"/documents/passages/[-0-9a-f]{36}/")


def upload(visitor: Visitor, name: str, content: bytes | str, *, accept: str = "text/html") -> httpx.Response:
    """Upload a file as the page's form does, and return the answer, whatever it is."""
    visitor.get("/documents/")
    data = content.encode() if isinstance(content, str) else content
    return visitor.http.post(
        "/documents/",
        data={"csrfmiddlewaretoken": visitor._token},
        files={"file": (name, data)},
        headers={"Accept": accept, "Origin": str(visitor.http.base_url).rstrip("/")},
    )


def document_in(page: str) -> str:
    """The address of the first document on the page."""
    found = re.search(r"/documents/[-0-9a-f]{36}/", page)
    assert found, page
    return found.group()
