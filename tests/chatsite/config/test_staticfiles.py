"""What the page's script and style weigh, and that nothing is lost where comments are dropped."""

import re
from pathlib import Path

import pytest
from pygments.lexers.css import CssLexer  # type: ignore[import-untyped]
from pygments.lexers.javascript import JavascriptLexer  # type: ignore[import-untyped]
from pygments.token import Comment  # type: ignore[import-untyped]

from chatsite.config.staticfiles import short, without_comments

ROOT = Path(__file__).resolve().parents[3]
STATIC = [ROOT / "static", ROOT / "streaming/static"]
OURS = sorted(path for folder in STATIC for path in folder.rglob("*") if path.suffix in {".js", ".css"})
NOT_NEEDED = {
    "all_conversations.css",
    "documents.css",
    "feedback.css",
    "model.css",
    "offline.css",
    "plain.css",
    "preferences.css",
    "queue.css",
    "shared.css",
    "temporary.css",
    "images.css",
    "follow.js",
    "attach.js",
    "branch.js",
    "copy.js",
    "edit.js",
    "queue.js",
    "kept.js",
    "fields.js",
    "json_patch.js",
    "output.js",
    "passage.js",
    "list_rows.js",
    "live_list.js",
    "opinion.js",
    "quote.js",
    "replace.js",
    "save.js",
    "upload.js",
    "theme.js",
    "toolbar.js",
}
"""Other pages', for other sites' pages, and what is loaded when a person asks for it: to edit a message, to
have another reply, a structured one, to write while one is written, to copy something or save code as a file,
to go through its tools by keyboard, to read a source, or to have another theme. And what keeps the list of
chats live, which every page loads, but only when it is at work (6 kB)."""
BUDGET = 80_000
"""Bytes of script and style that the chat's page needs, uncompressed."""


def test_script_and_style_stay_within_the_budget() -> None:
    needed = [path for path in OURS if path.name not in NOT_NEEDED]
    assert sum(len(short(path.read_text(), path.suffix).encode()) for path in needed) < BUDGET


@pytest.mark.parametrize("path", OURS, ids=lambda path: path.name)
def test_only_comments_and_blanks_are_dropped(path: Path) -> None:
    source = path.read_text()
    assert tokens(without_comments(source, path.suffix), path.suffix) == tokens(source, path.suffix)


def tokens(source: str, suffix: str) -> list[str]:
    """All that a browser makes something of."""
    lexer = JavascriptLexer() if suffix == ".js" else CssLexer()
    found = lexer.get_tokens(source)
    return [
        text
        for kind, text in found
        if text.strip() and not (kind in Comment and text.startswith(("//", "/*")))
    ]


def test_comments_and_needless_blanks_are_dropped() -> None:
    source = "// Why.\n\n/** @type {string} */\nlet a = /** @type {B} */ (b);\n  // Next.\n  return\n"
    assert without_comments(source, ".js") == "let a=(b);return\n"
    assert (
        without_comments("/* Why. */\n.a > .b {\n  color: red; /* No. */\n}\n", ".css") == ".a>.b{color:red;}"
    )


@pytest.mark.parametrize(
    "literal",
    [
        "`one\n    // two\n    /* three */`",
        '"// one"',
        "'/* one */'",
        r"/[`'\"]\/\/ {2}/g",
        r"/^(?: {0,3}`{3,})\n/",
    ],
)
def test_what_looks_like_a_comment_in_a_literal_stays(literal: str) -> None:
    assert without_comments(f"const it = {literal};", ".js") == f"const it={literal};"


def test_what_looks_like_a_comment_in_a_css_string_stays() -> None:
    rule = '.a::before{content:"  /* one */ ; ";}'
    assert without_comments(rule, ".css") == rule


@pytest.mark.parametrize("code", ["one\ntwo", "one()\ntwo()", "a={}\n[b]=c", "a+ +b", "typeof a", "#a in b"])
def test_blanks_that_separate_something_stay(code: str) -> None:
    assert without_comments(code, ".js") == code


@pytest.mark.parametrize(
    "code", [".a .b", ".a :is(b)", "calc(1rem + 2px)", "@media (a) and (b)", "0 !important"]
)
def test_blanks_that_css_reads_stay(code: str) -> None:
    assert without_comments(code, ".css") == code


def test_the_semicolon_after_a_last_declaration_is_dropped() -> None:
    assert short('.a { content: ";}"; color: red; }', ".css") == '.a{content:";}";color:red}'


def test_the_semicolon_before_a_closing_brace_is_dropped() -> None:
    assert short('a(() => { b(";}"); return `;}`; }); { c; }', ".js") == 'a(()=>{b(";}");return `;}`});{c}'


@pytest.mark.parametrize("path", [path for path in OURS if path.suffix == ".js"], ids=lambda path: path.name)
def test_no_loop_is_without_a_body(path: Path) -> None:
    """Its semicolon would be its body."""
    assert re.search(r"\b(?:for|while|if)\([^()]*\)[;}]", short(path.read_text(), ".js")) is None


def test_private_names_of_a_script_are_short() -> None:
    source = "class A { #first = 1; get #second() { return `#first ${this.#first}`; } x = '#second'; }"
    assert short(source, ".js") == "class A{#a=1;get #b(){return `#first ${this.#a}`}x='#second'}"


@pytest.mark.parametrize("path", [path for path in OURS if path.suffix == ".js"], ids=lambda path: path.name)
def test_no_two_private_names_become_one(path: Path) -> None:
    before, after = (
        [text for text in tokens(script, ".js") if re.fullmatch(r"#\w+", text)]
        for script in (path.read_text(), short(path.read_text(), ".js"))
    )
    assert len(set(before)) == len(set(after))
    assert len(set(zip(before, after, strict=True))) == len(set(before))
