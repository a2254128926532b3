"""Answers as models write them, in several languages, while they come: what is read is what they mean."""

import random
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from chatsite.chat.rendering.blocks import with_blocks
from chatsite.chat.rendering.growing import OpenBlock
from streaming.events import IDLE, End, Event, Idle, Token
from tests.browser.chat_page import ChatPage
from tests.browser.test_cost import BEGIN

ANSWERS = sorted(Path(__file__).parent.glob("answers/*.md"))
TOKEN, TICK, LOOK = 0.025, 0.01, 0.03
"""Seconds from one token, one tick of the stream and one look to the next."""

# Shows what comes before each look, and says what is read then. Frames come at once.
READ = """(looks) => {
  let draw = () => {};
  window.requestAnimationFrame = (work) => ((draw = work), 1);
  const body = document.querySelector("[data-messages] > :last-child");
  return looks.map((events) => {
    for (const event of events) reply.take(event);
    draw();
    const shown = body.cloneNode(true);
    for (const unseen of shown.querySelectorAll("[data-control], annotation")) unseen.remove();
    return ["[data-body]", "[data-tail]"].map((part) => shown.querySelector(part).textContent).join("");
  });
}"""


def tokens_of(text: str) -> Iterator[str]:
    """Pieces as long as a model's: some characters, cut anywhere; of Chinese and Japanese one or two."""
    chance = random.Random(text)  # noqa: S311 - the same pieces each time
    at = 0
    while at < len(text):
        length = chance.randint(1, 2) if text[at] > "\u2e80" else chance.randint(1, 7)
        yield text[at : at + length]
        at += length


def looks_at(text: str) -> list[list[dict[str, Any]]]:
    """What the server sends between two looks at the page, by a clock that each token sets forward."""
    now = 0.0

    def events() -> Iterator[Event | Idle]:
        nonlocal now
        for token in tokens_of(text):
            yield Token(text=token)
            due = now + TOKEN
            while now < due:
                now += TICK
                yield IDLE
        yield End(status="done")

    looks: list[list[dict[str, Any]]] = [[]]
    for event in with_blocks(events(), open_block=OpenBlock(clock=lambda: now)):
        while now >= LOOK * len(looks):
            looks.append([])
        if not isinstance(event, (Idle, End)):
            looks[-1].append({"type": event.event, "data": event.data()})
    return looks


@pytest.mark.parametrize("answer", ANSWERS, ids=lambda path: path.stem)
def test_what_is_read_is_hardly_ever_markup(chat: ChatPage, answer: Path) -> None:
    looks = looks_at(answer.read_text())
    chat.page.evaluate(BEGIN)

    read = [re.sub(r"\s", "", text) for text in chat.page.evaluate(READ, looks)]

    raw = [text for text in read if not read[-1].startswith(text)]
    assert len(raw) < 0.05 * len(read), raw[:3]
    # It is shown as it comes, and not only when its block is finished.
    assert sum(map(len, read)) > 0.4 * len(read) * len(read[-1])
