"""Nothing that a person reads is left in English alone: not in templates, not in scripts, not in code."""

import ast
import gettext
import io
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from string import Formatter

import pytest
from babel.messages.catalog import Message
from pygments.lexers.javascript import JavascriptLexer  # type: ignore[import-untyped]
from pygments.token import String  # type: ignore[import-untyped]

from tests import languages
from tests.languages import LANGUAGES, PACKAGES, ROOT, Package

TEMPLATES = sorted(path for path in (ROOT / "templates").rglob("*") if path.suffix in (".html", ".txt"))
SCRIPTS = sorted((ROOT / "static").rglob("*.js"))
MODULES = sorted(
    path
    for package in ("chatsite", "streaming")
    for path in (ROOT / package).rglob("*.py")
    if "migrations" not in path.parts
)
SAME_IN_ALL = {"UTC", "JSON", "Enter", "Shift", "Ctrl", "Esc", "K", "Q", "MB"}
"""Names of keys, formats and units."""
SAME_DATES = {"c", "Y-m-d"}
"""Formats of dates that are the same everywhere."""
catalogs = pytest.mark.parametrize("package", PACKAGES, ids=lambda package: package.name)
each_language = pytest.mark.parametrize("language", LANGUAGES)


def relative(path: Path) -> str:
    return str(path.relative_to(ROOT))


# The catalogs


@catalogs
@each_language
def test_a_catalog_has_what_its_package_says_and_nothing_else(package: Package, language: str) -> None:
    said = {(each.context, each.id if isinstance(each.id, str) else each.id[0]) for each in package.said()}
    assert {key(message) for message in messages(package, language)} == said


@catalogs
@each_language
def test_all_that_is_said_is_translated(package: Package, language: str) -> None:
    assert [
        message.id
        for message in messages(package, language)
        if message.fuzzy or not all(texts(message.string))
    ] == []


@catalogs
@each_language
def test_a_translation_has_the_places_of_the_english(package: Package, language: str) -> None:
    assert [
        message.id
        for message in messages(package, language)
        if any(places(text) != places(texts(message.id)[-1]) for text in texts(message.string))
    ] == []


@catalogs
@each_language
def test_a_translation_has_the_markup_of_the_english(package: Package, language: str) -> None:
    """The words of a template are not escaped."""
    assert [
        message.id
        for message in messages(package, language)
        if any(markup(text) != markup(texts(message.id)[-1]) for text in texts(message.string))
    ] == []


@catalogs
@each_language
def test_a_catalog_is_compiled(package: Package, language: str) -> None:
    path = package.po(language)
    compiled = gettext.GNUTranslations(io.BytesIO(path.with_suffix(".mo").read_bytes()))
    expected = gettext.GNUTranslations(io.BytesIO(languages.as_mo(languages.read(path))))
    assert words(compiled) == words(expected), "run: python -m tests.languages"


@each_language
def test_both_packages_translate_the_same_words_alike(language: str) -> None:
    """Django looks into one catalog after the other, whoever asks."""
    one, other = ({key(each): each.string for each in messages(it, language)} for it in PACKAGES)
    assert [name for name in one.keys() & other.keys() if one[name] != other[name]] == []


def messages(package: Package, language: str) -> list[Message]:
    return [message for message in languages.read(package.po(language)) if message.id]


def key(message: Message) -> tuple[str | None, str]:
    return message.context, texts(message.id)[0]


def texts(given: str | tuple[str, ...] | list[str] | None) -> list[str]:
    return [given] if isinstance(given, str) else list(given or [""])


def places(text: str) -> set[str]:
    """What is filled in: `%(name)s` of templates; `{name}`, with how it is to be written, of code."""
    of_code = {f"{name}:{how}" for _text, name, how, _ in Formatter().parse(text) if name is not None}
    return of_code | set(re.findall(r"%(?:\(\w+\))?[sd]", text))


def markup(text: str) -> list[str]:
    return sorted(re.findall(r"</?\w+[^>]*>|&\w+;|[<>\"]", text))


def words(catalog: gettext.GNUTranslations) -> dict[object, object]:
    return {name: text for name, text in vars(catalog)["_catalog"].items() if name}


# Templates

_BLOCK = re.compile(r"\{%\s*blocktranslate\b.*?\{%\s*endblocktranslate\s*%\}|\{#.*?#\}", re.DOTALL)
_TAG = re.compile(r"\{%.*?%\}|\{\{.*?\}\}", re.DOTALL)
_LITERAL = re.compile(
    r"""(?<!_\()(?:\|default(?:_if_none)?:|\|date:|\|yesno:|\b(?:label|hint|title)=)"([^"]*)\""""
)
_READ = ("title", "aria-label", "placeholder", "alt", "aria-description")


class _Read(HTMLParser):
    """Collects what a person reads."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_data(self, data: str) -> None:
        self.found.append(data)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found += [
            value or ""
            for name, value in attrs
            if name in _READ or (name.startswith("data-") and name.endswith("label"))
        ]


def untranslated(source: str) -> list[str]:
    """What a template says that is not translated."""
    plain = _BLOCK.sub("", source)
    reader = _Read()
    reader.feed(_TAG.sub("", plain))
    in_tags = [
        text for tag in _TAG.findall(plain) for text in _LITERAL.findall(tag) if text not in SAME_DATES
    ]
    said = [*reader.found, *in_tags]
    return [text.strip() for text in said if set(re.findall(r"[^\W\d_]+", text)) - SAME_IN_ALL]


@pytest.mark.parametrize("path", TEMPLATES, ids=relative)
def test_a_template_has_no_words_of_its_own(path: Path) -> None:
    source = re.sub(r"\{% block body_class %\}.*?\{% endblock %\}", "", path.read_text())
    assert untranslated(source) == []


def test_words_of_a_template_are_found() -> None:
    source = """{% load i18n %}<p title="Not yet">Hello <b>{{ name|default:"you" }}</b></p>
        <p title="{% translate "Done" %}">{% translate "Done" %} {{ day|date:"c" }} UTC
        {% blocktranslate %}All <b>is</b> well{% endblocktranslate %}</p>"""
    assert untranslated(source) == ["Not yet", "Hello", "you"]


# Scripts


@pytest.mark.parametrize("path", SCRIPTS, ids=relative)
def test_a_script_has_no_words_of_its_own(path: Path) -> None:
    """They are in templates (chat/words.html). What is thrown is for developers."""
    lines = "\n".join(line for line in path.read_text().splitlines() if "throw new " not in line)
    strings = [text for kind, text in JavascriptLexer().get_tokens(lines) if kind in String]
    assert [text for text in strings if re.search(r"[A-Z][a-z]+ [a-z]|[a-z] [a-z]+\.$", text)] == []


# Code

_TRANSLATES = {*languages._SAYS, "with_places"}
_NOT_SHOWN = {"ValueError", "TypeError", "LookupError", "RuntimeError", "AssertionError", "AttributeError"}
"""Errors of developers."""
NOT_FOR_PEOPLE = {
    # For models
    "chatsite/assistants/agent.py": 1,
    "chatsite/assistants/documents.py": 2,
    "chatsite/assistants/forms.py": 2,
    "chatsite/assistants/tools/documents.py": 1,
    "chatsite/chat/history.py": 1,
    "chatsite/chat/title_writer.py": 1,
    "chatsite/settings.py": 1,
    "streaming/upstream/cut_off_calls.py": 1,
    # For developers: errors of settings, and exceptions that `streaming.errors.classify` says in other words
    "chatsite/accounts/middleware.py": 1,
    "streaming/checks.py": 4,
    "streaming/conf.py": 3,
    "streaming/gunicorn.py": 1,
    "streaming/shared_connection.py": 1,
    "streaming/upstream/asked.py": 1,
    "streaming/upstream/refusals.py": 5,
    "streaming/upstream/responses.py": 1,
    "streaming/upstream/whole_response.py": 1,
    # What others say, and what is translated elsewhere (chatsite/chat/rendering/pieces.py)
    "chatsite/assistants/chat_model.py": 1,
    "chatsite/chat/rendering/parser.py": 1,
    "chatsite/chat/rendering/languages/data.py": 1,
    "chatsite/config/staticfiles.py": 1,
}
"""How many of their sentences are in English only."""
_SQL = re.compile(r"(SELECT|INSERT|UPDATE|CREATE|ALTER|DROP|PRAGMA|CASE|AND|AS|WITH) ")


def sentences(path: Path) -> Iterator[str]:
    """What reads like a sentence, and is neither translated nor a docstring."""
    tree = ast.parse(path.read_text())
    known = set(_known(tree))
    for node in ast.walk(tree):
        text = _text(node)
        if id(node) not in known and _reads_like_a_sentence(text):
            yield text


def _reads_like_a_sentence(text: str) -> bool:
    has_words = bool(re.search(r"\w\w+,? [a-z]{2,}", text)) and not _SQL.match(text)
    return has_words and (text[0].isupper() or text.rstrip().endswith((".", "?", "!")))


def _text(node: ast.AST) -> str:
    if isinstance(node, ast.JoinedStr):
        return "".join(part.value if isinstance(part, ast.Constant) else "0" for part in node.values)  # type: ignore[misc]
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""


def _known(tree: ast.AST) -> Iterator[int]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            yield id(node.value)
        if isinstance(node, ast.JoinedStr):
            yield from map(id, node.values)
        if isinstance(node, ast.Call) and _is_known(node.func):
            yield from map(id, ast.walk(node))


def _is_known(function: ast.expr) -> bool:
    name = function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
    owner = ast.unparse(function.value) if isinstance(function, ast.Attribute) else ""
    return owner in ("logger", "audit", "self.log") or name in _TRANSLATES | _NOT_SHOWN


@pytest.mark.parametrize("path", MODULES, ids=relative)
def test_code_says_nothing_untranslated(path: Path) -> None:
    found = list(sentences(path))
    assert len(found) == NOT_FOR_PEOPLE.get(relative(path), 0), found
