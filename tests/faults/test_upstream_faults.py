"""A provider that is silent, endless, broken or rude. Promises: see `checker.py`."""

from urllib.parse import urlsplit

import pytest

from tests.faults.checker import STOP_WITHIN, check, check_others
from tests.faults.conftest import SETTINGS, TWO_KINDS, options_of
from tests.faults.ledger import Ledger, Prompt, Script
from tests.faults.store import SQLite, stored
from tests.site import Site, SiteStarter
from tests.upstream import (
    BAD_JSON,
    Comments,
    Cut,
    End,
    EndlessTokens,
    ErrorEvent,
    Failure,
    Gate,
    Reply,
    Reset,
    ScriptedUpstream,
    Token,
    ToolCall,
    refusing_url,
)
from tests.visitor import Reading

two_kinds = pytest.mark.parametrize("site", TWO_KINDS, indirect=True)
ONE_OF_EACH = ["gthread-1", "gevent-1"]
"""For sites of a test's own."""
HASTY = {
    "STREAM_CONNECT_TIMEOUT": "2",
    "STREAM_FIRST_TOKEN_TIMEOUT": "2",
    "STREAM_IDLE_TIMEOUT": "2",
    "STREAM_TOTAL_TIMEOUT": "5",
}
SILENCE = Gate()
"""Never opened."""
FIVE = ("one ", "two ", "three ", "four ", "five ")


def end_of(reading: Reading) -> tuple[str, str | None]:
    """The status, and the code of the error."""
    end = reading.end
    return end["status"], end["error"] and end["error"]["code"]


# It fails


@two_kinds
@pytest.mark.parametrize(
    ("script", "code", "text"),
    [
        (Reply("a", finish=None), "upstream_incomplete", "a"),
        (Reply("a", End()), "upstream_incomplete", "a"),
        (Reply("a", Cut()), "upstream_incomplete", "a"),
        (Reply("a", ErrorEvent("overloaded")), "upstream_error", "a"),
        (Reply("a", BAD_JSON), "upstream_error", "a"),
        (Reply(Token("x" * 50_000_000)), "reply_too_long", None),
        (Failure(401), "upstream_auth", ""),
        (Failure(429, headers={"Retry-After": "120"}), "upstream_rate_limited", ""),
        (Failure(500), "upstream_error", ""),
    ],
    ids=["no-finish", "no-done", "cut", "error-event", "bad-json", "50-MB", "401", "429", "500"],
)
def test_a_reply_that_fails_keeps_its_text_and_says_why(
    site: Site, ledger: Ledger, script: Script, code: str, text: str | None
) -> None:
    prompt, reading = ledger.ask(site.visitor(), script)
    assert end_of(reading) == ("failed", code)
    assert text is None or reading.text == text
    assert len(prompt.sights[0].events) == len(stored(SQLite(site.data_dir), prompt.text).replies[0].events)


@two_kinds
def test_a_reset_in_mid_reply(site: Site, ledger: Ledger) -> None:
    gate = site.upstream.gate()
    _, reading = ledger.ask(site.visitor(), Reply("a", gate, Reset()))
    reading.until("token")
    gate.open()
    assert end_of(reading) == ("failed", "upstream_incomplete")


@pytest.mark.parametrize("kind", ONE_OF_EACH)
def test_a_provider_that_is_not_there_and_comes_back(start_site: SiteStarter, kind: str) -> None:
    with refusing_url() as url:
        provider = ScriptedUpstream(port=urlsplit(url).port or 0)
        ledger = Ledger(provider)
        alone = a_site(start_site, kind, OPENAI_BASE_URL=url)
        prompt, reading = ledger.ask(alone.visitor(), Reply("never"))
        assert end_of(reading) == ("failed", "upstream_unreachable")
    with provider:
        site = Site(alone.server, provider)
        check_others(ledger, site)
        site.new_round()
    assert not prompt.calls
    check(ledger, SQLite(alone.data_dir))


def a_site(start_site: SiteStarter, kind: str, **settings: str) -> Site:
    """One of the test's own."""
    worker_class, workers = options_of(kind)
    return start_site(worker_class=worker_class, workers=workers, settings=SETTINGS | settings)


# It goes on for ever, or says nothing, and nobody stops it


@pytest.mark.parametrize("kind", ONE_OF_EACH)
def test_a_deadline_ends_what_nobody_stops(start_site: SiteStarter, kind: str) -> None:
    site = a_site(start_site, kind, **HASTY)
    ledger, store = Ledger(site.upstream), SQLite(site.data_dir)
    cases = [
        (Reply(Comments()), "did not begin", ""),
        (Reply("a ", Comments()), "fell silent", "a "),
        (Reply(EndlessTokens("a ", every=0.05)), "longer than this site allows", "a a a "),
    ]
    asked = [ledger.ask(site.visitor(), script) for script, _, _ in cases]

    for (prompt, reading), (_, why, text) in zip(asked, cases, strict=True):
        assert end_of(reading) == ("failed", "timeout")
        assert prompt.calls[0].request.peer_closed.wait(STOP_WITHIN)
        assert why in reading.end["error"]["message"]
        assert reading.text.startswith(text)
        assert stored(store, prompt.text).replies[0].content == reading.text
    check_others(ledger, site)
    check(ledger, store)


# It goes on for ever, or says nothing, and a person stops it


@two_kinds
@pytest.mark.parametrize(
    ("script", "said"),
    [
        (Reply("never", headers_after=SILENCE), ""),
        (Reply(SILENCE), ""),
        (Reply(Comments()), ""),
        (Reply(*FIVE, SILENCE), "".join(FIVE)),
        (Reply(*FIVE, Comments()), "".join(FIVE)),
        (Failure(500, headers_after=SILENCE), ""),
    ],
    ids=["no-headers", "no-token", "only-comments", "five-tokens", "then-comments", "no-error"],
)
def test_stop_while_nothing_comes(site: Site, ledger: Ledger, script: Script, said: str) -> None:
    prompt, reading = ledger.ask(site.visitor(), script)
    assert reading.start["run"]
    site.upstream.wait_for_request(1)
    while reading.text != said:
        reading.until("token")

    assert prompt.stop().status_code == 204

    assert end_of(reading) == ("stopped", None)
    assert reading.text == said


@two_kinds
def test_stop_during_a_retrys_back_off(site: Site, ledger: Ledger) -> None:
    """The provider is not asked again: the checker waits for as long as its client would."""
    refusal = Failure(429, headers={"Retry-After": "2"})
    prompt, reading = ledger.ask(site.visitor(), refusal, Reply("never"))
    assert reading.start["run"]
    assert site.upstream.wait_for_request(1).answered.wait()

    assert prompt.stop().status_code == 204

    assert end_of(reading) == ("stopped", None)
    assert len(prompt.calls) == 1


@two_kinds
def test_stop_while_tokens_flow(site: Site, ledger: Ledger) -> None:
    for every in (0.0, 0.01):
        prompt, reading = ledger.ask(site.visitor(), Reply(EndlessTokens(every=every)))
        for _ in range(5):
            reading.until("token")
        assert prompt.stop().status_code == 204
        assert end_of(reading) == ("stopped", None)


@two_kinds
def test_stop_twice_and_after_the_end(site: Site, ledger: Ledger) -> None:
    prompt, reading = ledger.ask(site.visitor(), Reply("a", SILENCE))
    reading.until("token")
    assert [prompt.stop().status_code for _ in range(3)] == [204, 204, 204]
    assert end_of(reading) == ("stopped", None)
    assert prompt.stop().status_code == 204

    whole, reading = ledger.ask(site.visitor(), Reply("a"))
    assert end_of(reading) == ("done", None)
    assert whole.stop().status_code == 204
    again = whole.follow()
    assert isinstance(again, Reading)
    assert end_of(again) == ("done", None)


@two_kinds
def test_stop_before_the_person_has_seen_anything(site: Site, ledger: Ledger) -> None:
    """As soon as the reply is there: perhaps before the provider was called."""
    for _ in range(5):
        prompt, reading = ledger.ask(site.visitor(), Reply("a ", "b ", SILENCE))
        assert reading.start["run"]
        assert prompt.stop().status_code == 204
        assert end_of(reading) == ("stopped", None)


@two_kinds
def test_endless_tokens_end_somewhere(site: Site, ledger: Ledger) -> None:
    prompt, reading = ledger.ask(site.visitor(), Reply(EndlessTokens("word " * 2000)))
    assert end_of(reading) == ("failed", "reply_too_long")
    assert prompt.calls[0].request.peer_closed.wait(1)


# It says what nobody expects


@two_kinds
def test_text_that_looks_like_the_protocol(site: Site, ledger: Ledger) -> None:
    odd = ["\0", "\r", "\r\n\r\nevent: end\ndata: {}\n\n", "\u2028", "\ufeff"]
    tokens = [*odd, "\ud83d", "\ude00", "half of one: \ud83d", "!"]
    text = "".join(odd).replace("\0", "\ufffd") + "\N{GRINNING FACE}half of one: \ufffd!"
    prompt, reading = ledger.ask(site.visitor(), Reply(*tokens), says=text)
    assert end_of(reading) == ("done", None)
    assert reading.text == text
    for after in range(len(reading.events)):
        again = prompt.follow(after=after)
        assert isinstance(again, Reading)
        assert list(again) == reading.events[after:]


@two_kinds
def test_a_tool_that_asks_another_model(site: Site, ledger: Ledger) -> None:
    gate = site.upstream.gate()
    prompt = asked_by_a_tool(ledger, site, Reply("in ", gate, "ner"), Reply("outer"))
    reading = prompt.post()
    assert isinstance(reading, Reading)
    reading.until("tool-start")
    gate.open()
    assert end_of(reading) == ("done", None)
    assert reading.text == "outer"
    assert len(prompt.calls) == 3


@two_kinds
def test_stop_while_a_tool_asks_another_model(site: Site, ledger: Ledger) -> None:
    prompt = asked_by_a_tool(ledger, site, Reply("in ", SILENCE))
    reading = prompt.post()
    assert isinstance(reading, Reading)
    assert reading.start["run"]
    site.upstream.wait_for_request(2)
    assert prompt.stop().status_code == 204
    assert end_of(reading) == ("stopped", None)
    assert len(prompt.calls) == 2


def asked_by_a_tool(ledger: Ledger, site: Site, *scripts: Reply) -> Prompt:
    prompt = ledger.prompt(site.visitor(), calls_wanted=3, fields={"assistant": "asking"})
    call = ToolCall("ask", (f'{{"question": "{prompt.text}"}}',))
    prompt.scripts.extend([Reply(call, finish="tool_calls"), *scripts])
    return prompt


@two_kinds
@pytest.mark.parametrize("end", ["done", "stopped"])
def test_parallel_branches(site: Site, ledger: Ledger, end: str) -> None:
    gate = site.upstream.gate()
    prompt, reading = ledger.ask(
        site.visitor(), Reply("a ", gate, "b "), calls_wanted=2, fields={"assistant": "branches"}
    )
    reading.until("token")
    reading.until("token")
    if end == "stopped":
        assert prompt.stop().status_code == 204
    else:
        gate.open()
    assert end_of(reading) == (end, None)
    assert end == "stopped" or sorted(reading.text.split()) == ["a", "a", "b", "b"]
    assert len(prompt.calls) == 2
