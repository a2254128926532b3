"""An assistant for the tests: an agent whose tool asks a model, which a test can hold at a gate."""

from langchain.agents import create_agent

from chatsite.assistants.base import Assistant
from chatsite.assistants.chat_model import chat_model


def ask(question: str) -> str:
    """Asks somebody who knows."""
    return chat_model().with_config(tags=["inner"]).invoke(question).text


assistant = Assistant(
    slug="asking",
    name="Asking",
    description="Asks somebody who knows.",
    build=lambda: create_agent(chat_model(), [ask]),
    input=lambda turn: {"messages": list(turn.messages)},
    filters={"include_types": ["chat_model", "tool"], "exclude_tags": ["inner"]},
)
