"""Markdown means what people mean by it, where CommonMark has nothing or something else."""

# ruff: noqa: RUF001 - Chinese and Japanese text is what this is about

import re

import pytest
from markdown_it import MarkdownIt

from chatsite.chat.rendering import parser
from chatsite.chat.rendering.blocks import Reply

REL = 'rel="noopener noreferrer nofollow"'


def render(text: str) -> str:
    """All of it at once; it is the same when it comes one character at a time."""
    html = parser.render(text)[0]
    reply = Reply()
    for character in text:
        reply.add(character)
    assert reply.whole() == html
    return html


@pytest.mark.parametrize(
    ("text", "bold"),
    [
        ("**注意：**请先保存文件。", ["注意："]),
        ("**「赤」**なので**「青」**です。", ["「赤」", "「青」"]),
        ("- **步骤一（准备）**完成后继续", ["步骤一（准备）"]),
        ("**Markdown（マークダウン）**は軽量です", ["Markdown（マークダウン）"]),
        ("**한국어(Korean)**는 **“따옴표”**입니다", ["한국어(Korean)", "“따옴표”"]),
        ("他说**“你好”**，然后", ["“你好”"]),
        ("含**100%**的", ["100%"]),
    ],
)
def test_bold_beside_cjk_punctuation_is_bold(text: str, bold: list[str]) -> None:
    html = render(text)
    assert re.findall("<strong>(.*?)</strong>", html) == bold
    assert "*" not in html


@pytest.mark.parametrize(
    "text", ["a * b * c", '**"a"**b', "2*3*4", "a **b **c", "snake_case_name", "** a **"]
)
def test_stars_in_latin_text_mean_what_they_did(text: str) -> None:
    plain = MarkdownIt("commonmark").render(text)
    assert render(text) == plain.replace("&quot;", '"')


FILE = "# Setup\n\nRun this:\n\n```bash\nmake install\n```\n\nThen see **Usage**.\n"


@pytest.mark.parametrize(
    ("opened", "closed"),
    [("```markdown", "```"), ("```md title=x", "```"), ("~~~ markdown", "~~~"), ("```", "```")],
)
def test_a_markdown_file_in_a_fence_stays_one_block(opened: str, closed: str) -> None:
    html = render(f"Here is the file:\n\n{opened}\n{FILE}{closed}\n\nTell me if you want more.\n")
    assert html.count('<div class="code"') == 1
    assert re.findall("<code>(.*?)</code>", html, re.DOTALL) == [FILE]
    assert html.endswith("<p>Tell me if you want more.</p>\n")


def test_a_markdown_file_in_an_item_stays_one_block() -> None:
    html = render("1. Write\n\n   ```markdown\n   ```sh\n   a\n   ```\n   b\n   ```\n2. Done\n")
    assert "<code>```sh\na\n```\nb\n</code>" in html
    assert "<li>Done</li>" in html


def test_a_fence_of_another_language_ends_as_it_always_did() -> None:
    html = render("```python\na\n```\n\nText.\n\n```bash\nb\n```\n")
    assert html.count('<div class="code"') == 2


@pytest.mark.parametrize(
    "text",
    [
        "It costs **$1.50** now and (~$10) later (~$12 with tax).",
        "From $5 to $10, or $$ in slang.",
        "About ~10 or ~20 of them.",
        "`$PATH` and $HOME stay.",
        "Five \\$ and \\\\(a).",
    ],
)
def test_prices_and_tildes_are_text(text: str) -> None:
    html = render(text)
    assert "<math" not in html
    assert "<s>" not in html
    assert re.sub("<.*?>", "", html).strip() == re.sub(r"[`*]|\\(?=[$\\])", "", text)


@pytest.mark.parametrize(
    ("text", "source", "display"),
    [
        ("The area is \\(A = \\pi r^2\\), so", "\\(A = \\pi r^2\\)", "inline"),
        (
            "\\[\n\\int_0^1 x^2 \\, dx = \\frac{1}{3}\n\\]",
            "\\[\n\\int_0^1 x^2 \\, dx = \\frac{1}{3}\n\\]",
            "block",
        ),
        ("so\n$$\na_1 * b * c_2\n$$\nand on", "$$\na_1 * b * c_2\n$$", "block"),
        ("- one\n\n  \\[ x \\]\n", "\\[ x \\]", "block"),
        ("> $$x$$\n", "$$x$$", "block"),
        ("Text $$x$$ goes on", "$$x$$", "block"),
    ],
)
def test_a_formula_is_mathml_with_its_source(text: str, source: str, display: str) -> None:
    html = render(text)
    assert f'<math display="{display}"><semantics>' in html
    assert f'<annotation encoding="application/x-tex">{source}</annotation>' in html


@pytest.mark.parametrize("text", ["\\(a", "\\[\na\n\nb\n\\]", "$$\n\n$$", "`\\(a\\)`", "\\\\(a\\\\)"])
def test_what_is_no_whole_formula_is_none(text: str) -> None:
    assert "<math" not in render(text)


@pytest.mark.parametrize("text", ["\\(\\sqrt\\)", "\\(\\begin{x}\\)", "\\(a^{b^{\\)"])
def test_a_formula_that_is_not_understood_is_shown_whole(text: str) -> None:
    assert f"<code>{text}</code>" in render(f"See {text}.")


def test_tasks_have_boxes() -> None:
    html = render("- [ ] one\n- [x] two *it*\n- [X] three\n- [y] four\n")
    assert html.count('<li class="task"><input type="checkbox" disabled="" aria-label="To do"> one') == 1
    assert html.count('aria-label="Done" checked=""> t') == 2
    assert "<li>[y] four</li>" in html


def test_an_item_has_paragraphs_only_if_it_has_several() -> None:
    assert render("- a\n\n- b\n") == "<ul>\n<li>a</li>\n<li>b</li>\n</ul>\n"
    assert "<li>\n<p>b</p>\n<p>c</p>\n</li>" in render("- a\n- b\n\n  c\n")


def test_footnotes_stand_where_they_were_written() -> None:
    html = render(
        "A[^1] and B[^why]; `[^1]`.\n\n[^1]: First, *it*\n  goes on.\n[^why]: Second.\n\nEnd [^no].\n"
    )
    assert '<p>A<sup class="footnote-mark">1</sup> and B<sup class="footnote-mark">why</sup>;' in html
    assert '<p class="footnote"><sup class="footnote-mark">1</sup> First, <em>it</em>\ngoes on.</p>' in html
    assert '<p class="footnote"><sup class="footnote-mark">why</sup> Second.</p>' in html
    assert "<p>End [^no].</p>" in html


@pytest.mark.parametrize(
    ("text", "href", "shown"),
    [
        ("See https://example.org/a_b_(c).", "https://example.org/a_b_(c)", "https://example.org/a_b_(c)"),
        ("(https://example.org/x)", "https://example.org/x", "https://example.org/x"),
        ("At www.example.org, say", "https://www.example.org", "www.example.org"),
        ("**https://example.org/**", "https://example.org/", "https://example.org/"),
        ("请看https://example.org/a。谢谢", "https://example.org/a", "https://example.org/a"),
        ("https://example.org에서", "https://example.org", "https://example.org"),
    ],
)
def test_a_bare_address_is_a_link(text: str, href: str, shown: str) -> None:
    html = render(text)
    assert f'<a href="{href}" ' in html
    assert f"{REL}>{shown}</a>" in html


@pytest.mark.parametrize(
    "text", ["README.md", "example.org", "`https://a.example`", "https://", "javascript://a", "x@www.a.b"]
)
def test_what_is_no_address_stays_text(text: str) -> None:
    assert "<a" not in render(text)


@pytest.mark.parametrize(
    "text", ["Some text\n- one\n- two\n\nMore\n-", "Text\n--", "Text\n=\n", "> Text\n> -"]
)
def test_a_dash_below_text_makes_no_heading(text: str) -> None:
    for end in range(len(text) + 1):
        assert "<h" not in parser.render(text[:end])[0]
    assert "<h" not in render(text)


def test_a_line_of_dashes_makes_a_heading() -> None:
    assert render("Title\n---\n\nOther\n===\n") == "<h4>Title</h4>\n<h3>Other</h3>\n"


def test_a_diagram_is_source_with_its_name() -> None:
    assert '<div class="code" data-language="mermaid">' in render("```mermaid\ngraph TD\n```\n")
