"""POST /messages/: a message is taken, its reply streams and is kept."""

import re

import pytest

from tests.site import Site, SiteStarter
from tests.upstream import Delta, Failure, Reply
from tests.waiting import wait_until


def test_a_reply_streams_and_the_conversation_keeps_it(site: Site) -> None:
    site.upstream.enqueue(Reply("Very", " cool."))
    visitor = site.visitor()

    with visitor.send("How cool are LLMs?") as reading:
        end = reading.end

    assert reading.response.headers["Content-Type"] == "text/event-stream"
    assert [event.id for event in reading.events] == [str(n) for n, _ in enumerate(reading.events, 1)]
    assert reading.start["model"] == "scripted"
    assert reading.text == "Very cool."
    assert end == {
        "status": "done",
        "finish_reason": "stop",
        "usage": {"input_tokens": 5, "output_tokens": 2, "source": "reported"},
        "error": None,
    }
    page = visitor.get(f"/c/{reading.start['conversation']}/").text
    assert "How cool are LLMs?" in page
    assert "<p>Very cool.</p>" in page


def test_what_a_server_wants_back_it_gets_after_a_reload_and_nobody_else_does(site: Site) -> None:
    details = [{"type": "reasoning.encrypted", "index": 0, "data": "c2VhbGVk"}]
    signed = {"google": {"thought_signature": "c2lnbmVk"}}
    thought = {"reasoning": "Two and two.", "reasoning_details": details, "extra_content": signed}
    site.upstream.enqueue(Reply(Delta(thought), "Four."), Reply("Five."))
    visitor = site.visitor()

    with visitor.send("Two and two?") as first:
        assert first.end["status"] == "done"
    conversation = first.start["conversation"]
    with visitor.send("And one?", conversation=conversation) as second:
        assert second.end["status"] == "done"

    said = next(
        message for message in site.upstream.requests[1].json["messages"] if message["role"] == "assistant"
    )
    assert said == {"role": "assistant", "content": "Four."} | thought
    shown = visitor.get(f"/c/{conversation}/").text + "".join(str(event.json) for event in first.events)
    assert "Two and two." in shown
    assert not [secret for secret in ("c2VhbGVk", "c2lnbmVk", "sent_by") if secret in shown]


def test_the_first_event_comes_before_the_provider_says_anything(site: Site) -> None:
    gate = site.upstream.gate()
    site.upstream.enqueue(Reply("late", headers_after=gate))

    with site.visitor().send("Hi") as reading:
        assert reading.start["run"]
        gate.open()
        assert reading.end["status"] == "done"


def test_a_token_is_sent_as_soon_as_it_comes(site: Site) -> None:
    gate = site.upstream.gate()
    site.upstream.enqueue(Reply("first", gate, "second"))

    with site.visitor().send("Hi") as reading:
        assert reading.until("token").json == {"text": "first"}
        gate.open()
        assert reading.until("token").json == {"text": "second"}


def test_without_script_the_form_leads_to_the_conversation(site: Site) -> None:
    gate = site.upstream.gate()
    site.upstream.enqueue(Reply("Hel", gate, "lo **you**"))
    visitor = site.visitor()

    response = visitor.post("/messages/", {"text": "Hi"})

    assert response.status_code == 303
    place = response.headers["Location"]
    gate.wait_until_reached()
    wait_until(lambda: "Hel" in visitor.get(place).text)
    gate.open()
    with visitor.follow(run_in(visitor.get(place).text)) as reading:
        assert reading.end["status"] == "done"
    assert "<p>Hello <strong>you</strong></p>" in visitor.get(place).text


def run_in(page: str) -> str:
    """The run that a page follows."""
    return page.split('data-run="')[1].split('"', maxsplit=1)[0]


def test_the_model_is_sent_the_conversation_so_far(site: Site) -> None:
    site.upstream.enqueue(Reply("One"), Reply("Two"))
    visitor = site.visitor()
    with visitor.send("First?") as reading:
        assert reading.end["status"] == "done"
    conversation = reading.start["conversation"]

    with visitor.send("Second?", conversation=conversation) as reading:
        assert reading.end["status"] == "done"

    assert reading.start["conversation"] == conversation
    assert [message["content"] for message in site.upstream.requests[1].messages] == [
        "You are a helpful assistant.",
        "First?",
        "One",
        "Second?",
    ]


def test_html_blocks_are_sent_where_a_page_asked_for_them(site: Site) -> None:
    site.upstream.enqueue(Reply("# Title\n", "\nThe <b>*text*</b>"))

    with site.visitor().send("Hi", html=True) as reading:
        assert reading.end["status"] == "done"

    blocks = [event for event in reading.events if event.name == "block"]
    assert "".join(block.json["html"] for block in blocks).startswith("<h3>Title</h3>")
    assert "<b>" not in blocks[-1].json["html"]


@pytest.mark.parametrize(
    ("fields", "status", "code"),
    [
        ({}, 400, "required"),
        ({"text": ""}, 400, "required"),
        ({"text": " \r\n\t"}, 400, "required"),
        ({"text": "x" * 32_001}, 400, "too_long"),
        ({"text": "a\0b"}, 400, "null_characters_not_allowed"),
        ({"text": "Hi", "conversation": "not-a-uuid"}, 400, "invalid"),
        ({"text": "Hi", "conversation": "7d8ba0c4-7ff9-4c7c-b1a6-7e6b8e9ae5c1"}, 404, "not_found"),
        ({"text": "Hi", "parent": "7d8ba0c4-7ff9-4c7c-b1a6-7e6b8e9ae5c1"}, 404, "not_found"),
        ({"text": "Hi", "assistant": "nobody"}, 400, "no_assistant"),
    ],
)
def test_bad_input_is_refused_and_changes_nothing(
    site: Site, fields: dict[str, str], status: int, code: str
) -> None:
    visitor = site.visitor()

    response = visitor.post("/messages/", fields, headers={"Accept": "text/event-stream"})

    assert (response.status_code, response.json()["error"]["code"]) == (status, code)
    assert response.json()["error"]["message"].endswith(".")
    assert not re.search(r'href="/c/[-0-9a-f]+/', visitor.get("/").text)


def test_32_000_characters_are_taken(start_site: SiteStarter) -> None:
    site = start_site(settings={"CHAT_CONTEXT_TOKENS": "20000"})
    site.upstream.enqueue(Reply("Long."))

    with site.visitor().send("x" * 32_000) as reading:
        assert reading.end["status"] == "done"


def test_a_text_beyond_the_models_context_is_refused(start_site: SiteStarter) -> None:
    site = start_site(settings={"CHAT_CONTEXT_TOKENS": "1000"})
    visitor = site.visitor()

    response = visitor.post("/messages/", {"text": "word " * 1000}, headers={"Accept": "application/json"})

    assert (response.status_code, response.json()["error"]["code"]) == (400, "too_long")
    assert not re.search(r'href="/c/[-0-9a-f]+/', visitor.get("/").text)


@pytest.mark.parametrize("body", [b"text=caf%E9", b"text=caf\xe9"], ids=["escaped", "raw"])
def test_text_that_is_not_utf_8_is_refused(site: Site, body: bytes) -> None:
    visitor = site.visitor()
    visitor.get("/")

    response = visitor.http.post(
        "/messages/",
        content=body,
        headers={
            "Content-Type": "application/x-www-form-urlencoded",
            "X-CSRFToken": visitor._token,
            "Accept": "application/json",
        },
    )

    assert (response.status_code, response.json()["error"]["code"]) == (400, "bad_encoding")


def test_the_replacement_character_itself_may_be_sent(site: Site) -> None:
    site.upstream.enqueue(Reply("ok"))

    with site.visitor().send("what is \ufffd?") as reading:
        assert reading.end["status"] == "done"


def test_ten_megabytes_are_refused(site: Site) -> None:
    response = site.visitor().post(
        "/messages/", {"text": "x" * 10_000_000}, headers={"Accept": "application/json"}
    )

    assert (response.status_code, response.json()["error"]["code"]) == (413, "too_large")


@pytest.mark.parametrize("token", ["", "x" * 64])
def test_without_a_valid_csrf_token_nothing_is_taken(site: Site, token: str) -> None:
    visitor = site.visitor()
    visitor.get("/")

    response = visitor.http.post(
        "/messages/",
        data={"text": "Hi", "csrfmiddlewaretoken": token},
        headers={"Accept": "application/json"},
    )

    assert (response.status_code, response.json()["error"]["code"]) == (403, "csrf")


def test_a_page_of_another_origin_cannot_send(site: Site) -> None:
    response = site.visitor().post("/messages/", {"text": "Hi"}, headers={"Origin": "https://evil.example"})

    assert response.status_code == 403


@pytest.mark.parametrize(
    ("method", "path"), [("GET", "/messages/"), ("PUT", "/messages/"), ("POST", "/"), ("DELETE", "/")]
)
def test_a_wrong_method_is_refused(site: Site, method: str, path: str) -> None:
    visitor = site.visitor()
    visitor.get("/")

    headers = {"X-CSRFToken": visitor._token, "Accept": "application/json"}
    response = visitor.http.request(method, path, headers=headers)

    assert (response.status_code, response.json()["error"]["code"]) == (405, "method_not_allowed")
    assert response.headers["Allow"]


def test_a_page_has_a_head(site: Site) -> None:
    visitor = site.visitor()
    site.upstream.enqueue(Reply("Hello."))
    with visitor.send("Hi") as reading:
        assert reading.end["status"] == "done"

    for path in ("/", f"/c/{reading.start['conversation']}/"):
        plain = {"Accept-Encoding": "identity"}  # a compressed page's length is not the same twice
        page, head = visitor.get(path, headers=plain), visitor.http.head(path, headers=plain)
        assert (head.status_code, head.content) == (200, b"")
        assert head.headers["Content-Length"] == page.headers["Content-Length"]
    assert "no-body" not in site.server.log


def test_looking_at_the_page_makes_no_session(site: Site) -> None:
    visitor = site.visitor()
    visitor.get("/")

    assert "sessionid" not in visitor.http.cookies


def test_a_provider_error_is_shown_in_words_and_logged_without_secrets(site: Site) -> None:
    site.upstream.enqueue(Failure(401, "Incorrect API key: test-key, said canary-prompt"))
    visitor = site.visitor()

    with visitor.send("canary-prompt") as reading:
        end = reading.end

    assert end["status"] == "failed"
    assert end["error"]["code"] == "upstream_auth"
    page = visitor.get(f"/c/{reading.start['conversation']}/").text
    assert end["error"]["message"].replace("'", "&#x27;") in page
    assert reading.start["run"] in site.server.log
    assert "status_code=401" in site.server.log
    for secret in ("test-key", "canary-prompt"):
        assert secret not in site.server.log
        assert secret not in bytes(reading.received).decode()


def test_a_reply_that_broke_off_is_kept_and_is_not_done(site: Site) -> None:
    site.upstream.enqueue(Reply("Half a", finish=None))
    visitor = site.visitor()

    with visitor.send("Hi") as reading:
        end = reading.end

    assert (end["status"], end["error"]["code"]) == ("failed", "upstream_incomplete")
    assert "Half a" in visitor.get(f"/c/{reading.start['conversation']}/").text
