"""The block that is still being written is shown rendered, at a cost in proportion to what is new."""

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from chatsite.chat.rendering import open_block, parser, pieces
from chatsite.chat.rendering.blocks import Block, Shown, with_blocks
from chatsite.chat.rendering.growing import Open, OpenBlock
from streaming.events import IDLE, End, Idle, Token
from tests.chatsite.chat.rendering.shown_page import ShownPage, Tree

HOW_TO = """\
Here is **how to** do it, with *some* care and `make run`:

1. **Install** the package: `pip install x` (see [the docs](https://example.org/docs)).
2. Set `DEBUG` and **run** it
   - a *nested* item
   - another **one**

### What it costs

| Plan | Price | Notes |
|------|------:|-------|
| Free | $0 | for *one* |
| Team | $10 | **many** people |

```python
def area(r):
    return 3.14 * r ** 2  # not *emphasis*
```

> A quote with **weight**.

The area is \\(A = \\pi r^2\\), so \\[ x = 1 \\] and ~~not~~ more.

- [x] done
- [ ] to do, **soon**
"""
MARKUP = re.compile(
    r"\*\*|(?<![\s\w])\*(?=\w)|(?<=\w)\*(?=[\s.])|`|~~|\]\(|\\[(\[]|^\s*(?:#|\||[-+] |>)|\|", re.MULTILINE
)


def in_words(text: str) -> list[str]:
    return re.findall(r"\s*\S+|\s+$", text)


def in_threes(text: str) -> list[str]:
    return [text[at : at + 3] for at in range(0, len(text), 3)]


def events(pieces_of_it: list[str], *, every: float = 0) -> Iterator[Shown]:
    tokens = [Token(piece, id=at) for at, piece in enumerate(pieces_of_it, start=1)]
    return with_blocks([*tokens, End(status="done")], open_block=OpenBlock(every=every))


def samples(pieces_of_it: list[str]) -> Iterator[tuple[ShownPage, Shown]]:
    """The page before each token, when it shows what has come."""
    page = ShownPage()
    for event in events(pieces_of_it):
        if isinstance(event, Token):
            yield page, event
        page.take(event)


@pytest.mark.parametrize("cut", [list, in_threes, in_words])
def test_markup_is_hardly_ever_seen(cut: Callable[[str], list[str]]) -> None:
    texts = [
        re.sub(r"3\.14 \* r \*\* 2  # not \*emphasis\*", "", page.text) for page, _ in samples(cut(HOW_TO))
    ]

    raw = [text for text in texts if MARKUP.search(text)]

    assert len(raw) < 0.05 * len(texts), raw[:3]


def test_what_is_open_is_shown_with_little_delay() -> None:
    come, late = "", []
    for page, token in samples(in_words(HOW_TO)):
        whole = Tree(parser.render(come)[0]).root.text
        late.append(len(whole.split()) - len(page.text.split()))
        assert isinstance(token, Token)
        come += token.text

    assert sum(late) / len(late) < 2


@pytest.mark.parametrize("cut", [list, in_words])
def test_nothing_shown_turns_out_to_be_something_else(cut: Callable[[str], list[str]]) -> None:
    text = HOW_TO + "\n\nSome text\n- one\n- two\n\n1\n\n2024 was\n\nTitle\n---\n\nSee [it] and [1].\n"
    page, before = ShownPage(), ""
    for event in events(cut(text)):
        page.take(event)
        if isinstance(event, Open) or (isinstance(event, Block) and not event.tail.strip()):
            after = re.sub(r"\s", "", page.text)
            assert after.startswith(before), event
            before = after


def test_an_open_list_is_sent_item_by_item() -> None:
    shown = [event for event in events(in_words("- one\n- two\n- three **b")) if isinstance(event, Open)]

    assert shown[-1].html == "<ul>\n<li>three <strong>b\ue000</strong></li>\n</ul>\n"
    assert [event.done for event in shown if event.done] == [
        "<ul>\n<li>one</li>\n</ul>\n",
        "<ul>\n<li>two</li>\n</ul>\n",
    ]


def test_a_line_of_code_is_coloured_as_soon_as_it_is_whole() -> None:
    shown = [event for event in events(in_words("```c\n/* a\nb */ int\n x")) if isinstance(event, Open)]

    assert [
        re.sub(".*<code>|</code>.*", "", event.done.replace("\n", "~")) for event in shown if event.done
    ] == [
        '<span class="c">/* a</span>~',
        '<span class="c">b */</span> <span class="nb">int</span>~',
    ]


def test_a_dash_below_text_is_never_a_heading() -> None:
    shown = [
        event for event in events(list("Some text\n- one\n- two\n\nMore\n-")) if not isinstance(event, Idle)
    ]

    assert not [event for event in shown if "<h" in str(event.data())]


@pytest.mark.parametrize(
    "part",
    [
        "- an item of *some* length\n",
        "| a | **b** |\n",
        "A sentence of `some` length, with **bold** words. ",
        "print('some code')\n",
        "Text *in* one paragraph\n",
    ],
)
def test_what_is_looked_at_grows_with_the_text(monkeypatch: pytest.MonkeyPatch, part: str) -> None:
    looked_at = count_looked_at(monkeypatch)
    head = {"|": "| x | y |\n|---|---|\n", "p": "```python\n"}.get(part[0], "")
    text = head + part * 400

    for _ in events(in_words(text)):
        pass

    assert sum(looked_at) < 40 * len(text)
    assert max(looked_at) < 3_000


def test_plain_words_cost_a_look_in_a_thousand_characters(monkeypatch: pytest.MonkeyPatch) -> None:
    looked_at = count_looked_at(monkeypatch)

    shown = list(events(["Plain ", *["words, and more. "] * 500]))

    assert len(looked_at) <= 11
    assert max(looked_at) < 1_100
    assert sum(isinstance(event, Open) for event in shown) == len(looked_at)


def test_what_comes_quickly_is_looked_at_together() -> None:
    time = iter(range(1_000))
    block = OpenBlock(every=10, clock=lambda: next(time))
    tokens = [Token("*a* ", id=at) for at in range(1, 101)]

    shown = [
        event for event in with_blocks([*tokens, *[IDLE] * 10], open_block=block) if isinstance(event, Open)
    ]

    assert len(shown) <= 11
    assert sum(event.done.count("<em>") for event in shown) + shown[-1].html.count("<em>") == 100


def test_a_reader_that_resumes_sees_the_open_block_at_once() -> None:
    block, shown, *_ = with_blocks([IDLE], text="One.\n\n- two **b", open_block=OpenBlock())

    assert block == Block(html="<p>One.</p>\n", tail="- two **b", whole=True)
    assert shown == Open(html="<ul>\n<li>two <strong>b\ue000</strong></li>\n</ul>\n")


def count_looked_at(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    looked_at: list[int] = []
    for name in ("shown", "coloured"):
        monkeypatch.setattr(pieces, name, counted(getattr(pieces, name), looked_at))
    return looked_at


def counted(ask: Callable[..., Any], looked_at: list[int]) -> Callable[..., Any]:
    def count(text: str, *args: Any, **kwargs: Any) -> Any:
        looked_at.append(len(text))
        return ask(text, *args, **kwargs)

    return count


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("**bol", "<p><strong>bol\ue000</strong></p>\n"),
        ("**bold*", "<p><strong>bold\ue001</strong></p>\n"),
        ("`co", "<p><code>co\ue000</code></p>\n"),
        ("a [li", "<p>a \ue001</p>\n"),
        ("a [li](https://x", "<p>a \ue001</p>\n"),
        ("see \\(a", "<p>see \ue001</p>\n"),
        ("\\[\n\\int_0", "<p>\ue001</p>\n"),
        ("$$\nx = 1", "<p>\ue001</p>\n"),
        ("see\n\\[\nx = 1", "<p>see\n\ue001</p>\n"),
        ("\\[\nx = 1\n", "<p>\ue001</p>\n"),
        ("\\[\nx = 1\n\\]", "<p>\ue001</p>\n"),
        ("the \\[ of a\nline", "<p>the [ of a\nline\ue000</p>\n"),
        ("-", ""),
        ("1", ""),
        ("# ", ""),
        ("| a | b |\n", ""),
        ("Title\n---", "<p>Title</p>\n"),
    ],
)
def test_what_is_undecided_is_held_and_what_is_open_is_closed(text: str, html: str) -> None:
    assert open_block.shown(text, {}).html == html
