"""Passages on their page: Markdown is rendered, all else is shown as it is."""

import re

import pytest

from tests.chatsite.documents.people import PASSAGE, document_in, upload
from tests.site import Site
from tests.visitor import Visitor

MARKDOWN = "# Depths\n\nIt is **nine** metres <b>deep</b>.\n\n- [x] dredged\n\n[a](javascript:alert(1))\n"
WORDS = "a quiet street with seven old houses\n"


def opened(visitor: Visitor, name: str, content: str, *, passage: int = 1) -> str:
    """The page of a passage of a file."""
    upload(visitor, name, content)
    page = visitor.get(document_in(visitor.get("/documents/").text)).text
    for _ in range(passage - 1):
        page = visitor.get(PASSAGE.findall(page)[-1]).text
    return page


def cited(page: str) -> str:
    found = re.search(r"<blockquote[^>]*>(.*)</blockquote>", page, re.DOTALL)
    assert found
    return found[1]


def test_a_passage_of_markdown_is_rendered_and_sanitised(site: Site) -> None:
    text = cited(opened(site.visitor(), "depths.md", MARKDOWN))

    assert "<h3>Depths</h3>" in text
    assert "It is <strong>nine</strong> metres &lt;b&gt;deep&lt;/b&gt;." in text
    assert '<input type="checkbox"' in text
    assert "href" not in text


@pytest.mark.parametrize("name", ["depths.txt", "depths.py"])
def test_a_passage_of_anything_else_is_text(site: Site, name: str) -> None:
    page = opened(site.visitor(), name, MARKDOWN)

    assert cited(page) == MARKDOWN.replace("<", "&lt;").replace(">", "&gt;")
    assert "data-rendered" not in page


def test_code_that_is_cut_goes_on_as_code(site: Site) -> None:
    lines = "x = 1  # *one*\n" * 150
    page = opened(site.visitor(), "a.md", f"```python\n{lines}```\n\n*After*\n", passage=2)

    shown = re.findall(r'<div class="code" data-language="python">', page)
    assert len(shown) == 3
    assert "<em>one</em>" not in page
    assert "<em>After</em>" in page


def test_a_table_that_is_cut_keeps_its_head(site: Site) -> None:
    rows = "| an old house | nine |\n" * 100
    page = opened(site.visitor(), "a.md", f"| What | Deep |\n|---|---|\n{rows}", passage=2)

    assert page.count("<th>What</th>") == 3
    assert "| an old" not in page
    assert page.count("<td>an old house</td>") > 50


def test_text_after_a_table_or_code_has_neither(site: Site) -> None:
    head = "| What |\n|---|\n| one |\n\n```python\nx = 1\n```\n\n"
    page = opened(site.visitor(), "a.md", head + WORDS * 60, passage=2)

    assert "<th>" in page  # in the text before
    assert "<th>" not in cited(page)
    assert 'class="code"' not in cited(page)
