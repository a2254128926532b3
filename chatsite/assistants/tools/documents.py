"""Search in the documents of the person who asks."""

from typing import Annotated, Any

from langchain.tools import ToolRuntime

from chatsite.assistants.offered import offered_models
from chatsite.assistants.tools.tool import make_tool

MOST_PASSAGES = 4
SHARE = 8
"""A part of what every model can read at once, for what one search finds."""


def search_documents(
    query: Annotated[str, "the words to look for"],
    runtime: ToolRuntime[Any, Any],
) -> str:
    """Searches the files that the user has uploaded. Say which file an answer comes from."""
    from chatsite.documents.retriever import DocumentRetriever

    retriever = DocumentRetriever(
        visitor=runtime.state["visitor"],
        most=MOST_PASSAGES,
        room=min(offered_models().values()) // SHARE,
    )
    found = retriever.invoke(query)
    if not found:
        return "The user's files have nothing about that."
    return "\n\n".join(f"From {document.metadata['title']}:\n{document.page_content}" for document in found)


tool = make_tool(search_documents)
