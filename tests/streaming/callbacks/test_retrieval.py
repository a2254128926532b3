"""Retrieval: the documents arrive as one event, and the model streams after it."""

import math
from typing import Any

import pytest
from langchain_core.callbacks import CallbackManagerForRetrieverRun
from langchain_core.documents import Document
from langchain_core.embeddings import Embeddings
from langchain_core.output_parsers import StrOutputParser
from langchain_core.prompts import ChatPromptTemplate
from langchain_core.retrievers import BaseRetriever
from langchain_core.runnables import Runnable, RunnablePassthrough
from langchain_core.tools import create_retriever_tool
from langchain_openai import OpenAIEmbeddings
from pydantic import SecretStr

from streaming.events import Documents, Start, Token
from streaming.response import sse
from streaming.upstream import http_client
from tests.streaming.in_a_loop import Stream
from tests.streaming.models import chat_model
from tests.streaming.reading import code_of, end_of, leave, of_kind, outputs_of, text_of, until
from tests.upstream import ErrorEvent, Failure, Reply, ScriptedUpstream

TEXTS = ["harrison worked at kensho", "harrison likes spicy food", "bears like honey"]
PROMPT = ChatPromptTemplate.from_template("From {context}\n\nanswer {question}")


class Words(BaseRetriever):
    """Finds the documents that share words with the question."""

    documents: list[Document]

    def _get_relevant_documents(
        self, query: str, *, run_manager: CallbackManagerForRetrieverRun
    ) -> list[Document]:
        words = set(query.lower().split())
        return [found for found in self.documents if words & set(found.page_content.split())]


class Nearest(BaseRetriever):
    """Finds the document whose embedding is nearest to the question's."""

    texts: list[str]
    embeddings: Embeddings

    def _get_relevant_documents(
        self, query: str, *, run_manager: CallbackManagerForRetrieverRun
    ) -> list[Document]:
        wanted = self.embeddings.embed_query(query)
        vectors = self.embeddings.embed_documents(self.texts)
        place = min(range(len(vectors)), key=lambda place: math.dist(wanted, vectors[place]))
        return [Document(self.texts[place])]


def words() -> Words:
    return Words(documents=[Document(text, metadata={"source": f"{n}.txt"}) for n, text in enumerate(TEXTS)])


def nearest(upstream: ScriptedUpstream) -> Nearest:
    """As `words()`, with embeddings from the scripted provider."""
    embeddings = OpenAIEmbeddings(
        base_url=upstream.url,
        api_key=SecretStr("test-key"),
        check_embedding_ctx_length=False,
        http_client=http_client(),
        max_retries=0,
    )
    return Nearest(texts=TEXTS, embeddings=embeddings)


def chain(retriever: Runnable[str, Any], upstream: ScriptedUpstream) -> Runnable[str, str]:
    model = chat_model(upstream, max_retries=0)
    return {"context": retriever, "question": RunnablePassthrough()} | PROMPT | model | StrOutputParser()


# Success


def test_the_documents_come_as_one_event_before_the_first_token(
    upstream: ScriptedUpstream, stream: Stream
) -> None:
    upstream.enqueue(Reply("At ", "Kensho."))

    start, documents, *tokens, end = stream(chain(words(), upstream), "Where did harrison work?")

    assert isinstance(start, Start)
    assert documents == Documents(
        [
            {"id": "1", "title": "", "source": "0.txt", "text": TEXTS[0]},
            {"id": "2", "title": "", "source": "1.txt", "text": TEXTS[1]},
        ],
        id=2,
    )
    assert tokens == [Token("At ", id=3), Token("Kensho.", id=4)]
    assert end_of([end]).status == "done"
    assert TEXTS[0] in upstream.requests[0].messages[-1]["content"]


def test_the_documents_come_while_the_model_is_still_silent(
    upstream: ScriptedUpstream, stream: Stream
) -> None:
    gate = upstream.gate()
    upstream.enqueue(Reply("At Kensho.", headers_after=gate))

    with stream(chain(words(), upstream), "harrison") as events:
        next(events)
        assert isinstance(next(events), Documents)
        gate.open()
        assert text_of(events) == "At Kensho."


def test_a_retriever_alone_gives_its_documents_and_no_output(stream: Stream) -> None:
    events = list(stream(words(), "honey"))

    (documents,) = of_kind(Documents, events)
    assert [document["text"] for document in documents.documents] == ["bears like honey"]
    assert outputs_of(events) == []
    assert end_of(events).status == "done"


def test_finding_nothing_is_an_event_too(upstream: ScriptedUpstream, stream: Stream) -> None:
    upstream.enqueue(Reply("I don't know."))

    (documents,) = of_kind(Documents, stream(chain(words(), upstream), "?"))

    assert documents.documents == []


def test_titles_and_ids_of_documents_are_kept(stream: Stream) -> None:
    found = Document("text", id="a-7", metadata={"title": "Bears", "source": "https://example.org/bears"})

    (documents,) = of_kind(Documents, stream(Words(documents=[found]), "text"))

    assert documents.documents == [
        {"id": "a-7", "title": "Bears", "source": "https://example.org/bears", "text": "text"}
    ]


def test_retrieval_by_embeddings_asks_the_provider_for_them(
    upstream: ScriptedUpstream, stream: Stream
) -> None:
    upstream.enqueue(Reply("Honey."))

    events = list(stream(chain(nearest(upstream), upstream), "bears like honey"))

    (documents,) = of_kind(Documents, events)
    assert [document["text"] for document in documents.documents] == ["bears like honey"]
    assert [request.path for request in upstream.requests] == [
        "/v1/embeddings",
        "/v1/embeddings",
        "/v1/chat/completions",
    ]


def test_two_retrievers_give_two_events(upstream: ScriptedUpstream, stream: Stream) -> None:
    upstream.enqueue(Reply("Both."))
    both: Runnable[str, Any] = {"one": words(), "other": words()} | ChatPromptTemplate.from_template(
        "{one} {other}"
    )

    assert len(of_kind(Documents, stream(both | chat_model(upstream), "honey"))) == 2


def test_a_retriever_as_a_tool_gives_documents_within_its_step(stream: Stream) -> None:
    tool = create_retriever_tool(words(), "search", "Searches.")

    kinds = [event.event for event in stream(tool, {"query": "honey"})]

    assert kinds == ["start", "tool-start", "documents", "tool-end", "end"]


def test_text_of_documents_is_made_safe_to_store_and_to_send(stream: Stream) -> None:
    found = Document("a\0b\ud83d", metadata={"title": "t\0", "source": "s\ud83d"})

    (documents,) = of_kind(Documents, stream(Words(documents=[found]), "a\0b\ud83d"))

    assert documents.documents == [
        {"id": "1", "title": "t\ufffd", "source": "s\ufffd", "text": "a\ufffdb\ufffd"}
    ]
    sse.encode(documents).decode()


# Failure in the middle


def test_a_retriever_that_raises_fails_the_run_and_asks_no_model(
    upstream: ScriptedUpstream, stream: Stream
) -> None:
    class Broken(Words):
        def _get_relevant_documents(self, query: str, **_: Any) -> list[Document]:
            raise ValueError("canary")

    assert code_of(list(stream(chain(Broken(documents=[]), upstream), "Hi"))) == "internal"
    assert upstream.requests == []


def test_embeddings_that_are_refused_fail_the_run(upstream: ScriptedUpstream, stream: Stream) -> None:
    upstream.on(lambda _: Failure(401), path="/v1/embeddings")

    assert code_of(list(stream(chain(nearest(upstream), upstream), "Hi"))) == "upstream_auth"


def test_a_model_that_fails_after_the_documents_fails_the_run(
    upstream: ScriptedUpstream, stream: Stream
) -> None:
    upstream.enqueue(Reply("At ", ErrorEvent("overloaded")))

    events = list(stream(chain(words(), upstream), "harrison"))

    assert len(of_kind(Documents, events)) == 1
    assert text_of(events) == "At "
    assert code_of(events) == "upstream_error"


# A consumer that leaves


@pytest.mark.alone
@pytest.mark.parametrize("before", ["headers", "tokens"])
def test_leaving_while_the_model_is_silent_closes_upstream(
    upstream: ScriptedUpstream, stream: Stream, before: str
) -> None:
    gate = upstream.gate()
    upstream.enqueue(Reply(headers_after=gate) if before == "headers" else Reply("At ", gate))
    events = stream(chain(words(), upstream), "harrison")
    until(Documents if before == "headers" else Token, events)

    leave(events, upstream, gate)


@pytest.mark.alone
def test_leaving_while_embeddings_are_awaited_closes_upstream(
    upstream: ScriptedUpstream, stream: Stream
) -> None:
    gate = upstream.gate()
    upstream.on(lambda _: Failure(500, headers_after=gate), path="/v1/embeddings")
    events = stream(chain(nearest(upstream), upstream), "harrison")
    next(events)

    leave(events, upstream, gate)
