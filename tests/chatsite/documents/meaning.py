"""An embedding model for tests: what a text is about shows in its words, of which several mean the same."""

from collections.abc import Callable

from tests.upstream import Embeddings, ScriptedUpstream

PATH = "/v1/embeddings"
MODEL = "scripted-embedding"

TOPICS = [
    {"key", "mat", "locked", "door"},
    {"tea", "thirsty", "beverage"},
    {"roses", "flowers", "bloom"},
    {"cat", "kitten", "purrs"},
]
FAINT = 0.01
"""Of every direction there is a little: no text means nothing."""


def meaning(text: str) -> list[float]:
    """A direction for each topic, as far as the text has words of it."""
    words = text.lower().replace(".", " ").replace("?", " ").replace(",", " ").split()
    return [FAINT + sum(word in topic for word in words) for topic in TOPICS]


def give_meaning(upstream: ScriptedUpstream, to: Callable[[str], list[float]] = meaning) -> None:
    """Let the provider answer so, whenever it is asked for embeddings."""
    upstream.on(lambda _: Embeddings(to), path=PATH)


def texts_embedded(upstream: ScriptedUpstream) -> list[str]:
    """All that the provider was asked for, in order."""
    return [text for request in upstream.requests if request.path == PATH for text in request.json["input"]]
