"""Markdown from a model, or anybody else, to HTML that is safe to put in the page.

The live reply and the stored one are rendered by the same child: at once here, block by block in `blocks.py`.
"""

import hashlib
from collections.abc import Hashable
from dataclasses import dataclass
from functools import cache
from importlib import metadata
from pathlib import Path

from django.utils.safestring import SafeString

from chatsite.chat.rendering import pieces
from chatsite.chat.rendering.blocks import Reply
from chatsite.confined.budgets import RENDERING
from chatsite.confined.pool import NoPlace, TooMuch

LIBRARIES = ("latex2mathml", "markdown-it-py", "nh3")
"""What the renderer is made of, besides its own modules."""


@dataclass(frozen=True, slots=True)
class Whole:
    """A whole text."""

    html: SafeString
    is_provisional: bool
    """Whether it may look otherwise when it is rendered again (`Reply.is_provisional`)."""


def render(text: str, *, owner: Hashable = None) -> Whole:
    """`text` as sanitised HTML. Those of its blocks that cost too much are shown as they are.

    `owner` is whose turn it is: of one person's texts, one is rendered at a time.
    """
    try:
        return Whole(pieces.rendered(text, {}, owner=owner).html, is_provisional=False)
    except (TooMuch, NoPlace):
        reply = Reply(text, owner=owner)
        return Whole(reply.whole(), reply.is_provisional)


@cache
def renderer_version() -> str:
    """The name of the renderer as it is: another one as soon as a module, a library or the budget is."""
    digest = hashlib.sha256(repr(RENDERING).encode())
    for name in LIBRARIES:
        digest.update(f"{name} {metadata.version(name)}\n".encode())
    for module in sorted(Path(__file__).parent.rglob("*.py")):
        digest.update(module.read_bytes())
    return digest.hexdigest()
