"""Pieces of Markdown, rendered by a child process within its budget. What is too dear is shown as it is.

Only here is anything marked safe: what has gone through the sanitiser (before it was stored, it may be), and
what is escaped.
"""

import hashlib
import re
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext, gettext_noop

from chatsite.confined.budgets import RENDERING
from chatsite.confined.pool import Pool, TooMuch

References = Mapping[str, dict[str, Any]]

CHILDREN = 3
"""That render at once; of one person's, one does."""
WAIT = 5.0
"""Seconds that a piece waits for its turn."""
HURRY = 0.2
"""Seconds that one does which will be shown again in a moment."""
_JOBS = 5_000
"""Of one child, which might grow."""
_DEAR = 1_000
"""Pieces that are known to be too dear, and are not tried again."""
LABELS = (gettext_noop("Code"), gettext_noop("Table"), gettext_noop("Done"), gettext_noop("To do"))
"""What is read out of parts of a reply, in `markup.py`."""
# In a tag: in a text "<" is escaped.
_LABEL = re.compile(rf'(<(?:pre|div|input) [^<>]*?aria-label=")({"|".join(LABELS)})(?=")')


@dataclass(frozen=True, slots=True)
class Rendered:
    """A piece, and the link references that it defines."""

    html: SafeString
    references: References


@dataclass(frozen=True, slots=True)
class Finished(Rendered):
    """What is final of a piece: so many characters. `html` is theirs."""

    length: int
    fence: tuple[str, str] | None
    """The markup and the language of the fence that is open after them."""


@dataclass(frozen=True, slots=True)
class Shown:
    """What a window of the block that is open looks like: see `open_block.py`."""

    html: SafeString
    done: SafeString
    depth: int
    at: int
    head: tuple[int, int]
    in_paragraph: bool
    goes_on: bool


@dataclass(frozen=True, slots=True)
class Coloured:
    """What the next lines of code look like, and the modes that they leave open."""

    html: SafeString
    done: SafeString
    modes: list[str]
    goes_on: bool


def rendered(text: str, references: References, *, owner: Hashable) -> Rendered:
    """The whole piece. Raises `TooMuch`, or `NoPlace`."""
    done = _ask("render", text, references, owner)
    return Rendered(_safe(done["html"]), done["references"])


def finished(text: str, references: References, *, owner: Hashable) -> Finished:
    """Those blocks of whole lines of a growing text that are final. Raises `TooMuch`, or `NoPlace`."""
    done = _ask("finish", text, references, owner)
    return Finished(_safe(done["html"]), done["references"], done["length"], done["fence"])


def shown(text: str, references: References, *, in_paragraph: bool) -> Shown:
    """A window of the block that is open. Raises `TooMuch`, or `NoPlace`."""
    job = {"do": "open", "references": dict(references) if "[" in text else {}, "in_paragraph": in_paragraph}
    done = _pool().ask(job, text.encode("utf-8", "surrogatepass"), length=len(text), wait=HURRY)
    return Shown(**done | {"html": _safe(done["html"]), "done": _safe(done["done"])})


def coloured(lines: str, info: str, modes: Sequence[str]) -> Coloured:
    """The next lines of a block of code that is open. Raises `TooMuch`, or `NoPlace`."""
    job = {"do": "code", "info": info, "modes": modes}
    done = _pool().ask(job, lines.encode("utf-8", "surrogatepass"), length=len(lines), wait=HURRY)
    return Coloured(**done | {"html": _safe(done["html"]), "done": _safe(done["done"])})


def plain(text: str) -> SafeString:
    """The plain form."""
    return format_html("<pre>{}</pre>\n", text) if text.strip() else SafeString("")


def stored(html: str) -> SafeString:
    """What was rendered once, sanitised, and stored: whoever calls this knows that it is the same."""
    return _safe(html)


def _ask(do: str, text: str, references: References, owner: Hashable) -> dict[str, Any]:
    content = text.encode("utf-8", "surrogatepass")
    name = hashlib.blake2b(content, digest_size=16).digest()
    if (why := _too_dear.get(name)) is not None:
        raise why
    job = {"do": do, "references": dict(references) if "[" in text else {}}
    try:
        done: dict[str, Any] = _pool().ask(job, content, length=len(text), owner=owner)
    except TooMuch as exc:
        _remember(name, type(exc))
        raise
    return done


_too_dear: dict[bytes, type[TooMuch]] = {}


def _remember(name: bytes, why: type[TooMuch]) -> None:
    _too_dear[name] = why
    while len(_too_dear) > _DEAR:
        _too_dear.pop(next(iter(_too_dear)), None)


def labels() -> dict[str, str]:
    """What is read out of parts of a reply, and what that is in the active language. Nothing in English."""
    told = {label: gettext(label) for label in LABELS}
    return {} if all(label == text for label, text in told.items()) else told


def labelled(html: str, labels: Mapping[str, str]) -> SafeString:
    """The same HTML, which a child has sanitised, with these labels in the place of the English ones."""
    if not labels:
        return _safe(html)
    return _safe(_LABEL.sub(lambda found: f"{found[1]}{labels[found[2]]}", html))


def _safe(html: str) -> SafeString:
    return mark_safe(html)  # noqa: S308 - the one place: a child has sanitised it


@cache
def _pool() -> Pool:
    return Pool("chatsite.chat.rendering.renderer:work", RENDERING, size=CHILDREN, jobs=_JOBS, wait=WAIT)
