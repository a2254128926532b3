"""What is fuzzed: for each reader of text from outside, the words of its language, and what must hold."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from html.parser import HTMLParser

import httpx2
from openai import OpenAIError

from chatsite.chat.rendering import parser
from chatsite.chat.rendering.highlight import highlight
from chatsite.documents import reading
from streaming.growing_json import GrowingJson
from streaming.upstream.asked import Asked
from streaming.upstream.chat_completions import ChatReader
from streaming.upstream.event_stream import EventStream

PIECE = 7
"""Characters of what comes in pieces."""
REQUEST = httpx2.Request("POST", "http://provider.test/v1/chat/completions")


@dataclass(frozen=True)
class Target:
    """`words` is what its inputs are made of; `read` raises if what comes of one is wrong."""

    words: tuple[str, ...]
    read: Callable[[str], object]


class _Audit(HTMLParser):
    """Refuses what a browser would run or load."""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag not in {
            "script",
            "style",
            "img",
            "iframe",
            "object",
            "svg",
            "form",
            "link",
            "meta",
            "base",
        }
        for name, value in attrs:
            assert not name.startswith("on")
            assert name not in {"style", "src", "srcset", "action", "formaction"}
            if name == "href":
                assert (value or "").lower().startswith(("http://", "https://", "mailto:", "#"))


def _markdown(text: str) -> None:
    html, _ = parser.render(text)
    audit = _Audit()
    audit.feed(html)
    audit.close()


def _code(text: str) -> None:
    for language in ("python", "javascript", "html", "css", "bash", "c", "sql", "diff"):
        _Audit().feed(highlight(text, language))


def _json(text: str) -> None:
    growing = GrowingJson()
    for piece in _pieces(text):
        growing.feed(piece)
    json.dumps(growing.value, ensure_ascii=False).encode()


def _document(kind: str) -> Callable[[str], object]:
    job = {"kind": kind, "pages": 50, "characters": 200_000}
    return lambda text: json.dumps(reading.work(job, text.encode("utf-8", "replace")))


def _events(text: str) -> None:
    data = text.encode("utf-8", "replace")
    whole, cut = EventStream(), EventStream()
    at_once = whole.feed(data)
    in_pieces = [event for at in range(0, len(data), PIECE) for event in cut.feed(data[at : at + PIECE])]
    assert at_once == in_pieces


def _chunks(text: str) -> None:
    reader = ChatReader(Asked(wants_arguments_live=True), REQUEST)
    for line in text.splitlines():
        try:
            said = json.loads(line)
        except (ValueError, RecursionError):
            continue
        if isinstance(said, dict):
            try:
                reader.take(said)
                reader.given()
            except OpenAIError:
                return
    reader.rest()


def _pieces(text: str) -> list[str]:
    return [text[at : at + PIECE] for at in range(0, len(text), PIECE)]


def _words(text: str) -> tuple[str, ...]:
    """The words of a text; with `_` for a space in one."""
    return tuple(word.replace("_", " ") for word in text.split())


SPACE = (" ", "\n", "\n\n", "\t", "\r\n", "\0", "\ud83d", "\u2028", "é", "a")
MARKDOWN = SPACE + _words(
    r"""[ ] ( ) ![ ]( [a]: https://a [^1] [^1]: ** * _ ~~ ` ``` ~~~ ```python ```html > >_ -_ 1._ #_ | |- ---
    === \ < > & <script> </script> <img <a_href= javascript: onerror= www.a.b
    $$ $ \[ \] \( \frac{ \text{ } ^ <!-- -->"""
)
CODE = SPACE + _words(
    r"""" ' ` \ \\ \" ''' {{ }} ${ } { ( ) [ ] // /* */ # -- <!-- --> <a <script> </script> <style> f" r" 0x
    1e = ; : @ def_ class_ SELECT_ $( <<EOF EOF +++ @@"""
)
JSON = SPACE + _words(
    r"""{ } [ ] , : " \" \\ \ \u \ud83d \ude00 \u00 -1 1e 1e999 0x1 true nul null NaN {"a":
    "a": ```json ``` 1.5"""
)
DOCUMENT = (*SPACE, "\f", "# ", "## ", "####### ", "```", "~~~", "---\n", "===\n", "word. ", "x" * 50)
PDF = (
    *SPACE,
    *_words(
        """%PDF-1.4 1_0_obj << >> endobj /Type /Catalog /Pages /Page /Kids [1_0_R] /Count 1 -1 99999999
        /Length stream endstream xref trailer startxref %%EOF /Root /Filter /FlateDecode /LZWDecode
        /ObjStm /Prev 0 BT
        ET Tj (a) <61>"""
    ),
)
EVENTS = (
    "data:",
    "data: ",
    "event: ",
    "id: ",
    ": ",
    "\n",
    "\n\n",
    "\r",
    "\r\n",
    "\ufeff",
    "{}",
    "[DONE]",
    "a",
)
DELTAS: tuple[object, ...] = (
    {"content": "a <think> b"},
    {"content": "</think>"},
    {"content": [{"type": "text", "text": "a"}, {"type": "thinking", "thinking": ["b"]}]},
    {"reasoning_content": "hm"},
    {"reasoning": {"text": "hm"}},
    {"refusal": "No."},
    {"tool_calls": [{"index": 0, "id": "a", "function": {"name": "f", "arguments": '{"a":'}}]},
    {"tool_calls": [{"function": {"arguments": ' "b"}'}}]},
    {"tool_calls": [{"index": 1, "function": {"name": "f", "arguments": {"a": 1}}}]},
    {"tool_calls": [{"index": "0", "id": 7, "function": None}, None, 7]},
    {"tool_calls": [{"id": "b", "function": {"name": "g", "arguments": "}"}}]},
    {"function_call": {"name": "f", "arguments": "{}"}},
    None,
    [],
)
CHUNKS = tuple(
    json.dumps({"choices": [{"index": 0, "delta": delta, "finish_reason": None}]}) + "\n" for delta in DELTAS
)

TARGETS = {
    "renderer": Target(MARKDOWN, _markdown),
    "highlighter": Target(CODE, _code),
    "json": Target(JSON, _json),
    "text file": Target(DOCUMENT, _document("text")),
    "markdown file": Target(DOCUMENT, _document("markdown")),
    "html file": Target(DOCUMENT, _document("html")),
    "table": Target(DOCUMENT, _document("table")),
    "pdf file": Target(PDF, _document("pdf")),
    "events": Target(EVENTS, _events),
    "chunks": Target(CHUNKS, _chunks),
}
