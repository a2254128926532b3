"""The log has what an operator needs, and nothing of what people say or prove themselves with."""

import pytest
from django.conf import settings

from tests.chatsite.accounts.people import create_account, sign_in
from tests.site import SiteStarter
from tests.upstream import Failure, Reply
from tests.visitor import Visitor

KEYS = {
    "OPENAI_API_KEY": "canary-provider-key",
    "SECRET_KEY": "canary-secret-key-of-the-site-0123456789",
}


@pytest.mark.parametrize("worker_class", ["gthread", "gevent"])
def test_debug_shows_no_prompt_token_or_key(start_site: SiteStarter, worker_class: str) -> None:
    site = start_site(worker_class=worker_class, settings={"LOG_LEVEL": "DEBUG", **KEYS})
    site.upstream.enqueue(
        Reply("canary-", "token"),
        Failure(400, "canary-failure of canary-prompt"),
        Reply("canary-answer"),
    )
    guest = site.visitor()
    for text, status in (("canary-prompt", "done"), ("canary-prompt again", "failed")):
        with guest.send(text) as reading:
            assert reading.end["status"] == status
    create_account(site, "anna", "canary-password")
    guest.get("/accounts/login/")
    wrong = guest.post("/accounts/login/", {"username": "anna", "password": "canary-guess"})
    assert wrong.status_code == 200
    sign_in(guest, "anna", "canary-password")
    upload(guest, "notes.txt", b"A canary-passage about cheese.")
    with guest.send("canary-question about cheese", assistant="documents") as reading:
        assert reading.end["status"] == "done"

    log = site.server.log
    assert "DEBUG" in log
    assert "canary" not in log
    cookies = {cookie.name: cookie.value for cookie in guest.http.cookies.jar}
    assert cookies.keys() >= {settings.SESSION_COOKIE_NAME, settings.GUEST_COOKIE_NAME}
    assert [name for name, value in cookies.items() if value and value in log] == []


def upload(visitor: Visitor, name: str, content: bytes) -> None:
    form = visitor.form("/documents/")
    answer = visitor.http.post(
        "/documents/",
        data={"csrfmiddlewaretoken": visitor._token},
        files={"file": (name, content, "text/plain")},
        headers={"Origin": form.headers["Origin"]},
    )
    assert answer.status_code == 303, answer.text
