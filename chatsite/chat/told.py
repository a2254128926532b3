"""A presenter: puts what the site says in a reply's events into the language of whoever asks for them.

That is what is read out of code, tables and tasks, and where in a document a passage stands. (What went wrong
is translated with each event: `streaming/response/told.py`.)
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace

from django.utils import translation

from chatsite.chat.rendering import pieces
from chatsite.chat.rendering.blocks import Block, Shown
from chatsite.chat.rendering.growing import Open
from streaming.errors import in_language
from streaming.events import Documents

Present = Callable[[Iterable[Shown]], Iterable[Shown]]


def in_language_of_request() -> Present:
    """Return the presenter for the language that is active now, in whichever thread it is used."""
    language, labels = translation.get_language(), pieces.labels()

    def told(events: Iterable[Shown]) -> Iterator[Shown]:
        for event in events:
            if isinstance(event, Block):
                yield replace(event, html=pieces.labelled(event.html, labels))
            elif isinstance(event, Open):
                html, done = (pieces.labelled(html, labels) for html in (event.html, event.done))
                yield replace(event, html=html, done=done)
            elif isinstance(event, Documents):
                with translation.override(language):
                    yield _told(event)
            else:
                yield event

    return told if labels else lambda events: events


def _told(event: Documents) -> Documents:
    return replace(event, documents=[_titled(document) for document in event.documents])


def _titled(document: Mapping[str, str]) -> dict[str, str]:
    return {**document, "title": in_language(document["title"])}
