"""People who upload, over HTTP."""

import re

import httpx

from tests.visitor import Visitor

PASSAGE = re.compile(r"/documents/passages/[-0-9a-f]{36}/")


def upload(visitor: Visitor, name: str, content: bytes | str, *, accept: str = "text/html") -> httpx.Response:
    """Upload a file as the page's form does, and return the answer, whatever it is."""
    return visitor.http.send(upload_form(visitor, name, content, accept=accept))


def upload_form(
    visitor: Visitor, name: str, content: bytes | str, *, accept: str = "text/html"
) -> httpx.Request:
    """The request with which the page's form uploads a file."""
    visitor.get("/documents/")
    data = content.encode() if isinstance(content, str) else content
    return visitor.http.build_request(
        "POST",
        "/documents/",
        data={"csrfmiddlewaretoken": visitor._token},
        files={"file": (name, data)},
        headers={"Accept": accept, "Origin": str(visitor.http.base_url).rstrip("/")},
    )


def on_the_wire(request: httpx.Request) -> bytes:
    """The bytes of a request, for those who send them as they like."""
    first = f"{request.method} {request.url.raw_path.decode()} HTTP/1.1"
    head = [first, *(f"{name}: {value}" for name, value in request.headers.items()), "", ""]
    return "\r\n".join(head).encode() + request.read()


def document_in(page: str) -> str:
    """The address of the first document on the page."""
    found = re.search(r"/documents/[-0-9a-f]{36}/", page)
    assert found, page
    return found.group()
