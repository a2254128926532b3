"""The blocks of a reply add up to what a reload shows, however it was cut, and cost what the text costs."""

import re
import time
from collections.abc import Hashable, Iterable, Sequence

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from chatsite.chat.rendering import parser, pieces
from chatsite.chat.rendering.blocks import Block, Reply, Shown, with_blocks
from chatsite.chat.rendering.pieces import Finished, References, Rendered
from streaming.events import IDLE, End, Event, Reasoning, Token

PIECES = r"""
a b\n  \n\n  \r\n  \r  - a\n  \t- b\n  1. c\n  2. d\n  * e\n  \tcode\n  ```\n  ```python\n  ~~~\n  > q\n
# h\n  ===\n  ---\n  ***\n  x | y\n  -|-\n  1 | 2\n  |  [a]: https://a\n  [a]  **  *  `  ~~  \t  <b>  \\
![i](https://i)  &amp;  \u2028  \0
```md\n  $$  \\[\n  \\]\n  \\(x\\)  [^1]  [^1]:\x20  - [ ]\x20  https://b  **\u300c\u8d64\u300d**\u306a  $
"""


def samples() -> list[str]:
    return [piece.encode().decode("unicode_escape") for piece in re.split(r"\s\s+|\n", PIECES.strip())]


def render(text: str) -> str:
    """All of it at once, as the parser has it."""
    return parser.render(text)[0]


MARKDOWN = st.lists(st.sampled_from(samples()) | st.text(max_size=5), max_size=30).map("".join)


class Page:
    """What the page script does with the events, and no more."""

    def __init__(self, html: str = "", tail: str = "") -> None:
        self.html, self.tail = html, tail
        self.wholes = 0

    def show(self, events: Iterable[Shown]) -> "Page":
        for event in events:
            if isinstance(event, Token):
                self.tail += event.text
            elif isinstance(event, Block):
                self.html = event.html if event.whole else self.html + event.html
                self.tail = event.tail
                self.wholes += event.whole
        return self


def tokens(text: str, *, size: int = 4) -> list[Event]:
    return [Token(text[at : at + size], id=at // size + 1) for at in range(0, len(text), size)]


def page(events: Sequence[Event]) -> Page:
    return Page().show(with_blocks([*events, End(status="done")]))


@given(text=MARKDOWN, cuts=st.lists(st.integers(1, 12), min_size=1))
@example(text="a\n\n[x]\n\n[x]: https://y", cuts=[3])
def test_a_finished_page_equals_a_reload_however_the_text_was_cut(text: str, cuts: list[int]) -> None:
    events: list[Event] = []
    rest = text
    while rest:
        size = cuts[len(events) % len(cuts)]
        events, rest = [*events, Token(rest[:size])], rest[size:]
    shown = page(events)
    assert (shown.html, shown.tail) == (render(text), "")


@given(text=MARKDOWN.filter(lambda text: "]:" not in text))
def test_nothing_is_shown_twice_where_no_reference_is_defined(text: str) -> None:
    assert page(tokens(text)).wholes == 0


@given(text=MARKDOWN, cut=st.integers(0, 200))
def test_a_page_that_lost_its_connection_anywhere_equals_a_reload(text: str, cut: int) -> None:
    events = tokens(text)
    received = list(with_blocks(events))[:cut]
    seen = [event.text for event in received if isinstance(event, Token)]
    rest = with_blocks([*events[len(seen) :], End(status="done")], text="".join(seen))
    shown = Page().show(received).show(rest)
    assert (shown.html, shown.tail) == (render(text), "")


@given(text=MARKDOWN)
def test_rendered_html_and_tail_are_the_whole_text_at_any_time(text: str) -> None:
    reply = Reply()
    source = ""
    for event in tokens(text):
        assert isinstance(event, Token)
        reply.add(event.text)
        source += event.text
        assert source.endswith(reply.tail)
        assert "]:" in source or render(source.removesuffix(reply.tail)) == reply.html


def test_a_block_is_sent_when_the_next_one_has_begun() -> None:
    waiting = Page().show(with_blocks(tokens("- one\n\nTwo *it", size=1)))
    assert (waiting.html, waiting.tail) == ("", "- one\n\nTwo *it")
    shown = Page().show(with_blocks(tokens("- one\n\nTwo *it*\nand", size=1)))
    assert (shown.html, shown.tail) == ("<ul>\n<li>one</li>\n</ul>\n", "Two *it*\nand")


def test_a_line_is_never_cut() -> None:
    shown = Page().show(with_blocks(tokens("- a *b*", size=2)))
    assert (shown.html, shown.tail) == ("", "- a *b*")


@pytest.mark.parametrize(
    "text",
    [
        "# Head\n",
        "Head\n===\n",
        "***\n",
        "A *b*.\n\n",
        "> q\n\n",
        "```\ncode\n```\n",
        "~~~~ py\n```\n~~~\n~~~~  \n",
    ],
)
def test_what_cannot_change_any_more_is_sent_at_once(text: str) -> None:
    shown = Page().show(with_blocks(tokens(text, size=1)))
    assert (shown.html, shown.tail.strip()) == (render(text), "")


def test_an_open_fence_is_not_parsed_again(monkeypatch: pytest.MonkeyPatch) -> None:
    parsed = count_parsed(monkeypatch)
    page(tokens("Code:\n\n```python\n" + "print('again')\n\n" * 2_000))
    assert parsed["outline"] < 100


def test_a_block_is_finished_as_soon_as_a_long_one_has_visibly_ended() -> None:
    text = "- item\n" * 1_000 + "\nAfter\n"
    shown = Page().show(with_blocks(tokens(text)))
    assert shown.tail == "After\n"
    fence = "```\n" + "code\n" * 1_000 + "```\n"
    assert Page().show(with_blocks(tokens(fence))).tail == ""


@pytest.mark.parametrize(
    "line",
    [
        "- an item of *some* length\n",
        "para *text*\n",
        "> quote\n",
        "| a | b |\n",
        "Word. **Bold**\n\n",
        "- a\n\n",
        "[a]: https://example.org\n\n",
        "> > > > quote\nlazy\n",
        "1. a\n\n   b\n\n",
    ],
)
def test_the_work_grows_with_the_text(monkeypatch: pytest.MonkeyPatch, line: str) -> None:
    text = "a | b\n--|--\n" + line * 800
    parsed = count_parsed(monkeypatch)
    page(tokens(text))
    assert parsed["outline"] < 8 * len(text) + 60_000
    assert parsed["render"] <= 2 * len(text)


def test_a_reply_of_nothing_but_references_is_finished_as_it_goes() -> None:
    text = "".join(f"[a{number}]: https://example.org/{number}\n" for number in range(400))

    waiting = Page().show(with_blocks(tokens(text)))

    assert len(waiting.tail) < 1_000


def test_a_reader_that_resumes_pays_for_the_text_once(monkeypatch: pytest.MonkeyPatch) -> None:
    text = "[a]: https://example.org\n\n" * 1_300
    parsed = count_parsed(monkeypatch)

    list(with_blocks([End(status="done")], text=text))

    assert parsed["outline"] < 2 * len(text)


def test_an_answer_of_five_thousand_tokens_is_cheap() -> None:
    section = "## Heading\n\nSome **bold** and `code`.\n\n- one\n- two\n- three\n\n```python\nx = 1\n```\n\n"
    text = (section * 250)[:20_000]
    began = time.process_time()
    page(tokens(text))
    assert time.process_time() - began < 3


def test_a_link_reference_at_the_end_replaces_what_was_sent() -> None:
    shown = page(tokens("See [it].\n\nMore.\n\n[it]: https://example.org\n"))
    assert '<a href="https://example.org"' in shown.html
    assert shown.wholes == 1


def test_a_link_reference_known_in_time_costs_no_second_rendering() -> None:
    shown = page(tokens("[it]: https://example.org\n\nSee [it].\n\nMore [it].\n"))
    assert shown.html.count('<a href="https://example.org"') == 2
    assert shown.wholes == 0


def test_a_resumed_reader_is_brought_up_to_date_first() -> None:
    first, *_ = with_blocks([], text="One.\n\nTwo")
    assert first == Block(html="<p>One.</p>\n", tail="Two", whole=True)
    assert first.data() == {"html": "<p>One.</p>\n", "tail": "Two", "whole": True}


def test_a_block_has_no_number_and_the_end_comes_last() -> None:
    events = list(with_blocks([IDLE, Reasoning("hm"), Token("a", id=1), End(status="done", id=2)]))
    assert events == [
        IDLE,
        Reasoning("hm"),
        Token("a", id=1),
        Block(html="<p>a</p>\n", tail=""),
        End(status="done", id=2),
    ]


def test_an_empty_reply_has_no_blocks() -> None:
    assert list(with_blocks([End(status="failed")])) == [End(status="failed")]


def count_parsed(monkeypatch: pytest.MonkeyPatch) -> dict[str, int]:
    """Count the characters that were looked at, those that were rendered, and the pieces of both."""
    parsed = {"outline": 0, "render": 0, "pieces": 0}
    finished, rendered = pieces.finished, pieces.rendered

    def count_finished(text: str, references: References, *, owner: Hashable) -> Finished:
        done = finished(text, references, owner=owner)
        parsed["outline"] += len(text)
        parsed["render"] += done.length
        parsed["pieces"] += 1
        return done

    def count_rendered(text: str, references: References, *, owner: Hashable) -> Rendered:
        parsed["render"] += len(text)
        parsed["pieces"] += 1
        return rendered(text, references, owner=owner)

    monkeypatch.setattr(pieces, "finished", count_finished)
    monkeypatch.setattr(pieces, "rendered", count_rendered)
    return parsed
