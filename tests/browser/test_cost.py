"""What a growing reply costs the browser: in proportion to what is new, however long its open block is."""

import itertools
import json
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser

from chatsite.chat.rendering.blocks import with_blocks
from chatsite.chat.rendering.growing import OpenBlock
from streaming.events import End, Event, Idle, Token
from tests.browser.chat_page import ChatPage

LENGTH = 100_000
"""Characters of the block."""
TOKENS = 250
"""That are measured at a place, one after another."""
LONG_TASK = 50
"""Milliseconds."""
TRACED = ["devtools.timeline", "toplevel", "blink.user_timing"]

BEGIN = """async () => {
  const { Reply } = await import("/static/chat/reply/reply.js");
  const { copyOf } = await import("/static/chat/reply/elements.js");
  const article = copyOf("assistant");
  document.querySelector("[data-messages]").append(article);
  window.reply = new Reply(article);
  window.moved = []; // but for the mark where the next word will be, which is no node
  const onShift = ({ sources }) => moved.push(...sources.flatMap(({ node }) => node?.textContent ?? []));
  new PerformanceObserver((list) => list.getEntries().forEach(onShift)).observe({ type: "layout-shift" });
}"""
# Each step is what the server sends for one token; some of them are shown together.
TAKE = """async ([steps, together]) => {
  performance.mark("from");
  for (const [at, step] of steps.entries()) {
    for (const event of step) reply.take(event);
    if (at % together === 0) await new Promise(requestAnimationFrame);
  }
  await new Promise(requestAnimationFrame);
  performance.mark("to");
}"""

# But for the tools and the slabs of code, which every page puts there.
IS_AS_RENDERED = """(html) => {
  const shown = document.querySelector("[data-messages] > :last-child [data-body]").cloneNode(true);
  for (const control of shown.querySelectorAll("[data-control]")) control.remove();
  for (const lines of shown.querySelectorAll(".lines")) lines.replaceWith(...lines.childNodes);
  const rendered = document.createElement("div");
  rendered.innerHTML = html;
  shown.normalize();
  return shown.innerHTML.trim() === rendered.innerHTML.trim();
}"""

WORDS = ["A ", "quiet ", "street ", "with ", "seven ", "old ", "houses. "]


def paragraph() -> Iterator[str]:
    yield from itertools.cycle(WORDS)


def items() -> Iterator[str]:
    for _ in itertools.count():
        yield from ("-", " ", *WORDS, "\n")


def rows() -> Iterator[str]:
    yield from ("| a | b | c |\n", "|---|---|---|\n")
    for number in itertools.count():
        yield from ("|", f" {number} ", "|", " a quiet ", "street ", "|", " old ", "|\n")


def code() -> Iterator[str]:
    yield "```python\n"
    for number in itertools.count():
        yield from ("def", f" step_{number}", "(value", "):", "\n", "    return", " value", " + 1", "\n")


def steps(tokens: Iterable[str]) -> Iterator[list[dict[str, Any]]]:
    """What the server sends for each token."""
    clock = itertools.count()  # the open block is looked at with each token

    def events() -> Iterator[Event | Idle]:
        for text in tokens:
            yield Token(text=text)
        yield End(status="done")

    step: list[dict[str, Any]] = []
    for event in with_blocks(events(), open_block=OpenBlock(clock=lambda: float(next(clock)))):
        assert not isinstance(event, Idle)
        if isinstance(event, End):
            break
        if isinstance(event, Token) and step:
            yield step
            step = []
        step.append({"type": event.event, "data": event.data()})
    yield step


def grown(tokens: Iterator[str], length: int, *, by: int = 200) -> list[str]:
    """Tokens in pieces of `by` characters, as many as it takes."""
    pieces: list[str] = []
    for _ in range(length // by):
        piece = ""
        while len(piece) < by:
            piece += next(tokens)
        pieces.append(piece)
    return pieces


def spent(trace: bytes) -> dict[str, float]:
    """Milliseconds of the main thread's processor time between the marks: of layout, and of a task."""
    events = json.loads(trace)["traceEvents"]
    marks = {event["name"]: event for event in events if event["name"] in ("from", "to")}
    begin, end = marks["from"], marks["to"]
    own = [
        event
        for event in events
        if event.get("tid") == begin["tid"] and begin["ts"] <= event["ts"] <= end["ts"] and "tdur" in event
    ]
    return {
        "layout": sum(event["tdur"] for event in own if event["name"] == "Layout") / 1000,
        "task": max(
            (event["tdur"] for event in own if event["name"] == "ThreadControllerImpl::RunTask"), default=0
        )
        / 1000,
    }


# A table's slabs are tables, whose cells the browser looks through for a little longer.
@pytest.mark.alone
@pytest.mark.parametrize(("text", "most"), [(paragraph, 2), (items, 2), (rows, 3), (code, 2)])
def test_layout_for_a_token_does_not_grow_with_the_open_block(
    browser: Browser, chat: ChatPage, text: Callable[[], Iterator[str]], most: int
) -> None:
    tokens = text()
    parts = [
        grown(tokens, LENGTH // 8),
        list(itertools.islice(tokens, TOKENS)),
        grown(tokens, LENGTH * 6 // 8),
        list(itertools.islice(tokens, TOKENS)),
    ]
    sent = list(steps(itertools.chain(*parts)))
    finished = sent[-1].pop()
    chat.page.evaluate(BEGIN)
    found = []
    for part in parts:
        share, sent = sent[: len(part)], sent[len(part) :]
        if len(part) != TOKENS:
            chat.page.evaluate(TAKE, [share, 10])
            continue
        browser.start_tracing(page=chat.page, categories=TRACED)
        chat.page.evaluate(TAKE, [share, 1])
        found.append(spent(browser.stop_tracing()))
    first, last = found

    assert last["layout"] < most * first["layout"]
    assert max(first["task"], last["task"]) < LONG_TASK

    chat.page.evaluate(TAKE, [[[finished]], 1])
    assert chat.page.evaluate(IS_AS_RENDERED, finished["data"]["html"])
    # The columns of a table that is longer than a slab find their widths when it is finished.
    assert text is rows or chat.page.evaluate("moved") == []
