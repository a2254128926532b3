"""An assistant for the tests: two models that answer at once, each in a branch of its own."""

from langchain_core.runnables import RunnableParallel

from chatsite.assistants.base import Assistant
from chatsite.assistants.chat_model import chat_model

assistant = Assistant(
    slug="branches",
    name="Branches",
    description="Answers twice at once.",
    build=lambda: RunnableParallel(left=chat_model(), right=chat_model()),
)
