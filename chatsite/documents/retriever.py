"""LangChain's retriever over a person's documents."""

from django.db import connection
from langchain_core.callbacks import CallbackManagerForRetrieverRun
from langchain_core.documents import Document
from langchain_core.messages.utils import count_tokens_approximately
from langchain_core.retrievers import BaseRetriever

from chatsite.accounts.visitor import Visitor
from chatsite.documents.models import Passage
from chatsite.documents.search import search

CHARACTERS_PER_TOKEN = 4
"""As `count_tokens_approximately` has it."""


class DocumentRetriever(BaseRetriever):
    """Finds passages in the documents of one person, and of nobody else.

    A passage becomes a `Document` with its id, and as metadata its `title` (with the place in it) and
    the address of its page, `source`.
    """

    visitor: Visitor
    most: int = 6
    """Passages."""
    room: int | None = None
    """Tokens, for all of them together; worse ones are left out beyond it."""

    def _get_relevant_documents(
        self, query: str, *, run_manager: CallbackManagerForRetrieverRun
    ) -> list[Document]:
        try:
            found = search(query, visitor=self.visitor, limit=self.most)
        finally:
            # In a run's thread: a reply streams for minutes, and holds no connection meanwhile.
            if not connection.in_atomic_block:
                connection.close()
        return self._that_fit([_as_langchain(passage) for passage in found])

    def _that_fit(self, documents: list[Document]) -> list[Document]:
        """As many of the best as there is room for; the best one is cut rather than left out."""
        if self.room is None:
            return documents
        left, kept = self.room, 0
        for document in documents:
            left -= tokens_of(document)
            if left < 0 and kept:
                break
            kept += 1
            if left < 0:
                document.page_content = document.page_content.strip()[: CHARACTERS_PER_TOKEN * left]
        return documents[:kept]


def quoted(number: int, document: Document) -> str:
    """A passage as the model reads it, with the number to cite it by."""
    return f"[{number}] {document.metadata['title']}\n{document.page_content.strip()}"


def tokens_of(document: Document) -> int:
    """About how many tokens a passage takes, as it is quoted."""
    return count_tokens_approximately([quoted(1, document)])


def _as_langchain(passage: Passage) -> Document:
    return Document(
        id=str(passage.uuid),
        page_content=passage.text,
        metadata={"title": str(passage), "source": passage.get_absolute_url()},
    )
