"""Code is coloured line by line, nothing of it is lost, and no code takes more than its length."""

import html
import re
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chatsite.chat.rendering.highlight import CLASSES, MOST_MODES, Highlighter, highlight
from chatsite.chat.rendering.languages import LANGUAGES
from chatsite.chat.rendering.languages.rules import POP, Language

EACH = list({id(language): name for name, language in LANGUAGES.items()}.values())
"""Each language once, by one of its names."""

CODE = """
( ) { } [ ] < > / // /* */ # -- ' " ` \"\"\" ''' \\ $ ${ {{ {% %} <!-- --> <a > = : ; @x 0x1 1.5 def X é
"""
HOSTILE = r"""
( < / a. = $ ' - =/[ " ${ a 1. 0x r' <a & -- {- a: a_= * \ a- a" #{ :_ s!\
"""


def colours(code: str, language: str) -> list[tuple[str, str]]:
    """The classes that there are, each with its text."""
    found = re.findall(r'<span class="(\w+)">(.*?)</span>', highlight(code, language), re.DOTALL)
    return [(css, html.unescape(text)) for css, text in found]


@pytest.mark.parametrize(
    ("language", "code", "css", "text"),
    [
        ("python", "def area(r): return 3.14 * r  # round", "k", "def"),
        ("python", "def area(r): return 3.14 * r  # round", "nf", "area"),
        ("python", "def area(r): return 3.14 * r  # round", "m", "3.14"),
        ("python", "def area(r): return 3.14 * r  # round", "c", "# round"),
        ("python", "x = f'a # b'", "s", "f'a # b'"),
        ("js", "const s = `a ${b} c`;", "se", "${"),
        ("js", "s.replace(/a'b/g, 1)", "s", "/a'b/g"),
        ("ts", "interface Props { name: string }", "na", "name"),
        ("c", "#include <stdio.h>", "cp", "#include <stdio.h>"),
        ("rust", "fn f<'a>(c: char) { c == 'x' }", "s", "'x'"),
        ("go", "s := `raw \\`", "s", "`raw \\`"),
        ("sh", 'echo "Hello $USER"', "nv", "$USER"),
        ("sql", "select Name from t where x = 'it''s'", "k", "select"),
        ("html", '<a href="/x">Text</a>', "na", "href"),
        ("json", '{"key": [true, "value"]}', "na", '"key"'),
        ("yaml", "name: value # why", "na", "name"),
        ("css", ".box { color: #fff; }", "na", "color"),
        ("diff", "+added", "gi", "+added"),
        ("console", "$ make run", "gp", "$ "),
    ],
)
def test_what_people_ask_for_is_coloured(language: str, code: str, css: str, text: str) -> None:
    assert (css, text) in colours(code, language)


@pytest.mark.parametrize(
    ("language", "first", "second", "goes_on"),
    [
        ("c", "/* one", "two */ int x;", "two */"),
        ("python", '"""one', 'two""" + x', 'two"""'),
        ("html", "<!-- one", "two --> text", "two -->"),
        ("rust", "/* a /* b */", "still */ fn", "still */"),
    ],
)
def test_what_is_open_goes_on_in_the_next_line(language: str, first: str, second: str, goes_on: str) -> None:
    highlighter = Highlighter(language)
    highlighter.line(first)

    assert html.escape(goes_on, quote=False) in highlighter.line(second).split("</span>")[0]


def test_a_string_that_is_not_closed_ends_with_its_line() -> None:
    assert colours('s = "open\nreturn', "java") == [("s", '"open'), ("k", "return")]


def test_modes_within_modes_have_an_end() -> None:
    highlighter = Highlighter("js")
    highlighter.line("`${" * 1_000)

    assert len(highlighter._modes) == MOST_MODES


def test_an_unknown_language_is_escaped_and_no_more() -> None:
    assert highlight("a < b\n  & c", "martian") == "a &lt; b\n  &amp; c"


@pytest.mark.parametrize("language", EACH)
@settings(max_examples=30)
@given(code=st.lists(st.sampled_from([*CODE.split(), " ", "\n", "\t"]) | st.text(max_size=3)).map("".join))
def test_any_code_keeps_every_character(language: str, code: str) -> None:
    coloured = highlight(code, language)

    assert re.sub(r"</?span[^>]*>", "", coloured) == html.escape(code, quote=False)
    assert set(re.findall(r'class="(.*?)"', coloured)) <= CLASSES


@pytest.mark.parametrize("language", LANGUAGES.values(), ids=LANGUAGES)
def test_rules_lead_to_modes_that_there_are(language: Language) -> None:
    for mode in language.modes.values():
        for rule in mode.rules:
            assert rule.go in ("", POP, *language.modes)
            assert re.compile(rule.pattern).groups == 0
    assert POP not in {rule.go for rule in language.modes["root"].rules}


def test_no_repetition_gives_anything_back() -> None:
    for name, language in LANGUAGES.items():
        for mode in language.modes.values():
            for rule in mode.rules:
                bare = re.sub(r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]", "x", rule.pattern)
                assert not re.search(r"[*+](?!\+)(?<!\+\+)(?<!\*\+)(?<!\?\+)(?<!\}\+)", bare), (name, rule)


@pytest.mark.parametrize("language", EACH)
def test_hostile_code_takes_time_in_proportion_to_its_length(language: str) -> None:
    for pattern in HOSTILE.split():
        text = pattern.replace("_", " ")
        short, long = (cpu_seconds(text * (length // len(text)), language) for length in (4_000, 32_000))
        assert long < 16 * short + 0.2, text


@pytest.mark.parametrize(
    ("language", "code"),
    [
        ("perl", "s!" + "\\" * 5_000),
        ("scala", 'val s = "' + "\\" * 5_000),
        ("c", "\n" * 9_900),
        ("maple", '"' + "\\" * 5_000),
    ],
)
def test_code_that_froze_a_lexer_is_coloured_at_once(language: str, code: str) -> None:
    assert cpu_seconds(code, language) < 1


def cpu_seconds(code: str, language: str) -> float:
    began = time.thread_time()
    highlight(code, language)
    return time.thread_time() - began
