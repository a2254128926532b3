"""Markdown from a model, or anybody else, to HTML that is safe to put in the page.

The live reply and the stored one are rendered by the same child: at once here, block by block in `blocks.py`.
"""

from collections.abc import Hashable
from functools import lru_cache

from django.utils.safestring import SafeString

from chatsite.chat.rendering import pieces
from chatsite.chat.rendering.blocks import Reply
from chatsite.confined.pool import NoPlace, TooMuch

KEPT_LENGTH = 100_000
"""Characters up to which a rendered text is kept for the next time."""


def render(text: str, *, owner: Hashable = None) -> SafeString:
    """`text` as sanitised HTML. Those of its blocks that cost too much are shown as they are.

    `owner` is whose turn it is: of one person's texts, one is rendered at a time.
    """
    try:
        return _kept(text, owner) if len(text) <= KEPT_LENGTH else _at_once(text, owner)
    except (TooMuch, NoPlace):
        return Reply(text, owner=owner).whole()


def _at_once(text: str, owner: Hashable) -> SafeString:
    return pieces.rendered(text, {}, owner=owner).html


_kept = lru_cache(maxsize=256)(_at_once)
