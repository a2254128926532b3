"""Markdown becomes safe HTML, whatever is in it and however much of it there is."""

import ast
import dataclasses
import re
import shutil
import sys
import threading
import time
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatsite.chat.rendering import formulas, markdown, parser, pieces, renderer
from chatsite.chat.rendering.parser import LINK_SCHEMES
from chatsite.confined.budgets import RENDERING
from chatsite.confined.pool import NoPlace, TooMuch, TooSlow

REL = 'rel="noopener noreferrer nofollow"'
BESIDE = f'target="_blank" data-host="{{}}" {REL}'


def render(text: str) -> str:
    return markdown.render(text).html


def test_it_renders_what_models_write() -> None:
    html = render("# Title\n\nSome **bold**, *soft*, ~~gone~~ `code`.\n\n1. one\n2. two\n\n> said\n")
    assert "<h3>Title</h3>" in html
    assert "<strong>bold</strong>, <em>soft</em>, <s>gone</s> <code>code</code>" in html
    assert "<ol>\n<li>one</li>\n<li>two</li>\n</ol>" in html
    assert "<blockquote>\n<p>said</p>" in html


def test_headings_begin_below_those_of_the_page() -> None:
    html = render("".join("#" * level + " h\n" for level in range(1, 7)))
    assert re.findall(r"<h(\d)>", html) == ["3", "4", "5", "6", "6", "6"]


def test_a_fence_is_highlighted_by_classes_alone() -> None:
    html = render("```python\ndef f(): return '<i>'\n```\n")
    assert html.startswith('<div class="code" data-language="python"><pre')
    assert '<span class="k">def</span>' in html
    assert "&lt;i&gt;" in html
    assert "style=" not in html


def test_code_in_an_unknown_language_is_shown_as_it_is() -> None:
    assert "<code>a &lt; b\n</code>" in render("```martian\na < b\n```")
    assert "<code>  a\n\n b\n</code>" in render("```python3000\n  a\n\n b\n```")


def test_a_language_cannot_leave_its_attribute() -> None:
    html = render('```a"onclick=alert(1)\nx\n```')
    assert '<div class="code" data-language="a">' in html
    assert "onclick" not in html


def test_code_keeps_its_blank_lines_and_its_last_line() -> None:
    html = render("```python\n\n\nx\n\n\n```")
    assert re.sub(r"<.*?>", "", html) == "\n\nx\n\n\n\n"


def test_a_table_can_scroll_and_aligns_by_class() -> None:
    html = render("a|b|c\n:-|-:|-\n1|2|3\n")
    assert html.startswith('<div class="table-scroll" role="group" aria-label="Table" tabindex="0"><table>')
    assert '<th class="align-left">a</th>\n<th class="align-right">b</th>\n<th>c</th>' in html
    assert "style=" not in html


@pytest.mark.parametrize("url", ["https://a.example/x?y=1", "http://a.example", "mailto:a@example.org"])
def test_a_link_tells_its_target_nothing(url: str) -> None:
    html = render(f"[x]({url})")
    assert f'<a href="{url}" ' in html
    assert 'rel="noopener noreferrer nofollow">x</a>' in html


def test_a_link_opens_beside_the_page_and_names_its_host() -> None:
    html = render("[A bank](https://user@evil.example:8443/bank) and [mail](mailto:a@example.org)")
    assert f'target="_blank" data-host="evil.example" {REL}>A bank</a>' in html
    assert f'<a href="mailto:a@example.org" {REL}>mail</a>' in html


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        "JaVaScRiPt:x",
        "data:text/html,x",
        "vbscript:x",
        "file:///x",
        "/logout/",
        "//a",
        "#a",
    ],
)
def test_a_link_to_anything_else_is_not_a_link(url: str) -> None:
    assert "<a" not in render(f"[x]({url}) <{url}>\n\n[y]\n\n[y]: {url}")


@pytest.mark.parametrize(
    ("text", "html"),
    [
        (
            "![a *cat*](https://x.example/c.png)",
            f'<a href="https://x.example/c.png" {BESIDE.format("x.example")}>a cat</a>',
        ),
        ("![](https://x.example)", f'<a href="https://x.example" {BESIDE.format("x.example")}>image</a>'),
        (
            "[![alt](https://i.example)](https://l.example)",
            f'<a href="https://l.example" {BESIDE.format("l.example")}>alt</a>',
        ),
        ("![x](data:image/png;base64,AAAA)", "![x](data:image/png;base64,AAAA)"),
    ],
)
def test_an_image_is_not_loaded(text: str, html: str) -> None:
    assert render(text) == f"<p>{html}</p>\n"


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "a <b onclick=alert(1)>b</b>",
        "<!-- x --><style>*{}</style>",
        "`<script>`",
        "[<img src=x>](https://a.example '\"><script>')",
        "| <script> |\n|---|\n| <iframe> |",
        "```html\n<script>alert(1)</script>\n```",
        "# <svg onload=alert(1)>",
        "&lt;script&gt; &#60;script&#62;",
    ],
)
def test_markup_is_shown_as_text(text: str) -> None:
    assert_safe(render(text))


PIECES = r"""
\[ \] \( \) $$ \frac{ \text{ } ^ [^1] [^1]: - [x] www.a.b
< > " ' & ` ``` ~~~ [ ] ( ) ![ ]( <script> </script> javascript: https://a onerror= = | - : # * _ ~~ \\ html
"""


@given(
    st.lists(
        st.sampled_from([*PIECES.split(), "\n", "\n\n", "\t", " "]) | st.text(max_size=4), max_size=40
    ).map("".join)
)
def test_any_text_renders_to_allowed_markup_only(text: str) -> None:
    assert_safe(render(text))


@given(st.text(st.characters(exclude_categories=[]), max_size=60))
def test_any_characters_render_to_what_utf8_can_carry(text: str) -> None:
    assert "\0" not in render(text).encode().decode()


def test_nul_and_lone_surrogates_are_replaced_and_split_pairs_joined() -> None:
    assert render("a\0b \ud800 \ud83d\ude00") == "<p>a\ufffdb \ufffd \U0001f600</p>\n"


@pytest.mark.parametrize(
    "text",
    [
        "> " * 200 + "deepest\n\nafter",
        "".join("  " * n + f"- level {n}\n" for n in range(120)) + "\nafter",
        "- > " * 100 + "x",
    ],
)
def test_what_is_nested_too_deep_is_shown_as_source_and_not_lost(text: str) -> None:
    shown = re.sub(r"<.*?>", "", render(text)).replace("&gt;", ">")
    assert [word for word in text.split() if word not in shown] == []


def test_deep_but_readable_nesting_is_rendered() -> None:
    assert render("".join("  " * n + f"- {n}\n" for n in range(8))).count("<ul>") == 8


def hostile(pattern: str, length: int) -> str:
    return (pattern * (length // len(pattern) + 1))[:length]


HOSTILE_TEXT = r"""
[  ![  [a](  [a](https://b)  ![a](https://b)  [![*_`  *a **a_  _a __a_  ~~a  *_  `a  <  <a  &  >  \\  |  |a
<https:  ](  [a](https://b '  >_  -_  1._  \n  \r  a\n  x|y\n  [a]: https://b\n  [a]:\n  [a\n  ```\n  # a\n
[a]: https://b '\n  ____a\n  \t  _  \u0301  *\u00a0
\\[_  \\[\n  $$a  \\(x  \\(\\frac{  [^1]  [^1]:_a\n  https://a)  -_[_]_a\n  ```md\n```a\n  **\u3002a  www.
"""


@pytest.mark.parametrize("written", re.split(r"\s\s+|\n", HOSTILE_TEXT.strip()))
def test_hostile_text_takes_no_quadratic_time(written: str) -> None:
    pattern = written.replace("_", " ").encode().decode("unicode_escape")
    parser.render("")
    short, long = (cpu_seconds(hostile(pattern, length)) for length in (8_000, 32_000))
    assert long < 8 * short + 0.5


def test_threads_may_render_at_once() -> None:
    text = "a|b\n-|-\n1|2\n\n- *x*\n\n```python\nx\n```\n"
    gate = threading.Barrier(8)
    rendered: list[str] = []

    def work() -> None:
        gate.wait()
        rendered.append(render(text))

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert rendered == [render(text)] * 8


def cpu_seconds(text: str) -> float:
    began = time.process_time()
    parser.render(text)
    return time.process_time() - began


TAGS = (
    r"</?(?:a|blockquote|br|code|del|div|em|h[3-6]|hr|input|li|ol|p|pre|s|span|strong|sup|table|tbody|td|th"
    rf"|thead|tr|ul|{'|'.join(formulas.ELEMENTS)})"
    r"(?: (?:class|href|title|rel|start|role|aria-label|tabindex|data-language|data-host|target"
    rf'|type|disabled|checked|encoding|{"|".join(formulas.ATTRIBUTES)})="[^"<>]*")*>'
)


def assert_safe(html: str) -> None:
    """Nothing but our own tags and attributes, links to allowed schemes, no stray bracket in the text."""
    assert "<" not in re.sub(TAGS, "", html), html
    for href in re.findall(r'href="([^"]*)"', html):
        assert href.split(":")[0].lower() in LINK_SCHEMES


class Child:
    """In the place of the children: renders what is short, and gives up the rest."""

    def __init__(self, most: int) -> None:
        self.most = most
        self.asked = 0
        self.refuses: type[Exception] = TooMuch

    def ask(self, job: dict[str, Any], content: bytes, **_: object) -> dict[str, Any]:
        self.asked += 1
        if len(content) > self.most:
            raise self.refuses
        return renderer.work(job, content)


def test_one_block_that_costs_too_much_is_shown_as_it_is_among_others(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    child = Child(most=100)
    monkeypatch.setattr(pieces, "_pool", lambda: child)
    dear = "[*" * 60_000

    html = render(f"One *word*.\n\n{dear}\n\nAnother *word*.\n")

    assert html == f"<p>One <em>word</em>.</p>\n<pre>{dear}\n\nAnother *word*.\n</pre>\n"


def test_what_costs_too_much_is_tried_once(monkeypatch: pytest.MonkeyPatch) -> None:
    child = Child(most=100)
    monkeypatch.setattr(pieces, "_pool", lambda: child)
    text = "A text of its own, and *long*. " * 10
    render(text)
    tried = child.asked

    assert render(text) == f"<pre>{text}</pre>\n"
    assert child.asked == tried


@pytest.mark.parametrize("short_of", [NoPlace, TooSlow])
def test_what_is_shown_as_it_is_on_a_busy_machine_is_provisional(
    monkeypatch: pytest.MonkeyPatch, short_of: type[Exception]
) -> None:
    child = Child(most=100)
    monkeypatch.setattr(pieces, "_pool", lambda: child)
    text = f"Too dear for a machine with {short_of.__name__}. " * 10
    assert not markdown.render(text).is_provisional

    child.refuses = short_of
    text += "And another."
    assert [markdown.render(text).is_provisional for _ in range(2)] == [True, True]


# The renderer's version


def version() -> str:
    return markdown.renderer_version.__wrapped__()


def test_the_version_is_another_one_with_another_library(monkeypatch: pytest.MonkeyPatch) -> None:
    before = version()
    monkeypatch.setattr(metadata, "version", lambda name: "99")
    assert version() != before


def test_the_version_is_another_one_with_another_budget(monkeypatch: pytest.MonkeyPatch) -> None:
    before = version()
    monkeypatch.setattr(markdown, "RENDERING", dataclasses.replace(RENDERING, seconds=99.0))
    assert version() != before


def test_the_version_is_another_one_when_any_module_is(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    room = Path(markdown.__file__).parent
    copy = Path(shutil.copytree(room, tmp_path / room.name))
    before = version()
    monkeypatch.setattr(markdown, "__file__", str(copy / "markdown.py"))
    assert version() == before

    for module in sorted(copy.rglob("*.py")):
        source = module.read_bytes()
        module.write_bytes(source + b"#")
        assert version() != before, module
        module.write_bytes(source)


def test_the_version_names_every_library_of_the_renderer() -> None:
    trees = [ast.parse(module.read_text()) for module in Path(markdown.__file__).parent.rglob("*.py")]
    nodes = [node for tree in trees for node in ast.walk(tree)]
    names = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    names |= {node.module or "" for node in nodes if isinstance(node, ast.ImportFrom)}
    tops = {name.partition(".")[0] for name in names} - sys.stdlib_module_names
    of = metadata.packages_distributions()

    found = {of[top][0] for top in tops - {"chatsite", "streaming", "django"}}

    assert found == set(markdown.LIBRARIES)


@pytest.mark.parametrize(
    ("number", "marked"),
    [("2", ""), ("899", ""), ("950", "high"), ("2024", "high"), ("9950", "higher"), ("999999999", "higher")],
)
def test_a_list_of_high_numbers_is_marked(number: str, marked: str) -> None:
    attribute = f' class="{marked}"' if marked else ""
    assert render(f"{number}. One") == f'<ol start="{number}"{attribute}>\n<li>One</li>\n</ol>\n'
