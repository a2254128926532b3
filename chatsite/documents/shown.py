"""A passage as people read it: rendered where its document is Markdown, as source where it is code."""

import re
from dataclasses import dataclass

from django.utils.safestring import SafeString

from chatsite.chat.rendering.markdown import render
from chatsite.documents.models import Document, Passage

FAR = 30
"""Passages before one that are looked at, to see whether it begins in the middle of something."""

_FENCE = re.compile(r" {0,3}(`{3,}+|~{3,}+)")
_TABLE_HEAD = re.compile(r"[ \t]*\|.*\n[ \t]*\|[ \t]*:?-[-:| \t]*\Z")


@dataclass(frozen=True, slots=True)
class Shown:
    """A piece of a document's text, and its HTML if it has any other form than the text's own."""

    text: str
    html: SafeString | None = None


def shown(passage: Passage, before: Passage | None, after: Passage | None) -> tuple[Shown, Shown, Shown]:
    """The text before the passage, it, and the text after it. What two passages share is shown once, and in
    the one that was asked for."""
    texts = (
        before.text[: len(before.text) - passage.overlap] if before else "",
        passage.text,
        after.text[after.overlap :] if after else "",
    )
    if passage.document.kind != Document.Kind.MARKDOWN:
        return (Shown(texts[0]), Shown(texts[1]), Shown(texts[2]))
    come = _come_before(before or passage)
    first = _rendered(texts[0], come, passage)
    second = _rendered(texts[1], come + texts[0], passage)
    return first, second, _rendered(texts[2], come + texts[0] + texts[1], passage)


def _come_before(passage: Passage) -> str:
    """The text of the same part of the document before the passage, as far as that is near. No block goes on
    beyond a heading."""
    near = passage.document.passages.filter(
        number__lt=passage.number, number__gte=passage.number - FAR, place=passage.place
    )
    pieces = [*near.order_by("number"), passage]
    whole = "".join(piece.text[piece.overlap :] for piece in pieces)
    return whole[: len(whole) - len(passage.text)]


def _rendered(text: str, come: str, passage: Passage) -> Shown:
    owner = passage.document.owner
    return Shown(text, render(_begun(come, text) + text, owner=owner).html) if text.strip() else Shown(text)


def _begun(come: str, text: str) -> str:
    """What a text has to begin with that goes on where another was cut: a fence, or the head of a table."""
    if fence := _open_fence(come):
        return f"{fence}\n"
    if not text.lstrip("\n").startswith("|") or not come.endswith("\n"):
        return ""
    rows = come.rstrip("\n").rpartition("\n\n")[2].split("\n")
    head = "\n".join(rows[:2])
    return f"{head}\n" if _TABLE_HEAD.match(head) else ""


def _open_fence(text: str) -> str:
    """The line with which the code begins that is open after the text."""
    fence = mark = ""
    for line in text.split("\n"):
        found = _FENCE.match(line)
        if found and not fence:
            fence, mark = line, found[1]
        elif found and found[1].startswith(mark) and not line[found.end() :].strip():
            fence = ""
    return fence
