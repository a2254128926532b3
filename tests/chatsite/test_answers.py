"""Requests without a length, on each kind of server; and what the page of an error offers."""

from collections.abc import Iterator

import pytest
from django.test import RequestFactory

from chatsite.answers import error
from tests.site import SiteStarter
from tests.upstream import Reply
from tests.visitor import Visitor
from tests.waiting import wait_until


def in_chunks(visitor: Visitor) -> Iterator[bytes]:
    """A form for a new message. Of an iterator the client does not know the length."""
    yield f"csrfmiddlewaretoken={visitor._token}&text=Hi".encode()


@pytest.mark.parametrize(("worker_class", "status"), [("gthread", 411), ("gevent", 411), ("asgi", 303)])
def test_a_body_in_chunks_is_not_taken_for_an_empty_one(
    start_site: SiteStarter, worker_class: str, status: int
) -> None:
    site = start_site(worker_class=worker_class)
    site.upstream.on(lambda _: Reply("Hello."))
    visitor = site.visitor()
    visitor.get("/")
    form = {"Content-Type": "application/x-www-form-urlencoded", "Origin": site.url}

    answers = [
        visitor.http.post("/messages/", content=in_chunks(visitor), headers=form | {"Accept": accept})
        for accept in ("text/html", "application/json")
    ]

    assert [answer.status_code for answer in answers] == [status, status]
    if status == 411:
        assert "send it with a Content-Length" in answers[0].text
        assert answers[1].json()["error"]["code"] == "length_required"
    else:
        pages = [answer.headers["Location"] for answer in answers]
        wait_until(lambda: all('data-status="done"' in visitor.get(page).text for page in pages))


@pytest.mark.usefixtures("site_in_this_process")
@pytest.mark.parametrize(
    ("status", "offered"), [(429, True), (500, True), (503, True), (403, False), (404, False)]
)
def test_what_may_go_well_the_next_time_can_be_tried_again(
    rf: RequestFactory, status: int, *, offered: bool
) -> None:
    page = error(rf.get("/c/?before=x&a=b"), status, "code", "Something.").content.decode()
    assert ('href="/c/?before=x&amp;a=b"' in page) is offered
    assert 'href="/"' in page


@pytest.mark.usefixtures("site_in_this_process")
@pytest.mark.parametrize(("path", "said"), [("/messages/", True), ("/accounts/logout/", False)])
def test_who_sent_a_message_is_told_where_it_is(rf: RequestFactory, path: str, *, said: bool) -> None:
    page = error(rf.post(path, {"text": "Hi"}), 503, "busy", "The site is busy.").content.decode()
    assert ("What you wrote is not lost" in page) is said
    assert "Try again" not in page
