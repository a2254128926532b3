"""The embedding model that EMBEDDING_MODEL names: it makes vectors of texts, which point in nearly the same
direction where the texts mean nearly the same.

Its server may take its time: nothing here is called in a transaction, and no database connection is held
meanwhile.
"""

import dataclasses
import functools
import logging
import math
import time
from array import array
from collections.abc import Sequence
from typing import TYPE_CHECKING

import httpx2
from django.conf import settings
from django.db import connection
from django.utils.translation import gettext_noop as _
from langchain_openai import OpenAIEmbeddings
from pydantic import SecretStr

from chatsite.documents.vectors import MOST_DIMENSIONS
from streaming import RunFailed, errors
from streaming.conf import get_conf
from streaming.events import Error
from streaming.text import clean
from streaming.upstream import http_client

logger = logging.getLogger(__name__)

SECONDS = 40.0
"""For all passages of a file together: a person waits for them, and a thread with the person. With the
reading of the file, less than a proxy in front waits."""
LONGEST_QUESTION = 2_000
"""Characters. Models take some thousand tokens; what a question is about is said by then."""
RETRIES = 1
"""Of a request that is refused for now."""

if TYPE_CHECKING:
    Vector = array[float]
else:
    Vector = array  # which Python 3.11 does not know as generic
"""Of length 1: only directions are compared, and single precision then neither overflows nor vanishes."""

UNUSABLE = Error(
    "upstream_error", _("The embedding model's server gave an answer that cannot be used."), retryable=True
)
_SENTENCES = {
    "upstream_unreachable": _("The embedding model's server cannot be reached. Try again in a while."),
    "upstream_auth": _("The embedding model's server did not accept this site's key."),
    "upstream_model_missing": _("The embedding model's server does not have this model."),
    "upstream_rate_limited": _("The embedding model's server has too many requests. Try again shortly."),
    "upstream_rejected": _("The embedding model's server rejected the request."),
    "context_too_long": _("The embedding model's server does not take so much text at once."),
    "upstream_error": _("The embedding model's server failed. Try again."),
    "upstream_incomplete": _("The embedding model's server broke off. Try again."),
    "timeout": _("The embedding model's server took too long. Try again, or with less text."),
}


class EmbeddingFailed(RunFailed):
    """There are no vectors. Its `error` is for people, also where it ends a reply."""


def model_name() -> str:
    """The model's name; "" where documents are found by their words only."""
    name: str = settings.EMBEDDING_MODEL
    return name


def of_question(text: str) -> Vector | None:
    """The vector of a question; None for a blank one. Raises `EmbeddingFailed`."""
    cleaned = clean(text).strip()[:LONGEST_QUESTION]
    return _embed([cleaned], seconds=SECONDS)[0] if cleaned else None


def of_passages(texts: Sequence[str], *, seconds: float = SECONDS) -> list[Vector]:
    """Their vectors, all of the same number of dimensions. Raises `EmbeddingFailed`."""
    deadline = time.monotonic() + seconds
    size: int = settings.EMBEDDING_BATCH
    vectors: list[Vector] = []
    for start in range(0, len(texts), size):
        vectors += _embed(texts[start : start + size], seconds=deadline - time.monotonic())
    if len({len(vector) for vector in vectors}) > 1:
        raise _failed(ValueError("vectors of different dimensions"))
    return vectors


def _embed(texts: Sequence[str], *, seconds: float) -> list[Vector]:
    """One request, and its retries."""
    if not connection.in_atomic_block:
        connection.close()
    try:
        if seconds <= 0:
            raise TimeoutError  # noqa: TRY301 - told and logged like that of a request
        share = seconds / (1 + RETRIES)
        timeout = httpx2.Timeout(share, connect=min(share, get_conf().CONNECT_TIMEOUT))
        given = _model().embed_documents(list(texts), chunk_size=len(texts), timeout=timeout)
        return _checked(given, len(texts))
    except Exception as exc:  # a server's answer can be anything
        raise _failed(exc) from exc


def _checked(vectors: Sequence[Sequence[float]], count: int) -> list[Vector]:
    lengths = [math.hypot(*vector) for vector in vectors]
    if (
        len(vectors) != count
        or len({len(vector) for vector in vectors}) != 1
        or len(vectors[0]) > MOST_DIMENSIONS
        or not all(0 < length < math.inf for length in lengths)  # false for nan as well
    ):
        raise ValueError("not a vector for each text")
    return [array("f", (x / length for x in vector)) for vector, length in zip(vectors, lengths, strict=True)]


def _failed(exc: Exception) -> EmbeddingFailed:
    """What to tell of what went wrong. The log gets the exceptions' kinds: their texts can quote."""
    error = errors.classify(exc, providers=True, began=False)
    logger.warning(
        "embedding failed: %s: %s",
        error.code,
        " <- ".join(type(cause).__qualname__ for cause in errors.causes(exc)),
    )
    if error.code not in _SENTENCES:
        return EmbeddingFailed(UNUSABLE)
    return EmbeddingFailed(dataclasses.replace(error, message=_SENTENCES[error.code]))


@functools.cache
def _model() -> OpenAIEmbeddings:
    """The process's embedding model, on the client whose requests end with the run that makes them."""
    return OpenAIEmbeddings(
        model=model_name(),
        base_url=settings.OPENAI_BASE_URL or None,
        api_key=SecretStr(settings.OPENAI_API_KEY or "none"),
        http_client=http_client(),
        max_retries=RETRIES,
        # Texts, not numbers of tokens: servers other than OpenAI's do not take those, and counting them
        # fetches a table from the network.
        check_embedding_ctx_length=False,
    )
