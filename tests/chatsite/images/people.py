"""People who send images, over HTTP."""

from typing import Any

import httpx

from tests.chatsite.images.files import image
from tests.visitor import Visitor

SEES = {"CHAT_MODEL_SEES": "on"}


def attach(visitor: Visitor, content: bytes | None = None, *, name: str = "photo.png") -> httpx.Response:
    """Upload an image as the page's script does, and return the answer, whatever it is."""
    if not visitor._token:
        visitor.get("/")
    return visitor.http.post(
        "/images/",
        data={"csrfmiddlewaretoken": visitor._token},
        files={"file": (name, image() if content is None else content)},
        headers={"Accept": "application/json", "Origin": str(visitor.http.base_url).rstrip("/")},
    )


def attached(visitor: Visitor, **options: Any) -> str:
    """The id of an image that was taken."""
    response = attach(visitor, **options)
    assert response.status_code == 201, response.text
    return str(response.json()["id"])
